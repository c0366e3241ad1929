/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd how the service is (sd_notify(3)), without its library, which brings six more. */
#ifndef ASSAY_ATTEST_CLIENT_NOTIFY_H
#define ASSAY_ATTEST_CLIENT_NOTIFY_H

/* "READY=1" or "STATUS=words": to the socket that NOTIFY_SOCKET names; without one, to nobody. What
 * can't be told is not: it is never needed. */
void notify(const char *name, const char *value);

#endif

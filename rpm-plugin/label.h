/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving one file of rpm's its signatures. */
#ifndef ASSAY_RPM_PLUGIN_LABEL_H
#define ASSAY_RPM_PLUGIN_LABEL_H

#include "rpm-plugin/session.h"

/*
 * The file has its content, owner, mode, capabilities and times, and not its name yet; fd is rpm's,
 * who does nothing with it any more but sync and close it, dest the name that it is to have.  -1:
 * it had both already, and is left as it is.
 */
MUST_USE int label_file(struct session *session, int fd, const char *dest, struct err *err);

#endif

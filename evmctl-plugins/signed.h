/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was signed, for assay log. */
#ifndef ASSAY_SIGN_SIGNED_H
#define ASSAY_SIGN_SIGNED_H

#include "evmctl-plugins/job.h"

/* A run of sign on a host that was set up, the configured certificate being there: one entry.
 * Others leave none. */
MUST_USE int signed_log(const struct job *job, size_t n, struct err *err);

/* A file that is about to be admitted: its path and content, the reason. */
MUST_USE int signed_log_admitted(const struct job *job, const char *path, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Silence, noticed. */
#ifndef ASSAY_ATTEST_VERIFIER_SWEEP_H
#define ASSAY_ATTEST_VERIFIER_SWEEP_H

#include "attest/verifier/service.h"

#define SWEEP_PAGE 256 /* hosts of one transaction */

/* Notes in the store and tells of those hosts, at most a page, that have become stale; *ret_n: how
 * many.  That they are stale follows from the time, with or without it. */
MUST_USE int sweep_once(struct service *service, size_t *ret_n, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which function answers what. */
#ifndef ASSAY_ATTEST_VERIFIER_ROUTE_H
#define ASSAY_ATTEST_VERIFIER_ROUTE_H

#include "attest/verifier/queue.h"

/* NULL: no path is such (HTTP_NOT_FOUND), or not with this method (HTTP_METHOD). */
const struct route *route_find(const char *method, const char *path,
			       uint8_t ret_object[static EVIDENCE_HOST_SIZE],
			       enum http_status *ret_status);

#endif

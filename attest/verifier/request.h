/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of one request. */
#ifndef ASSAY_ATTEST_VERIFIER_REQUEST_H
#define ASSAY_ATTEST_VERIFIER_REQUEST_H

#include "attest/verifier/queue.h"

/* NULL without memory. */
struct request *request_new(struct service *service, void *connection);
void request_free(struct request *r);
/* Its memory is free for others. */
void request_drop_body(struct request *r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers to the administrator. */
#ifndef ASSAY_ATTEST_VERIFIER_ADMIN_H
#define ASSAY_ATTEST_VERIFIER_ADMIN_H

#include <jansson.h>

#include "attest/verifier/queue.h"

/* NULL: 503. */
void reply_json(struct request *r, enum http_status status, const json_t *json);

#endif

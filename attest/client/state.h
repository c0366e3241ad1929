/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's word on this host, as shown. */
#ifndef ASSAY_ATTEST_CLIENT_STATE_H
#define ASSAY_ATTEST_CLIENT_STATE_H

#include <stdio.h>

#include "attest/evidence.h"
#include "base/err.h"

/* "pass", or "fail: the first reason". */
void state_print(FILE *to, const struct msg_state *state);
MUST_USE int state_print_json(const struct msg_state *state, struct err *err);

/* CMD_YES for pass, CMD_NO for fail and stale, else CMD_TROUBLE. */
int state_exit(const struct msg_state *state);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the network in a process that may do nothing else. */
#ifndef ASSAY_ATTEST_CLIENT_APART_H
#define ASSAY_ATTEST_CLIENT_APART_H

#include "base/buf.h"
#include "base/err.h"

/* What is done there; what it appends to out is what comes back. */
typedef int (*apart_fn)(void *ctx, struct buf *out, struct err *err);

/*
 * Runs fn in a child without privileges (drop.h), which has what is open and no more.  Fails as fn
 * did, or says how the child ended.  What comes back was made beside bytes of the network: the
 * caller, who kept his privileges, reads it with care.
 */
MUST_USE int apart_run(apart_fn fn, void *ctx, struct buf *out, struct err *err);

#endif

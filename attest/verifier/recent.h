/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts that were just given a nonce, as they were read for it: their evidence follows at once. */
#ifndef ASSAY_ATTEST_VERIFIER_RECENT_H
#define ASSAY_ATTEST_VERIFIER_RECENT_H

#include "attest/verifier/store.h"

#define RECENT_MAX 1024 /* hosts; about 4 KiB each */

/*
 * What comes out of it may be old by now.  A change that rests on it is refused by the store, as
 * it names the version that was read; anything else is not to be decided by it.  Bounded: a host
 * takes the place of another.  Thread-safe.
 */
struct recent;

MUST_USE int recent_new(struct recent **ret_recent, struct err *err);
void recent_free(struct recent *recent);

/* Takes the host over.  One with reasons against it is not kept: they may be long. */
void recent_put(struct recent *recent, struct host *host);
/* The caller's from now on; NULL: it is not there. */
struct host *recent_take(struct recent *recent, const uint8_t id[static EVIDENCE_HOST_SIZE]);

#endif

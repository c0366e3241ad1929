/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCR 10 holds after the entries of a measurement list. */
#ifndef ASSAY_ATTEST_LIST_REPLAY_H
#define ASSAY_ATTEST_LIST_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

struct list_replay {
	enum hash_algo bank;
	const uint8_t *data;
	size_t len;
	const uint8_t *wanted; /* the value that is looked for; NULL: none, the list to its end */
	unsigned int threads;

	uint8_t value[HASH_SIZE_MAX]; /* in: of the PCR before; out: after the entries */
	uint64_t entries;	      /* out: replayed */
	size_t bytes;		      /* out: of them */
	bool matched;		      /* out: value is what was wanted */
	bool damaged;		      /* out: what follows can't be decoded */
	bool other_pcr;		      /* out: what follows is of a PCR that is not 10 */
};

/*
 * The digests are made from the template data, never taken from the list.  Ends before the first
 * entry (also when there is none) after which the PCR holds what is wanted, before one that is
 * damaged, and before one of another PCR.  Fails for want of memory only.
 */
MUST_USE int list_replay_run(struct list_replay *replay, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging a measurement list: replayed against a quoted PCR, every file by its signature. */
#ifndef ASSAY_ATTEST_LIST_H
#define ASSAY_ATTEST_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/verdict.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"

#define LIST_MAX (256U << 20)	      /* bytes of one list */
#define LIST_DENIED_MAX 65536	      /* digests that are not to run any more */
#define LIST_CACHE_DEFAULT (1U << 20) /* signatures remembered, 16 bytes each */

/* Whose signatures count.  The judge takes a copy; no certificate means that nothing passes. */
struct list_trust {
	const struct cert_set *certs;
	const struct digest *denied; /* of files: IMA's or fs-verity's */
	size_t n_denied;
	bool violations_allowed; /* by an administrator's word; then they are counted, not judged */
};

/*
 * How far one host's list of one boot was judged.  Flat, for the store; all zero: nothing yet.  The
 * value of the bank that is quoted is what PCR 10 holds after the entries so far; the other's is
 * all zero, and a host that changes banks within a boot is refused.
 */
struct list_state {
	uint64_t offset; /* bytes of the list */
	uint64_t entries;
	uint64_t violations;
	uint8_t sha1[20];
	uint8_t sha256[32];
	bool aggregate_seen;
	bool failed; /* an entry was refused: no later one clears it */
	bool kexec;  /* an entry told of a kernel that was loaded for kexec */
};

/* What the list's first entry must hold: H(PCR 0..9) of the quote (ima_calc_boot_aggregate()). */
struct list_expect {
	/* PCR 10 as quoted; its algorithm tells the bank.  SHA-384 and SHA-512 have no place in the
	 * state: for whole lists only. */
	struct digest pcr;
	const struct digest *aggregates; /* the hashes that the kernel may have used */
	bool modules_enforced; /* the kernel that measured lets no module in without its makers'
				  signature */
	size_t n_aggregates;   /* 0: any is taken (a list without a quote) */
};

struct list_result {
	uint64_t entries; /* judged by this call */
	uint64_t bytes;	  /* of them; what follows is later than the quote */
	uint64_t by_cache;
	bool replayed; /* some prefix, at least as long as was known, gives the quoted PCR */
};

/* One run: what it reads, and what it leaves. */
struct list_input {
	const uint8_t *data;
	size_t len;
	struct list_state state;   /* in and out */
	struct list_result result; /* out */
	struct verdict *verdict;   /* gets the reasons */
};

/* Trust and the memory of what was judged, shared by all hosts and threads. */
struct list_judge;
MUST_USE int list_judge_new(const struct list_trust *trust, size_t cache_entries,
			    struct list_judge **ret_judge, struct err *err);
void list_judge_free(struct list_judge *judge);

/*
 * Judges the bytes that follow state->offset.  threads: 1 for a service with workers, 0 for all
 * cores.  Entries up to the prefix that gives the quoted PCR are judged and state moves there;
 * where none does, reasons say so and state is as it was.  expect->pcr.len 0: no quote, the whole
 * is judged, and replayed in the bank of SHA-256.  Adds reasons and never says pass: that is for
 * the caller, who has seen the rest.  Refuses, too, what has nothing but boot_aggregate in it, and
 * every round after one with a refused entry, until the caller clears state->failed.  Fails only
 * for want of memory, with state as it was: everything else is a reason.
 */
MUST_USE int list_judge_run(struct list_judge *judge, unsigned int threads,
			    const struct list_expect *expect, struct list_input *input,
			    struct err *err);

#endif

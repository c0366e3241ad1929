/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the judge of measurement lists is made of: for lib/attest/list*.c alone. */
#ifndef ASSAY_ATTEST_LIST_JUDGE_H
#define ASSAY_ATTEST_LIST_JUDGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/list.h"
#include "attest/list_cache.h"
#include "attest/list_denied.h"
#include "attest/verdict.h"
#include "crypto/cert.h"
#include "ima/mlist.h"

#define LIST_AGGREGATE_NAME "boot_aggregate"

/* Signatures of one run that may fail to verify.  The list is refused then, and to verify the rest,
 * which a host may fill with any number of them, would be its way to take the verifier's time. */
#define LIST_REFUSED_MAX 1000

struct list_judge {
	struct cert_set certs;
	struct list_denied *denied;
	bool violations_allowed;
	struct list_cache *cache;
};

/* Reasons of one run, by whatever thread found them: the first VERDICT_REASONS_MAX in the order of
 * the list, the others counted. */
struct list_reasons {
	pthread_mutex_t lock;
	size_t n;
	size_t more;
	struct verdict_reason reason[VERDICT_REASONS_MAX];
};

void list_reasons_init(struct list_reasons *reasons);
void list_reasons_done(struct list_reasons *reasons);
void list_reasons_add(struct list_reasons *reasons, enum verdict_code code, uint64_t entry,
		      const char *fmt, ...) PRINTF_LIKE(4, 5);
/* One more, without words. */
void list_reasons_count(struct list_reasons *reasons);
/* To the verdict, in order.  After kexec_from a second boot_aggregate is that of another kernel. */
void list_reasons_give(const struct list_reasons *reasons, uint64_t kexec_from,
		       struct verdict *verdict);

/* One run over the entries that were replayed, by several threads. */
#define LIST_MIXED_SHOWN 4 /* of signatures over another kind of digest; the rest are counted */

struct list_run {
	const struct list_judge *judge;
	const struct list_expect *expect;
	struct list_reasons *reasons;
	atomic_bool trouble;	  /* something could not be asked: there is no verdict */
	atomic_bool aggregate;	  /* the first entry is the right one */
	_Atomic uint64_t modules; /* from memory, refused */
	_Atomic uint64_t mixed;	  /* signatures over another kind of digest */
	_Atomic uint64_t refused; /* signatures that did not verify */
	_Atomic uint64_t by_cache;
	_Atomic uint64_t violations;
	_Atomic uint64_t kexec_from; /* first entry that tells of a kexec; UINT64_MAX: none */
};

/* Judges an entry; index is its place in the list. */
void list_entry_judge(struct list_run *run, const struct mlist_frame *frame, uint64_t index);

/* The parts of it: what is a file, and what is a buffer of the kernel's (template ima-buf). */
void list_file_judge(struct list_run *run, const struct mlist_entry *e, uint64_t index);
void list_buffer_judge(struct list_run *run, const struct mlist_entry *e, uint64_t index);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a round's judging; lib/attest/appraise*.c only. */
#ifndef ASSAY_ATTEST_APPRAISE_PARTS_H
#define ASSAY_ATTEST_APPRAISE_PARTS_H

#include "attest/appraise.h"
#include "proto/record.h"

/* What must have been found good, each of it, for a host to pass. */
enum appraise_check {
	CHECK_QUOTE = 1 << 0,
	CHECK_COUNTERS = 1 << 1,
	CHECK_RECORD = 1 << 2,
	CHECK_BOOT = 1 << 3,
	CHECK_TERMS = 1 << 4,
	CHECK_LIST = 1 << 5,
	CHECK_ALL = (1 << 6) - 1
};

struct appraisal {
	struct appraise_input *in;
	const struct appraise_policy *policy;
	const struct msg_evidence *evidence;
	struct verdict *verdict;
	struct proven_quote quote;
	struct appraise_state was;
	unsigned int checked; /* bits of enum appraise_check */
	bool record_proven;   /* record is whole, and the PCR holds it */
	struct record record;
	struct boot_facts facts; /* of a log that replayed; else nothing is known */
};

/*
 * It was for want of memory that it failed, and not for what the host sent: no reason then.  Told
 * by the end of the line; a host that can put these words there gets no verdict from it, and no
 * pass.
 */
bool appraise_lacked_memory(const struct err *why);

/* Each adds its reasons, sets its bit where there are none, fills its part of the state, and fails
 * for want of memory only.  The record comes first: it says which PCR is its own. */
MUST_USE int appraise_record(struct appraisal *a, struct err *err);
MUST_USE int appraise_boot(struct appraisal *a, struct err *err);
MUST_USE int appraise_list(struct appraisal *a, struct err *err);

/* What is required of a boot that was judged. */
void appraise_terms(struct appraisal *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The round's part of the measurement list. */
#include <stdlib.h>
#include <string.h>

#include "attest/appraise_parts.h"

#define PCR_IMA 10
#define AGGREGATE_PCRS 10 /* PCRs 0 to 9 */
#define THREADS 1	  /* the service has a worker for each core */

/*
 * ima_calc_boot_aggregate_tfm() of security/integrity/ima/ima_crypto.c (Linux 5.8 on): PCRs 0 to 9
 * of the bank whose hash it is by.  A kernel that took another bank is refused: the quote is of
 * this.
 */
static int make_aggregate(const struct pcr_set *pcrs, struct digest *ret_digest, struct err *err)
{
	AUTO_BUF text = BUF_INIT(AGGREGATE_PCRS * HASH_SIZE_MAX);

	for (size_t i = 0; i < AGGREGATE_PCRS; i++)
		if (buf_put(&text, pcrs->value[i], hash_algo_size(pcrs->bank), err) < 0)
			return -1;
	return hash_bytes(pcrs->bank, text.data, text.len, ret_digest, err);
}

/*
 * A part that is too short to reach the quoted PCR counts as a piece where it is so long that a
 * host must have cut it.  What a piece says is proven by the part that reaches, through the values
 * that are carried on; until then nothing passes.
 */
static int judge_piece(struct appraisal *a, const struct list_expect *expect,
		       struct list_input *list, struct err *err)
{
	AUTO_MEM struct verdict *before = malloc(sizeof(*before));
	struct list_expect unquoted = *expect;
	struct list_state state = list->state;

	if (!before)
		return err_set(err, "out of memory");
	*before = *a->verdict;
	if (list_judge_run(a->in->judge, THREADS, expect, list, err) < 0)
		return -1;
	if (list->result.replayed)
		return 0;
	*a->verdict = *before;
	list->state = state;
	unquoted.pcr.len = 0;
	if (list_judge_run(a->in->judge, THREADS, &unquoted, list, err) < 0)
		return -1;
	list->result.replayed = false;
	a->in->more = true;
	return 0;
}

static int run(struct appraisal *a, struct list_input *list, struct err *err)
{
	struct digest aggregate;
	const struct appraise_state *s = &a->in->state;
	struct list_expect expect = {
		.aggregates = &aggregate,
		.n_aggregates = 1,
		.modules_enforced = s->enforcing && s->modules_enforced,
	};

	if (make_aggregate(&a->quote.pcrs, &aggregate, err) < 0)
		return -1;
	expect.pcr = (struct digest){ .algo = a->quote.pcrs.bank,
				      .len = hash_algo_size(a->quote.pcrs.bank) };
	memcpy(expect.pcr.data, a->quote.pcrs.value[PCR_IMA], expect.pcr.len);
	if (list->len >= EVIDENCE_PIECE_MIN)
		return judge_piece(a, &expect, list, err);
	return list_judge_run(a->in->judge, THREADS, &expect, list, err);
}

int appraise_list(struct appraisal *a, struct err *err)
{
	size_t before = a->verdict->n + a->verdict->more;
	struct list_input list = {
		.data = a->evidence->list.data,
		.len = a->evidence->list.len,
		.state = a->in->state.list,
		.verdict = a->verdict,
	};
	const struct list_state *s = &list.state;

	/* Anew from the beginning: only that an entry was refused is kept. */
	if (a->evidence->list_offset == 0)
		list.state = (struct list_state){ .failed = a->in->state.list.failed };
	if (run(a, &list, err) < 0)
		return -1;
	a->in->state.list = list.state;
	if (list.result.replayed && s->entries > 1 && s->aggregate_seen && !s->failed &&
	    a->verdict->n + a->verdict->more == before)
		a->checked |= CHECK_LIST;
	return 0;
}

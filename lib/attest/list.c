/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging a measurement list: replay first, then the entries that were proven, by all threads. */
#include "attest/list.h"

#include <stdlib.h>
#include <string.h>

#include "attest/list_block.h"
#include "attest/list_judge.h"
#include "attest/list_replay.h"
#include "attest/list_threads.h"

#define WORTH_A_THREAD 16 /* entries: verifying more takes longer than making a thread */

void list_judge_free(struct list_judge *judge)
{
	if (!judge)
		return;
	cert_set_done(&judge->certs);
	list_denied_free(judge->denied);
	list_cache_free(judge->cache);
	free(judge);
}

static void cleanup_judge(struct list_judge **judge)
{
	list_judge_free(*judge);
}

static int copy_certs(const struct cert_set *from, struct cert_set *to, struct err *err)
{
	for (size_t i = 0; from && i < from->n; i++) {
		const uint8_t *der;
		size_t len;

		cert_der(from->cert[i], &der, &len);
		if (cert_parse(der, len, &to->cert[to->n], err) < 0)
			return -1;
		to->n++;
	}
	return 0;
}

int list_judge_new(const struct list_trust *trust, size_t cache_entries,
		   struct list_judge **ret_judge, struct err *err)
{
	CLEANUP(cleanup_judge) struct list_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return err_set(err, "out of memory");
	j->violations_allowed = trust->violations_allowed;
	if (copy_certs(trust->certs, &j->certs, err) < 0 ||
	    list_denied_new(trust->denied, trust->n_denied, &j->denied, err) < 0 ||
	    list_cache_new(cache_entries, &j->cache, err) < 0)
		return -1;
	*ret_judge = take_ptr(&j);
	return 0;
}

/* The work of judging the entries of one block. */
struct judging {
	struct list_run run;
	struct list_reasons reasons;
	struct list_block block;
	uint64_t first; /* the index of the block's first entry */
	atomic_size_t next;
};

static void judge_chunks(void *ctx)
{
	struct judging *j = ctx;

	for (;;) {
		size_t at = atomic_fetch_add(&j->next, LIST_CHUNK);
		size_t end = at + LIST_CHUNK < j->block.n ? at + LIST_CHUNK : j->block.n;

		if (at >= j->block.n)
			return;
		for (; at < end; at++)
			list_entry_judge(&j->run, &j->block.frame[at], j->first + at);
	}
}

static void judge_entries(struct judging *j, unsigned int threads, const uint8_t *data, size_t len)
{
	struct rd rd = rd_init(data, len);

	do {
		list_block_fill(&j->block, &rd, data);
		atomic_store(&j->next, 0);
		list_threads_run(j->block.n < WORTH_A_THREAD ? 1 : threads, judge_chunks,
				 judge_chunks, j);
		j->first += j->block.n;
	} while (!j->block.last);
}

/* Where the bank's value stands in the state; NULL: it has no place there. */
static uint8_t *state_value(struct list_state *state, enum hash_algo bank)
{
	switch (bank) {
	case HASH_SHA1:
		return state->sha1;
	case HASH_SHA256:
		return state->sha256;
	case HASH_SHA384:
	case HASH_SHA512:
		break;
	}
	return NULL;
}

static bool is_zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

/* What stands in the way of going on from the state, NULL: nothing. */
static const char *begin_replay(const struct list_expect *expect, struct list_input *input,
				struct list_replay *replay)
{
	size_t size = hash_algo_size(replay->bank);
	const uint8_t *value = state_value(&input->state, replay->bank);

	if (expect->pcr.len && expect->pcr.len != size)
		return "the quoted PCR 10 is no digest of its bank";
	if (input->len > LIST_MAX)
		return "the list is larger than 256 MiB";
	if (input->state.entries == 0)
		return NULL;
	if (!value || is_zero(value, size))
		return "the quote is of another bank than those before";
	memcpy(replay->value, value, size);
	return NULL;
}

/* at: the index of the entry before which the replay ended. */
static void say_mismatch(const struct list_replay *replay, struct list_input *input, uint64_t at)
{
	if (replay->other_pcr)
		(void)verdict_add(input->verdict, VERDICT_LIST, at,
				  "an entry of another PCR than 10");
	else if (replay->damaged)
		(void)verdict_add(input->verdict, VERDICT_LIST, at, "a damaged entry");
	else
		(void)verdict_add(input->verdict, VERDICT_LIST, VERDICT_NO_ENTRY,
				  "does not replay to the quoted PCR 10");
}

static int judge_proven(struct list_judge *judge, const struct list_expect *expect,
			struct list_input *input, const struct list_replay *replay, struct err *err)
{
	AUTO_MEM struct judging *j = malloc(sizeof(*j));
	struct list_state *state = &input->state;
	uint8_t *value = state_value(state, replay->bank);

	if (!j)
		return err_set(err, "out of memory");
	list_reasons_init(&j->reasons);
	j->run = (struct list_run){
		.judge = judge,
		.expect = expect,
		.reasons = &j->reasons,
		.kexec_from = state->kexec ? 0 : UINT64_MAX,
	};
	j->first = state->entries;
	judge_entries(j, replay->threads, input->data, replay->bytes);
	if (atomic_load(&j->run.trouble)) {
		list_reasons_done(&j->reasons);
		return err_set(err, "measurement list: out of memory");
	}
	list_reasons_give(&j->reasons, j->run.kexec_from, input->verdict);
	list_reasons_done(&j->reasons);
	input->result.by_cache = j->run.by_cache;
	state->violations += j->run.violations;
	state->kexec = j->run.kexec_from != UINT64_MAX;
	state->failed = state->failed || j->reasons.n > 0;
	state->aggregate_seen = state->aggregate_seen || j->run.aggregate;
	state->entries += replay->entries;
	state->offset += replay->bytes;
	if (value)
		memcpy(value, replay->value, hash_algo_size(replay->bank));
	return 0;
}

static void say_what_is_missing(const struct list_judge *judge, struct list_input *input,
				bool failed_before)
{
	if (judge->certs.n == 0)
		(void)verdict_add(input->verdict, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY,
				  "no certificate is trusted");
	if (input->state.entries == 0)
		(void)verdict_add(input->verdict, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY,
				  "the measurement list is empty");
	else if (input->state.entries == 1)
		(void)verdict_add(input->verdict, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY,
				  "the measurement list holds boot_aggregate alone");
	if (failed_before)
		(void)verdict_add(input->verdict, VERDICT_LIST, VERDICT_NO_ENTRY,
				  "an entry was refused in a round before");
}

int list_judge_run(struct list_judge *judge, unsigned int threads, const struct list_expect *expect,
		   struct list_input *input, struct err *err)
{
	bool quoted = expect->pcr.len > 0;
	bool failed_before = input->state.failed;
	struct list_replay replay = {
		.bank = quoted ? expect->pcr.algo : HASH_SHA256,
		.data = input->data,
		.len = input->len,
		.wanted = quoted ? expect->pcr.data : NULL,
		.threads = list_threads_count(threads),
	};
	const char *why = begin_replay(expect, input, &replay);

	input->result = (struct list_result){ .entries = 0 };
	if (why) {
		(void)verdict_add(input->verdict, VERDICT_LIST, VERDICT_NO_ENTRY, "%s", why);
		return 0;
	}
	if (list_replay_run(&replay, err) < 0)
		return -1;
	input->result.replayed = replay.matched;
	if (quoted && !replay.matched) {
		say_mismatch(&replay, input, input->state.entries + replay.entries);
		return 0;
	}
	if (replay.entries && judge_proven(judge, expect, input, &replay, err) < 0)
		return -1;
	input->result.entries = replay.entries;
	input->result.bytes = replay.bytes;
	if (!quoted && (replay.damaged || replay.other_pcr))
		say_mismatch(&replay, input, input->state.entries);
	say_what_is_missing(judge, input, failed_before);
	return 0;
}

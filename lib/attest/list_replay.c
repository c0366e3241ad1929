/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replay: digests of the template data by all threads, extended in order by the first. */
#include "attest/list_replay.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "attest/list_block.h"
#include "attest/list_threads.h"
#include "crypto/bank.h"

#define CHUNKS (LIST_BLOCK / LIST_CHUNK)
#define WORTH_A_THREAD 512 /* entries: less is hashed while a thread is made */

struct work {
	struct list_replay *replay;
	struct list_block block;
	uint8_t digest[LIST_BLOCK][HASH_SIZE_MAX];
	size_t chunks;
	atomic_size_t next;
	atomic_bool ready[CHUNKS];
	bool stopped; /* by the one who extends */
};

static size_t chunk_end(const struct work *w, size_t chunk)
{
	size_t end = (chunk + 1) * LIST_CHUNK;

	return end < w->block.n ? end : w->block.n;
}

/* False: no chunk was left. */
static bool hash_chunk(struct work *w)
{
	size_t chunk = atomic_fetch_add(&w->next, 1);

	if (chunk >= w->chunks)
		return false;
	for (size_t i = chunk * LIST_CHUNK; i < chunk_end(w, chunk); i++)
		mlist_frame_digest(&w->block.frame[i], w->replay->bank, w->digest[i]);
	atomic_store(&w->ready[chunk], true);
	return true;
}

static bool is_wanted(const struct list_replay *r)
{
	return r->wanted && memcmp(r->value, r->wanted, hash_algo_size(r->bank)) == 0;
}

static void extend_chunk(struct work *w, size_t chunk)
{
	struct list_replay *r = w->replay;

	for (size_t i = chunk * LIST_CHUNK; i < chunk_end(w, chunk) && !w->stopped; i++) {
		if (w->block.frame[i].pcr != MLIST_PCR) {
			r->other_pcr = true;
			w->stopped = true;
			continue;
		}
		bank_extend(r->bank, r->value, w->digest[i]);
		r->entries++;
		r->bytes = w->block.end[i];
		r->matched = is_wanted(r);
		w->stopped = r->matched;
	}
}

static void help(void *ctx)
{
	while (hash_chunk(ctx))
		;
}

static void lead(void *ctx)
{
	struct work *w = ctx;

	for (size_t chunk = 0; chunk < w->chunks && !w->stopped; chunk++) {
		while (!atomic_load(&w->ready[chunk]))
			if (!hash_chunk(w))
				(void)sched_yield();
		extend_chunk(w, chunk);
	}
	atomic_store(&w->next, w->chunks);
}

static void replay_block(struct work *w)
{
	unsigned int threads = w->block.n < WORTH_A_THREAD ? 1 : w->replay->threads;

	w->chunks = (w->block.n + LIST_CHUNK - 1) / LIST_CHUNK;
	atomic_store(&w->next, 0);
	for (size_t i = 0; i < w->chunks; i++)
		atomic_store(&w->ready[i], false);
	list_threads_run(threads, lead, help, w);
}

int list_replay_run(struct list_replay *replay, struct err *err)
{
	struct rd rd = rd_init(replay->data, replay->len);
	AUTO_MEM struct work *w = NULL;

	replay->entries = 0;
	replay->bytes = 0;
	replay->damaged = false;
	replay->other_pcr = false;
	replay->matched = is_wanted(replay);
	if (replay->matched || replay->len == 0)
		return 0;
	w = malloc(sizeof(*w));
	if (!w)
		return err_set(err, "out of memory");
	w->replay = replay;
	w->stopped = false;
	do {
		list_block_fill(&w->block, &rd, replay->data);
		replay_block(w);
	} while (!w->stopped && !w->block.last);
	if (!w->stopped)
		replay->damaged = !rd_ok(&rd);
	return 0;
}

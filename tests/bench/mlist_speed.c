/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mlist_speed CERT LIST ALGO:HEX ROUNDS: how long the judge takes over a list. */
/*
 * Prints a JSON object of medians of ROUNDS runs, in seconds: "replay" alone, "first" with an empty
 * memory, "again" with one that knows the signatures, and each with "_cpu", the time of all
 * processors together; and "entries".  Fails unless all judge well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/list.h"
#include "attest/list_replay.h"
#include "attest/list_threads.h"
#include "base/hex.h"
#include "base/io.h"

#define ROUNDS_MAX 101

struct bench {
	struct list_trust trust;
	struct list_expect expect;
	struct buf list;
	struct verdict verdict;
	uint64_t entries;
};

struct times {
	double wall[ROUNDS_MAX];
	double cpu[ROUNDS_MAX];
	size_t n;
};

static void cleanup_judge(struct list_judge **judge)
{
	list_judge_free(*judge);
}

static double read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *s, size_t n)
{
	qsort(s, n, sizeof(*s), by_value);
	return s[n / 2];
}

static void begin(struct times *t)
{
	t->wall[t->n] = read_clock(CLOCK_MONOTONIC);
	t->cpu[t->n] = read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(struct times *t)
{
	t->wall[t->n] = read_clock(CLOCK_MONOTONIC) - t->wall[t->n];
	t->cpu[t->n] = read_clock(CLOCK_PROCESS_CPUTIME_ID) - t->cpu[t->n];
	t->n++;
}

static void print(const char *name, struct times *t)
{
	(void)printf(", \"%s\": %.9f, \"%s_cpu\": %.9f", name, median(t->wall, t->n), name,
		     median(t->cpu, t->n));
}

static int time_replay(const struct bench *b, struct times *t, struct err *err)
{
	struct list_replay replay = {
		.bank = b->expect.pcr.algo,
		.data = b->list.data,
		.len = b->list.len,
		.wanted = b->expect.pcr.data,
		.threads = list_threads_count(0),
	};

	begin(t);
	if (list_replay_run(&replay, err) < 0)
		return -1;
	end(t);
	return replay.matched ? 0 : err_set(err, "the list does not replay");
}

static int time_judge(struct bench *b, struct list_judge *judge, struct times *t, struct err *err)
{
	struct list_input input = { .data = b->list.data,
				    .len = b->list.len,
				    .verdict = &b->verdict };

	verdict_init(&b->verdict);
	begin(t);
	if (list_judge_run(judge, 0, &b->expect, &input, err) < 0)
		return -1;
	end(t);
	b->entries = input.result.entries;
	if (b->verdict.n)
		return err_set(err, "refused: %s", b->verdict.reasons[0].text);
	return input.result.replayed ? 0 : err_set(err, "not replayed");
}

static int run(struct bench *b, size_t rounds, struct err *err)
{
	struct times replay = { .n = 0 }, first = { .n = 0 }, again = { .n = 0 };

	for (size_t i = 0; i < rounds; i++) {
		CLEANUP(cleanup_judge) struct list_judge *judge = NULL;

		if (list_judge_new(&b->trust, LIST_CACHE_DEFAULT, &judge, err) < 0 ||
		    time_replay(b, &replay, err) < 0 || time_judge(b, judge, &first, err) < 0 ||
		    time_judge(b, judge, &again, err) < 0)
			return -1;
	}
	(void)printf("{\"entries\": %llu", (unsigned long long)b->entries);
	print("replay", &replay);
	print("first", &first);
	print("again", &again);
	(void)printf("}\n");
	return 0;
}

int main(int argc, char **argv)
{
	CLEANUP(cert_set_done) struct cert_set certs = CERT_SET_INIT;
	static struct bench b = { .list = BUF_INIT(LIST_MAX) };
	struct err err = ERR_INIT;
	const char *hex = argc == 5 ? strchr(argv[3], ':') : NULL;
	size_t rounds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;

	if (!hex || rounds == 0 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: mlist_speed CERT LIST ALGO:HEX ROUNDS\n");
		return 2;
	}
	b.expect.pcr.algo = strncmp(argv[3], "sha1:", 5) == 0 ? HASH_SHA1 : HASH_SHA256;
	b.expect.pcr.len = hash_algo_size(b.expect.pcr.algo);
	b.trust.certs = &certs;
	if (hex_parse(hex + 1, b.expect.pcr.data, b.expect.pcr.len, &err) < 0 ||
	    cert_set_add_file(&certs, argv[1], &err) < 0 ||
	    io_read_file(argv[2], &b.list, &err) < 0 || run(&b, rounds, &err) < 0) {
		(void)fprintf(stderr, "mlist_speed: %s\n", err.text);
		return 2;
	}
	return 0;
}

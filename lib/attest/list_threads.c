/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few threads for one piece of work. */
#include "attest/list_threads.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

struct helper {
	void (*help)(void *ctx);
	void *ctx;
};

static void *start(void *arg)
{
	const struct helper *h = arg;

	h->help(h->ctx);
	return NULL;
}

unsigned int list_threads_count(unsigned int asked)
{
	long n = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return n < LIST_THREADS_MAX ? (unsigned int)n : LIST_THREADS_MAX;
}

void list_threads_run(unsigned int threads, void (*lead)(void *ctx), void (*help)(void *ctx),
		      void *ctx)
{
	struct helper helper = { .help = help, .ctx = ctx };
	pthread_t thread[LIST_THREADS_MAX];
	unsigned int n = 0;

	while (n + 1 < threads && n < LIST_THREADS_MAX &&
	       pthread_create(&thread[n], NULL, start, &helper) == 0)
		n++;
	lead(ctx);
	while (n > 0)
		(void)pthread_join(thread[--n], NULL);
}

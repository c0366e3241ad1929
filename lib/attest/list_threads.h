/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few threads for one piece of work. */
#ifndef ASSAY_ATTEST_LIST_THREADS_H
#define ASSAY_ATTEST_LIST_THREADS_H

#define LIST_THREADS_MAX 64

/* asked 0: as many as there are processors; never more than LIST_THREADS_MAX. */
unsigned int list_threads_count(unsigned int asked);

/*
 * Runs lead here and help in threads - 1 others, all with ctx, and waits for them.  Threads that
 * can't be made are done without, so lead must be able to finish the work alone.
 */
void list_threads_run(unsigned int threads, void (*lead)(void *ctx), void (*help)(void *ctx),
		      void *ctx);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A progress line on stderr for long work: only on a terminal, only after a second. */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct progress {
	const char *verb; /* "signing" */
	struct timespec begun;
	struct timespec shown;
	bool terminal;
	bool visible;
};

void progress_init(struct progress *p, const char *verb);

/* total 0: unknown.  Cheap; prints at most ten times a second. */
void progress_show(struct progress *p, size_t done, size_t total);

/* Shows the verb alone, at once: for work that is long and does not count. */
void progress_say(struct progress *p);

/* Removes the line. */
void progress_done(struct progress *p);

#endif

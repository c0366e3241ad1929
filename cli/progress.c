/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress line. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_AFTER_MS 1000
#define PROGRESS_EVERY_MS 100

static long ms_since(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000 + (to->tv_nsec - from->tv_nsec) / 1000000;
}

void progress_init(struct progress *p, const char *verb)
{
	*p = (struct progress){ .verb = verb, .terminal = isatty(STDERR_FILENO) == 1 };
	(void)clock_gettime(CLOCK_MONOTONIC, &p->begun);
	p->shown = p->begun;
}

void progress_show(struct progress *p, size_t done, size_t total)
{
	struct timespec now;

	if (!p->terminal)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (ms_since(&p->begun, &now) < PROGRESS_AFTER_MS ||
	    ms_since(&p->shown, &now) < PROGRESS_EVERY_MS)
		return;
	p->shown = now;
	p->visible = true;
	if (total)
		(void)fprintf(stderr, "\r%s: %zu of %zu\033[K", p->verb, done, total);
	else
		(void)fprintf(stderr, "\r%s: %zu\033[K", p->verb, done);
}

void progress_say(struct progress *p)
{
	p->visible = p->terminal;
	if (p->visible)
		(void)fprintf(stderr, "\r%s\033[K", p->verb);
}

void progress_done(struct progress *p)
{
	if (p->visible)
		(void)fputs("\r\033[K", stderr);
	p->visible = false;
}

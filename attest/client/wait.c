/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a host waits between rounds. */
#include "attest/client/wait.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

/* 0 to most. */
static uint64_t by_chance(uint64_t most)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = (uint32_t)clock();
	return r % (most + 1);
}

uint64_t wait_next(uint32_t seconds)
{
	uint64_t ms = (seconds < WAIT_MIN   ? WAIT_MIN
		       : seconds > WAIT_MAX ? WAIT_MAX
					    : seconds) *
		      UINT64_C(1000);

	return ms - by_chance(ms / 10);
}

uint64_t wait_away(unsigned int failures)
{
	uint64_t ms = WAIT_AWAY_FIRST * UINT64_C(1000);

	for (unsigned int i = 1; i < failures && ms < WAIT_AWAY_MAX * UINT64_C(1000); i++)
		ms *= 2;
	if (ms > WAIT_AWAY_MAX * UINT64_C(1000))
		ms = WAIT_AWAY_MAX * UINT64_C(1000);
	return ms - by_chance(ms / 2);
}

void wait_sleep(uint64_t ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

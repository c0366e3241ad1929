/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a host waits between rounds. */
#ifndef ASSAY_ATTEST_CLIENT_WAIT_H
#define ASSAY_ATTEST_CLIENT_WAIT_H

#include <stdint.h>

#define WAIT_MIN 1	  /* seconds, whatever the verifier says */
#define WAIT_MAX 86400	  /* seconds, whatever the verifier says */
#define WAIT_AWAY_FIRST 2 /* seconds after the first round that failed; then twice as many */
#define WAIT_AWAY_MAX 300 /* seconds */

/* Until the next round: what the verifier asked for, in bounds, less up to a tenth of it by chance,
 * so that hosts that began together do not stay together, and none is late.  Milliseconds. */
uint64_t wait_next(uint32_t seconds);

/* After so many rounds in a row that failed (1 or more): from half of the time to all of it.
 * Milliseconds. */
uint64_t wait_away(unsigned int failures);

void wait_sleep(uint64_t ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trying again, later and later, and not in step with others. */
#include "tpm/patience.h"

#include <sys/random.h>
#include <time.h>

#include "base/attr.h"
#include "tpm/object.h"

#define PAUSE_STEP_US 200   /* the longest pause grows by so much a try */
#define PAUSE_MAX_US 100000 /* and no further */

/* Part 2, 6.6.3: warnings, and the one error that says that a policy session is stale. */
static const TPM2_RC passing[] = {
	TPM2_RC_PCR_CHANGED,   TPM2_RC_RETRY,	       TPM2_RC_YIELDED,	       TPM2_RC_TESTING,
	TPM2_RC_CANCELED,      TPM2_RC_NV_RATE,	       TPM2_RC_NV_UNAVAILABLE, TPM2_RC_CONTEXT_GAP,
	TPM2_RC_OBJECT_MEMORY, TPM2_RC_SESSION_MEMORY, TPM2_RC_MEMORY,
};

static bool passes(TSS2_RC rc)
{
	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		if (tpm_rc_is(rc, passing[i]))
			return true;
	return rc == TSS2_ESYS_RC_TRY_AGAIN;
}

bool tpm_try_again(TSS2_RC rc, unsigned int *tries)
{
	unsigned int random = *tries;
	unsigned long most = PAUSE_STEP_US * (*tries + 1UL);
	struct timespec pause = { .tv_sec = 0 };

	if (!passes(rc) || *tries >= TPM_UNSEAL_TRIES)
		return false;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = *tries;
	if (most > PAUSE_MAX_US)
		most = PAUSE_MAX_US;
	/* The first is at once: most changes are single ones. */
	pause.tv_nsec = *tries ? (long)(random % most) * 1000 : 0;
	if (pause.tv_nsec)
		(void)nanosleep(&pause, NULL);
	++*tries;
	return true;
}

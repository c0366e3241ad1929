/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPM's clock and counters. */
#include "tpm/clock.h"

#include "tpm/keys.h"
#include "tpm/object.h"

int tpm_clock_read(struct tpm_identity *identity, struct tpm_clock *ret_clock, struct err *err)
{
	AUTO_ESYS TPMS_TIME_INFO *now = NULL;
	TSS2_RC rc =
		Esys_ReadClock(identity->ctx.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &now);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "read the clock", rc);
	ret_clock->clock = now->clockInfo.clock;
	ret_clock->reset_count = now->clockInfo.resetCount;
	ret_clock->restart_count = now->clockInfo.restartCount;
	ret_clock->safe = now->clockInfo.safe == TPM2_YES;
	return 0;
}

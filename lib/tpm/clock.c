/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPM's clock and counters. */
#include "tpm/clock.h"

#include "tpm/keys.h"
#include "tpm/object.h"

void tpm_clock_take(const TPMS_CLOCK_INFO *info, struct tpm_clock *ret_clock)
{
	*ret_clock = (struct tpm_clock){
		.clock = info->clock,
		.reset_count = info->resetCount,
		.restart_count = info->restartCount,
		.safe = info->safe == TPM2_YES,
	};
}

int tpm_clock_read(struct tpm_identity *identity, struct tpm_clock *ret_clock, struct err *err)
{
	AUTO_ESYS TPMS_TIME_INFO *now = NULL;
	TSS2_RC rc =
		Esys_ReadClock(identity->ctx.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &now);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "read the clock", rc);
	tpm_clock_take(&now->clockInfo, ret_clock);
	return 0;
}

int tpm_clock_last(struct tpm_identity *identity, struct tpm_clock *ret_clock, struct err *err)
{
	if (!identity->clock.quoted)
		return tpm_clock_read(identity, ret_clock, err);
	*ret_clock = identity->clock.last;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record in the TPM. */
#include <string.h>

#include "base/io.h"
#include "initramfs/record/record.h"
#include "tpm/pcr.h"

/* false, too, where the TPM has no such bank: nothing is sealed then, either. */
static bool was_measured(const struct boot *boot)
{
	struct digest now, want;

	return tpm_pcr_read(boot->record.settings.pcr, HASH_SHA256, &now, NULL) == 0 &&
	       record_pcr_unsealing_value(boot->record_text.data, boot->record_text.len, &want,
					  NULL) == 0 &&
	       now.len == want.len && memcmp(now.data, want.data, want.len) == 0;
}

/* A device that is there but does not answer is a failure, not an absence. */
int measure_record(struct boot *boot, struct err *err)
{
	unsigned int pcr = boot->record.settings.pcr;

	if (!io_exists(TPM_DEVICE)) {
		report_line(boot, "pcr %u tpm absent", pcr);
		return 0;
	}
	if (!was_measured(boot) &&
	    tpm_pcr_extend(pcr, boot->record_text.data, boot->record_text.len, err) < 0)
		return -1;
	boot->measured = true;
	report_line(boot, "pcr %u extended", pcr);
	return 0;
}

/* Of a TPM that failed already it was told; in log mode the boot goes on. */
int measure_cap(struct boot *boot, struct err *err)
{
	unsigned int pcr = boot->record.settings.pcr;

	if (!io_exists(TPM_DEVICE))
		return 0;
	if (tpm_pcr_extend(pcr, RECORD_CAP, RECORD_CAP_LEN, boot->measured ? err : NULL) < 0)
		return boot->measured ? -1 : 0;
	report_line(boot, "cap pcr %u", pcr);
	return 0;
}

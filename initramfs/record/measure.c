/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record in the TPM. */
#include <string.h>

#include "base/io.h"
#include "initramfs/record/record.h"
#include "lock/boot_list.h"
#include "tpm/pcr.h"

static bool is_zero(const struct digest *d)
{
	for (size_t i = 0; i < d->len; i++)
		if (d->data[i])
			return false;
	return true;
}

/*
 * By assay-unlock, where there is a lock.  Without one whatever else is in the PCR only makes its
 * value another; with one it would make the lock's state unknown.
 */
static int was_measured(const struct boot *boot, bool *ret_was, struct err *err)
{
	unsigned int pcr = boot->record.settings.pcr;
	char list[BUNDLE_PATH_MAX];
	struct digest now, want;

	*ret_was = false;
	if (bundle_path(boot, BOOT_LIST_NAME, list, err) < 0)
		return -1;
	if (!io_exists(list))
		return 0;
	if (tpm_pcr_read(pcr, HASH_SHA256, &now, err) < 0 ||
	    record_pcr_unsealing_value(boot->record_text.data, boot->record_text.len, &want, err) <
		    0)
		return -1;
	*ret_was = now.len == want.len && memcmp(now.data, want.data, want.len) == 0;
	if (!*ret_was && !is_zero(&now))
		return err_set(err, "PCR %u: was extended with something else than the record",
			       pcr);
	return 0;
}

/* A device that is there but does not answer is a failure, not an absence. */
int measure_record(struct boot *boot, struct err *err)
{
	unsigned int pcr = boot->record.settings.pcr;
	bool was = false;

	if (!io_exists(TPM_DEVICE)) {
		report_line(boot, "pcr %u tpm absent", pcr);
		return 0;
	}
	if (was_measured(boot, &was, err) < 0)
		return -1;
	if (!was && tpm_pcr_extend(pcr, boot->record_text.data, boot->record_text.len, err) < 0)
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

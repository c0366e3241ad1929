/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs in words, by what the firmware, the boot loader and Assay measure into them. */
#include "initramfs/unlock/unlock.h"

#define PCR_FIRMWARE 0 /* TCG PC Client Platform Firmware Profile 1.06, 3.3.4 */
#define PCR_FIRMWARE_SETTINGS 1
#define PCR_ROMS 2
#define PCR_ROM_SETTINGS 3
#define PCR_LOADER 4
#define PCR_PARTITIONS 5
#define PCR_SECURE_BOOT 7
#define PCR_GRUB 8  /* GRUB: its commands and the kernel command line */
#define PCR_FILES 9 /* GRUB: files; Linux' EFI stub: initramfs and command line */
#define PCR_UKI 11  /* systemd-stub */
#define PCR_KERNEL_CONFIG 12
#define PCR_SHIM 14

static const char *words_of(const struct lock_blob *blob, unsigned int pcr)
{
	if (pcr == blob->record_pcr)
		return "what would be enforced";
	switch (pcr) {
	case PCR_FIRMWARE:
		return "the firmware";
	case PCR_FIRMWARE_SETTINGS:
		return "the firmware's settings";
	case PCR_ROMS:
	case PCR_ROM_SETTINGS:
		return "a device's firmware";
	case PCR_LOADER:
		return "the boot loader or the kernel";
	case PCR_PARTITIONS:
		return "the partitions";
	case PCR_SECURE_BOOT:
		return "Secure Boot or its keys";
	case PCR_GRUB:
		return "GRUB's commands or the kernel command line";
	case PCR_FILES:
		return blob->profile == LOCK_GRUB ? "a file that GRUB read, kernel or initramfs"
						  : "the initramfs or the kernel command line";
	case PCR_UKI:
		return "the unified kernel image";
	case PCR_KERNEL_CONFIG:
		return "the kernel command line";
	case PCR_SHIM:
		return "shim's keys";
	default:
		return "what a PCR of its own holds";
	}
}

static int put_differences(const struct lock_blob *blob, const struct lock_why *why,
			   struct buf *out)
{
	const char *comma = "";

	for (unsigned int pcr = 0; pcr < TPM_PCRS; pcr++) {
		if (!(why->differ >> pcr & 1))
			continue;
		if (buf_putf(out, NULL, "%s%s (PCR %u)", comma, words_of(blob, pcr), pcr) < 0)
			return -1;
		comma = ", ";
	}
	return 0;
}

static void tell_differences(const struct lock_blob *blob, const struct lock_why *why,
			     struct err *err)
{
	AUTO_BUF text = BUF_INIT(ERR_TEXT_MAX);
	const struct lock_approval *a;

	if (why->approval >= blob->n_approvals) {
		(void)err_set(err, "no boot is approved");
		return;
	}
	a = &blob->approvals[why->approval];
	if (put_differences(blob, why, &text) == 0)
		(void)err_set(err, "not the approved boot: %s: not as in approval %u (%s)",
			      buf_text(&text), a->id, a->kernel);
}

void unlock_words(const struct lock_blob *blob, const struct lock_why *why, struct err *err)
{
	switch (why->answer) {
	case LOCK_NOT_APPROVED:
		tell_differences(blob, why, err);
		return;
	case LOCK_REVOKED:
		if (why->approval < blob->n_approvals)
			(void)err_set(err, "the approval of this boot was revoked: %u (%s)",
				      blob->approvals[why->approval].id,
				      blob->approvals[why->approval].kernel);
		return;
	case LOCK_OTHER_TPM:
		(void)err_set(err, "TPM: a different one, or it was cleared");
		return;
	case LOCK_UNSEALED:
	case LOCK_FORGED:
	case LOCK_COUNTER_GONE:
	case LOCK_DAMAGED:
		return;
	}
}

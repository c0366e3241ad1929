/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host is and will be. */
#include "lock/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "tpm/pcr.h"

#define NEXT_RECORD BUNDLE_HOST_DIR "/record"
#define EFI_DIR "/sys/firmware/efi"
#define EFI_VARS EFI_DIR "/efivars/"
/* UEFI 2.10, 3.3; and the variable that systemd-stub leaves (systemd 252, src/boot/efi/stub.c). */
#define SECURE_BOOT EFI_VARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define STUB_INFO EFI_VARS "StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define EFI_VAR_MAX 64 /* bytes: four of attributes, one of value */
#define PCR_GRUB 8     /* GRUB's commands; nobody else extends it */

int host_next_record(struct record *ret_record, struct buf *text, struct err *err)
{
	if (!io_exists(NEXT_RECORD))
		return err_set(err, "the next boot enforces nothing: 'assay enable' first");
	if (io_read_file(NEXT_RECORD, text, err) < 0)
		return -1;
	if (record_parse(buf_text(text), text->len, ret_record, err) < 0)
		return err_prepend(err, NEXT_RECORD);
	if (ret_record->settings.mode != MODE_ENFORCE)
		return err_set(err, "the next boot only logs: 'assay enable' first");
	return 0;
}

int host_enforces(struct err *err)
{
	AUTO_MEM struct record *record = calloc(1, sizeof(*record));
	bool there = false;

	if (!record)
		return err_set(err, "out of memory");
	if (record_in_force(record, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "this boot does not enforce: 'assay enable', then reboot");
	if (record->settings.mode != MODE_ENFORCE)
		return err_set(err, "this boot only logs: 'assay enable', then reboot");
	return 0;
}

int host_secure_boot(bool *ret_on, struct err *err)
{
	AUTO_BUF value = BUF_INIT(EFI_VAR_MAX);

	*ret_on = false;
	if (!io_exists(SECURE_BOOT))
		return 0;
	if (io_read_file(SECURE_BOOT, &value, err) < 0)
		return -1;
	if (value.len != 5)
		return err_set(err, SECURE_BOOT ": not one byte");
	*ret_on = value.data[4] == 1;
	return 0;
}

int host_meets(const struct lock_blob *blob, struct err *err)
{
	AUTO_MEM struct record *next = calloc(1, sizeof(*next));
	AUTO_BUF text = BUF_INIT(RECORD_MAX);
	bool on = false;

	if (!next)
		return err_set(err, "out of memory");
	if (blob->require_enforcement &&
	    (host_enforces(err) < 0 || host_next_record(next, &text, err) < 0))
		return err_prepend(err, "enforcement is required");
	if (!blob->require_secure_boot)
		return 0;
	if (host_secure_boot(&on, err) < 0)
		return -1;
	return on ? 0 : err_set(err, "Secure Boot is required, and is off");
}

static int grub_was_here(bool *ret_was, struct err *err)
{
	static const uint8_t zeroes[TPM_DIGEST_SIZE];
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));

	if (!pcrs)
		return err_set(err, "out of memory");
	if (tpm_pcrs_read(1U << PCR_GRUB, pcrs, err) < 0)
		return -1;
	*ret_was = memcmp(pcrs->value[PCR_GRUB], zeroes, sizeof(zeroes)) != 0;
	return 0;
}

int host_profile(enum lock_profile *ret_profile, struct err *err)
{
	bool on = false;
	bool grub = false;

	if (host_secure_boot(&on, err) < 0 || grub_was_here(&grub, err) < 0)
		return -1;
	if (io_exists(STUB_INFO) && on)
		*ret_profile = LOCK_UKI;
	else if (grub)
		*ret_profile = LOCK_GRUB;
	else if (io_exists(EFI_DIR))
		*ret_profile = LOCK_EFISTUB;
	else
		return err_set(
			err, "profile: nothing tells how this host booted: --profile minimal seals "
			     "to PCR 7 and the record's, which says nothing of kernel, initramfs "
			     "and command line");
	return 0;
}

int host_has_tpm(struct err *err)
{
	bool there = false;

	if (tpm_present(&there, err) < 0)
		return -1;
	return there ? 0 : err_set(err, "this host has no TPM 2.0 (" TPM_DEVICE ")");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which record this boot was begun with. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/hex.h"
#include "base/io.h"
#include "proto/record.h"

#define SYSFS_DIR "/sys/class"
#define TPM_DIR SYSFS_DIR "/tpm/tpm0"
#define PCR_PATH TPM_DIR "/pcr-sha256/%u" /* the kernel's, since Linux 5.12 */
#define IMA_DIR "/sys/kernel/security/ima"
#define PCR_TEXT_MAX 256 /* bytes */

/* TPM2_PCR_Extend with the digest of data: the new value is H(old value || H(data)). */
static int extend(struct digest *value, const void *data, size_t len, struct err *err)
{
	uint8_t both[64];
	struct digest d;

	if (hash_bytes(HASH_SHA256, data, len, &d, err) < 0)
		return -1;
	memcpy(both, value->data, value->len);
	memcpy(both + value->len, d.data, d.len);
	return hash_bytes(HASH_SHA256, both, sizeof(both), value, err);
}

int record_pcr_unsealing_value(const void *text, size_t len, struct digest *ret_value,
			       struct err *err)
{
	struct digest value = { .algo = HASH_SHA256, .len = hash_algo_size(HASH_SHA256) };

	if (extend(&value, text, len, err) < 0)
		return -1;
	*ret_value = value;
	return 0;
}

int record_pcr_value(const void *text, size_t len, struct digest *ret_value, struct err *err)
{
	struct digest value;

	if (record_pcr_unsealing_value(text, len, &value, err) < 0 ||
	    extend(&value, RECORD_CAP, RECORD_CAP_LEN, err) < 0)
		return -1;
	*ret_value = value;
	return 0;
}

static int read_pcr(unsigned int pcr, struct buf *out, struct err *err)
{
	struct statfs fs;
	char path[64];

	(void)snprintf(path, sizeof(path), PCR_PATH, pcr);
	if (statfs(path, &fs) < 0)
		return err_errno(err, "%s", path);
	if (fs.f_type != SYSFS_MAGIC)
		return err_set(err, "%s: something is mounted there", path);
	return io_read_file(path, out, err);
}

/* One that is not the usual is believed only where that one was not extended: else who writes the
 * record would choose a PCR that he can extend. */
static int check_usual(unsigned int pcr, struct err *err)
{
	AUTO_BUF now = BUF_INIT(PCR_TEXT_MAX);

	if (pcr == SETTINGS_PCR_USUAL)
		return 0;
	if (read_pcr(SETTINGS_PCR_USUAL, &now, err) < 0)
		return -1;
	if (strspn(buf_text(&now), "0\n") == now.len)
		return 0;
	return err_set(err, RECORD_RUN_PATH ": names PCR %u, but this boot extended PCR %u", pcr,
		       SETTINGS_PCR_USUAL);
}

/* Without a TPM, or a bank of it, or a /sys as in a chroot, the record is taken at its word. */
static int check_pcr(const struct buf *text, unsigned int pcr, struct err *err)
{
	AUTO_BUF now = BUF_INIT(PCR_TEXT_MAX);
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest value;
	struct statfs fs;

	if (!io_exists(TPM_DIR "/pcr-sha256") &&
	    (statfs(SYSFS_DIR, &fs) < 0 ? errno == ENOENT : fs.f_type == SYSFS_MAGIC))
		return 0;
	if (check_usual(pcr, err) < 0 || read_pcr(pcr, &now, err) < 0 ||
	    record_pcr_value(text->data, text->len, &value, err) < 0)
		return -1;
	hex_format(value.data, value.len, hex);
	if (strncasecmp(buf_text(&now), hex, strlen(hex)) == 0)
		return 0;
	return err_set(err,
		       RECORD_RUN_PATH ": is not the record that the TPM (PCR %u) holds of this "
				       "boot; reboot",
		       pcr);
}

/* A kernel that has taken a policy has no file for one any more (security/integrity/ima/ima_fs.c).
 */
static int check_none(struct err *err)
{
	if (!io_exists(IMA_DIR) || io_exists(IMA_DIR "/policy"))
		return 0;
	return err_set(err, RECORD_RUN_PATH
		       ": is not there, but an IMA policy is in force: whose packages "
		       "this boot takes is not known; reboot");
}

int record_in_force(struct record *ret_record, bool *ret_there, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECORD_MAX);

	*ret_there = io_exists(RECORD_RUN_PATH);
	if (!*ret_there)
		return check_none(err);
	if (io_read_file(RECORD_RUN_PATH, &text, err) < 0)
		return -1;
	if (record_parse(buf_text(&text), text.len, ret_record, err) < 0)
		return err_prepend(err, RECORD_RUN_PATH);
	return check_pcr(&text, ret_record->settings.pcr, err);
}

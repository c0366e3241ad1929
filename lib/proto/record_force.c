/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which record this boot was begun with. */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/io.h"
#include "proto/record.h"

#define PCR_PATH "/sys/class/tpm/tpm0/pcr-sha256/%u" /* the kernel's, since Linux 5.12 */
#define PCR_TEXT_MAX 256			     /* bytes */

int record_pcr_value(const void *text, size_t len, struct digest *ret_value, struct err *err)
{
	uint8_t both[64] = { 0 };
	struct digest d;

	if (hash_bytes(HASH_SHA256, text, len, &d, err) < 0)
		return -1;
	memcpy(both + d.len, d.data, d.len);
	return hash_bytes(HASH_SHA256, both, sizeof(both), ret_value, err);
}

/* Without a TPM, or a bank of it, the record is taken at its word. */
static int check_pcr(const struct buf *text, unsigned int pcr, struct err *err)
{
	AUTO_BUF now = BUF_INIT(PCR_TEXT_MAX);
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest value;
	char path[64];

	(void)snprintf(path, sizeof(path), PCR_PATH, pcr);
	if (!io_exists(path))
		return 0;
	if (io_read_file(path, &now, err) < 0 ||
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

int record_in_force(struct record *ret_record, bool *ret_there, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECORD_MAX);

	*ret_there = io_exists(RECORD_RUN_PATH);
	if (!*ret_there)
		return 0;
	if (io_read_file(RECORD_RUN_PATH, &text, err) < 0)
		return -1;
	if (record_parse(buf_text(&text), text.len, ret_record, err) < 0)
		return err_prepend(err, RECORD_RUN_PATH);
	return check_pcr(&text, ret_record->settings.pcr, err);
}

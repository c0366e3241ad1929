/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values as text. */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/rd.h"
#include "lock/seal.h"

#define LINE_MAX_BYTES 128

static int parse_line(char *line, struct tpm_pcrs *pcrs, struct err *err)
{
	char *end;
	unsigned long pcr = strtoul(line, &end, 10);

	if (*line < '0' || *line > '9' || pcr >= TPM_PCRS || *end != ' ')
		return err_set(err, "not a PCR's number and its value");
	if (pcrs->mask >> pcr & 1)
		return err_set(err, "PCR %lu is there twice", pcr);
	pcrs->mask |= 1U << pcr;
	return hex_parse(end + 1, pcrs->value[pcr], TPM_DIGEST_SIZE, err);
}

int lock_values_parse(const char *text, size_t len, struct tpm_pcrs *ret_pcrs, struct err *err)
{
	struct tpm_pcrs pcrs = { .mask = 0 };
	struct rd in = rd_init(text, len);

	if (len > LOCK_VALUES_MAX)
		return err_set(err, "PCR values: more than %d bytes", LOCK_VALUES_MAX);
	for (unsigned int n = 1; in.left; n++) {
		char line[LINE_MAX_BYTES];
		size_t size;
		const uint8_t *at = rd_until(&in, '\n', &size);

		if (!at || size >= sizeof(line) || memchr(at, '\0', size))
			return err_set(err, "PCR values: line %u: unfinished, too long or binary",
				       n);
		memcpy(line, at, size);
		line[size] = '\0';
		if (line[0] && line[0] != '#' && parse_line(line, &pcrs, err) < 0)
			return err_prepend(err, "PCR values: line %u", n);
	}
	if (!pcrs.mask)
		return err_set(err, "PCR values: none");
	*ret_pcrs = pcrs;
	return 0;
}

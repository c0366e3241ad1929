/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's LUKS2 token: what is read is written and read alike. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF json = BUF_INIT(2 * TOKEN_JSON_MAX);
	AUTO_TOKEN token = TOKEN_INIT, again = TOKEN_INIT;
	struct err err = ERR_INIT;

	if (token_parse((const char *)data, size, &token, &err) < 0) {
		if (!*err.text)
			abort();
		return 0;
	}
	if (token_format(&token, &json, &err) < 0 ||
	    token_parse(buf_text(&json), json.len, &again, &err) < 0 ||
	    again.keyslot != token.keyslot || again.blob.len != token.blob.len ||
	    memcmp(again.blob.data, token.blob.data, token.blob.len) != 0 ||
	    again.approved.len != token.approved.len ||
	    (token.approved.len &&
	     memcmp(again.approved.data, token.approved.data, token.approved.len) != 0))
		abort();
	return 0;
}

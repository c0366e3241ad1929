/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's token as JSON. */
#include "lock/token.h"

#include <string.h>

#include <jansson.h>

#include "base/base64.h"

static void free_json(json_t **json)
{
	json_decref(*json);
}
#define AUTO_JSON CLEANUP(free_json) json_t

void token_done(struct token *token)
{
	buf_done(&token->blob);
}

int token_format(const struct token *token, struct buf *out, struct err *err)
{
	if (token->keyslot < 0 || token->keyslot >= TOKEN_KEYSLOTS_MAX)
		return err_set(err, "token: there is no keyslot %d", token->keyslot);
	if (token->blob.len == 0 || token->blob.len > TOKEN_BLOB_MAX)
		return err_set(err, "token: nothing, or more than %d bytes, to keep in it",
			       TOKEN_BLOB_MAX);
	if (buf_putf(out, err,
		     "{\"type\":\"" TOKEN_TYPE
		     "\",\"keyslots\":[\"%d\"],\"version\":%d,\"blob\":\"",
		     token->keyslot, TOKEN_VERSION) < 0 ||
	    base64_format(token->blob.data, token->blob.len, out, err) < 0)
		return -1;
	return buf_putf(out, err, "\"}");
}

static int take_keyslot(const json_t *token, int *ret_keyslot, struct err *err)
{
	const json_t *slots = json_object_get(token, "keyslots");
	const char *text = json_string_value(json_array_get(slots, 0));
	int slot = 0;

	if (json_array_size(slots) != 1 || !text)
		return err_set(err, "token: is not bound to one keyslot");
	if (!*text || strlen(text) > 2 || strspn(text, "0123456789") != strlen(text))
		return err_set(err, "token: its keyslot is no number");
	for (; *text; text++)
		slot = 10 * slot + (*text - '0');
	if (slot >= TOKEN_KEYSLOTS_MAX)
		return err_set(err, "token: there is no keyslot %d", slot);
	*ret_keyslot = slot;
	return 0;
}

static int take_blob(const json_t *token, struct buf *ret_blob, struct err *err)
{
	const json_t *blob = json_object_get(token, "blob");

	if (!json_is_string(blob))
		return err_set(err, "token: has no blob");
	buf_reset(ret_blob);
	if (base64_parse(json_string_value(blob), json_string_length(blob), ret_blob, err) < 0)
		return err_prepend(err, "token: blob");
	return ret_blob->len ? 0 : err_set(err, "token: its blob is empty");
}

int token_parse(const char *json, size_t len, struct token *ret_token, struct err *err)
{
	AUTO_JSON *token = NULL;
	const char *type;
	json_error_t why;
	int keyslot = -1;

	if (len > TOKEN_JSON_MAX)
		return err_set(err, "token: larger than %d bytes", TOKEN_JSON_MAX);
	token = json_loadb(json, len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(token))
		return err_set(err, "token: is no JSON object");
	type = json_string_value(json_object_get(token, "type"));
	if (!type || strcmp(type, TOKEN_TYPE) != 0)
		return err_set(err, "token: is not of type " TOKEN_TYPE);
	if (json_integer_value(json_object_get(token, "version")) != TOKEN_VERSION)
		return err_set(err, "token: is of a version that is not known here");
	if (take_keyslot(token, &keyslot, err) < 0 || take_blob(token, &ret_token->blob, err) < 0)
		return -1;
	ret_token->keyslot = keyslot;
	return 0;
}

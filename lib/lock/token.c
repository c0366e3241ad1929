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
	buf_done(&token->approved);
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
	if (token->approved.len &&
	    (buf_putf(out, err, "\",\"approved\":\"") < 0 ||
	     base64_format(token->approved.data, token->approved.len, out, err) < 0))
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

static int take_bytes(const json_t *token, const char *name, struct buf *ret_bytes, struct err *err)
{
	const json_t *text = json_object_get(token, name);

	buf_reset(ret_bytes);
	if (!json_is_string(text))
		return err_set(err, "token: has no %s", name);
	if (base64_parse(json_string_value(text), json_string_length(text), ret_bytes, err) < 0)
		return err_prepend(err, "token: %s", name);
	return ret_bytes->len ? 0 : err_set(err, "token: its %s is empty", name);
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
	if (take_keyslot(token, &keyslot, err) < 0 ||
	    take_bytes(token, "blob", &ret_token->blob, err) < 0)
		return -1;
	buf_reset(&ret_token->approved);
	if (json_object_get(token, "approved") &&
	    take_bytes(token, "approved", &ret_token->approved, err) < 0)
		return -1;
	ret_token->keyslot = keyslot;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons as JSON. */
#include "attest/verifier/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "attest/verifier/store.h"
#include "cli/json.h"

void cleanup_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

json_t *reasons_parse(const struct buf *text)
{
	json_t *list;

	if (text->len == 0)
		return json_array();
	list = json_loadb(buf_text(text), text->len, 0, NULL);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *reason_json(const struct verdict_reason *r)
{
	json_t *one = json_pack("{s:s, s:o}", "code", verdict_code_name(r->code), "text",
				cmd_json_name(r->text));

	if (one && r->entry != VERDICT_NO_ENTRY)
		(void)json_object_set_new(one, "entry", json_integer((json_int_t)r->entry));
	return one;
}

static bool holds(const json_t *list, const json_t *one)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), one))
			return true;
	return false;
}

static const char *member(const json_t *list, size_t i, const char *name)
{
	const char *text = json_string_value(json_object_get(json_array_get(list, i), name));

	return text ? text : "";
}

/* Stands last for all that were not kept: nobody takes those that were for all there is. */
static bool is_marked(const json_t *list)
{
	const size_t n = json_array_size(list);

	return n && strcmp(member(list, n - 1, "code"), REASONS_MORE) == 0;
}

static int mark(json_t *list)
{
	if (is_marked(list))
		return 0;
	return json_array_append_new(list, json_pack("{s:s, s:s}", "code", REASONS_MORE, "text",
						     "more reasons than are kept"));
}

static int add_one(json_t *list, const struct verdict_reason *r)
{
	AUTO_JSON one = reason_json(r);

	if (!one)
		return -1;
	if (is_marked(list) || holds(list, one))
		return 0;
	if (json_array_size(list) >= VERDICT_REASONS_MAX)
		return mark(list);
	return json_array_append(list, one);
}

static int add_all(json_t *list, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->n; i++)
		if (add_one(list, &verdict->reasons[i]) < 0)
			return -1;
	return verdict->more ? mark(list) : 0;
}

/* The last before the mark makes room; hosts choose the names that are in the texts. */
static int shorten(json_t *list)
{
	const size_t n = json_array_size(list);

	if (mark(list) < 0 || n < 2)
		return -1;
	return json_array_remove(list, json_array_size(list) - 2);
}

int reasons_add(const struct verdict *verdict, struct buf *out, struct err *err)
{
	AUTO_JSON list = reasons_parse(out);

	if (!list)
		return err_set(err, "store: a host's reasons are damaged");
	if (add_all(list, verdict) < 0)
		return err_set(err, "out of memory");
	for (;;) {
		AUTO_STR text = json_dumps(list, JSON_COMPACT | JSON_ENSURE_ASCII);

		if (!text)
			return err_set(err, "out of memory");
		buf_reset(out);
		if (strlen(text) < STORE_REASONS_MAX)
			return buf_put(out, text, strlen(text), err);
		if (shorten(list) < 0)
			return err_set(err, "out of memory");
	}
}

bool reasons_are_of_boot(const struct buf *text)
{
	AUTO_JSON list = reasons_parse(text);
	const size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		const char *code = member(list, i, "code");

		if (strcmp(code, verdict_code_name(VERDICT_BOOT_STATE)) != 0 &&
		    strcmp(code, verdict_code_name(VERDICT_COMMAND_LINE)) != 0)
			return false;
	}
	return n > 0;
}

void reasons_first(const struct buf *text, char ret_text[static VERDICT_TEXT_MAX])
{
	AUTO_JSON list = reasons_parse(text);
	const char *first = member(list, 0, "text");
	size_t len = strlen(first);

	/* Between characters: PostgreSQL stores no other text, and then no failure. */
	if (len >= VERDICT_TEXT_MAX)
		len = VERDICT_TEXT_MAX - 1;
	while (len && ((uint8_t)first[len] & 0xc0) == 0x80)
		len--;
	memcpy(ret_text, first, len);
	ret_text[len] = '\0';
}

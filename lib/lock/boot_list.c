/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of volumes as text, and names from crypttab. */
#include "lock/boot_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"

#define LINE_MAX_BYTES 256
#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-"

bool boot_list_is_uuid(const char *text)
{
	if (strlen(text) != BOOT_LIST_UUID_LEN)
		return false;
	for (size_t i = 0; i < BOOT_LIST_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	}
	return true;
}

/* Neither what dm_name would escape, nor what is no file name. */
static bool is_name(const char *text)
{
	return *text && *text != '.' && *text != '-' && strlen(text) < BOOT_LIST_NAME_MAX &&
	       strspn(text, NAME_BYTES) == strlen(text);
}

int boot_list_format(const struct boot_list *list, struct buf *out, struct err *err)
{
	if (buf_putf(out, err, BOOT_LIST_LINE "\n") < 0)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		const struct boot_volume *v = &list->volume[i];

		if (!boot_list_is_uuid(v->uuid) || !is_name(v->name))
			return err_set(err, "lock list: %s: no UUID and name of a volume", v->name);
		if (buf_putf(out, err, "volume %s %s%s%s%s\n", v->uuid, v->name,
			     v->discard ? " discard" : "", v->readonly ? " readonly" : "",
			     v->nofail ? " nofail" : "") < 0)
			return -1;
	}
	return 0;
}

static bool has_word(const char *words, const char *word)
{
	const char *at = strstr(words, word);

	return at && (at[strlen(word)] == ' ' || at[strlen(word)] == '\0');
}

static int parse_volume(char *line, struct boot_list *list, struct err *err)
{
	struct boot_volume *v = &list->volume[list->n];
	char *state = NULL;
	const char *kind = strtok_r(line, " ", &state), *uuid = strtok_r(NULL, " ", &state);
	const char *name = strtok_r(NULL, " ", &state), *options = strtok_r(NULL, "", &state);

	if (list->n == BOOT_LIST_VOLUMES)
		return err_set(err, "more than %d volumes", BOOT_LIST_VOLUMES);
	if (!kind || strcmp(kind, "volume") != 0 || !uuid || !name || !boot_list_is_uuid(uuid) ||
	    !is_name(name))
		return err_set(err, "no volume's UUID and name");
	memset(v, 0, sizeof(*v));
	strcpy(v->uuid, uuid);
	strcpy(v->name, name);
	v->discard = options && has_word(options, "discard");
	v->readonly = options && has_word(options, "readonly");
	v->nofail = options && has_word(options, "nofail");
	list->n++;
	return 0;
}

static int parse_lines(struct rd *in, struct boot_list *list, struct err *err)
{
	for (unsigned int n = 1; in->left || n == 1; n++) {
		char line[LINE_MAX_BYTES];
		size_t len;
		const uint8_t *at = rd_until(in, '\n', &len);

		if (!at || len >= sizeof(line) || memchr(at, '\0', len))
			return err_set(err, "lock list: line %u: unfinished, too long or binary",
				       n);
		memcpy(line, at, len);
		line[len] = '\0';
		if (n == 1 && strcmp(line, BOOT_LIST_LINE) != 0)
			return err_set(err, "lock list: not one of version 1");
		if (n > 1 && parse_volume(line, list, err) < 0)
			return err_prepend(err, "lock list: line %u", n);
	}
	return 0;
}

int boot_list_parse(const char *text, size_t len, struct boot_list *ret_list, struct err *err)
{
	AUTO_MEM struct boot_list *list = calloc(1, sizeof(*list));
	AUTO_BUF again = BUF_INIT(BOOT_LIST_MAX);
	struct rd in = rd_init(text, len);

	if (!list)
		return err_errno(err, "lock list");
	if (len > BOOT_LIST_MAX)
		return err_set(err, "lock list: larger than %d bytes", BOOT_LIST_MAX);
	if (parse_lines(&in, list, err) < 0 || boot_list_format(list, &again, err) < 0)
		return -1;
	if (again.len != len || memcmp(again.data, text, len) != 0)
		return err_set(err, "lock list: not in its canonical form");
	*ret_list = *list;
	return 0;
}

int boot_list_add(struct boot_list *list, const char *uuid, struct err *err)
{
	struct boot_volume *v = &list->volume[list->n];

	if (list->n == BOOT_LIST_VOLUMES)
		return err_set(err, "lock list: more than %d volumes", BOOT_LIST_VOLUMES);
	if (!boot_list_is_uuid(uuid))
		return err_set(err, "lock list: '%s' is no UUID of a volume", uuid);
	memset(v, 0, sizeof(*v));
	strcpy(v->uuid, uuid);
	(void)snprintf(v->name, sizeof(v->name), "luks-%s", uuid);
	list->n++;
	return 0;
}

static const char *after(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : NULL;
}

static bool source_uuid(const char *source, boot_list_resolve_fn resolve,
			char ret_uuid[static BOOT_LIST_UUID_LEN + 1])
{
	const char *uuid = after(source, "UUID=");

	if (!uuid)
		uuid = after(source, "/dev/disk/by-uuid/");
	if (!uuid)
		return resolve(source, ret_uuid) && boot_list_is_uuid(ret_uuid);
	uuid += *uuid == '"';
	if (strlen(uuid) < BOOT_LIST_UUID_LEN)
		return false;
	memcpy(ret_uuid, uuid, BOOT_LIST_UUID_LEN);
	ret_uuid[BOOT_LIST_UUID_LEN] = '\0';
	return boot_list_is_uuid(ret_uuid);
}

static struct boot_volume *find(struct boot_list *list, const char *uuid)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->volume[i].uuid, uuid) == 0)
			return &list->volume[i];
	return NULL;
}

static void take_options(struct boot_volume *v, char *options)
{
	char *state = NULL;

	for (const char *o = strtok_r(options, ",", &state); o; o = strtok_r(NULL, ",", &state)) {
		v->discard |= strcmp(o, "discard") == 0;
		v->readonly |= strcmp(o, "readonly") == 0 || strcmp(o, "read-only") == 0;
		v->nofail |= strcmp(o, "nofail") == 0;
	}
}

/* name source key options */
static int take_line(struct boot_list *list, char *line, boot_list_resolve_fn resolve,
		     struct err *err)
{
	char *state = NULL, uuid[BOOT_LIST_UUID_LEN + 1] = "";
	const char *name = strtok_r(line, " \t", &state), *source = strtok_r(NULL, " \t", &state);
	struct boot_volume *v;
	char *options;

	if (!name || *name == '#' || !source || !source_uuid(source, resolve, uuid))
		return 0;
	v = find(list, uuid);
	if (!v)
		return 0;
	if (!is_name(name))
		return err_set(err, "crypttab: %s: a name that assay-unlock does not take", name);
	strcpy(v->name, name);
	(void)strtok_r(NULL, " \t", &state);
	options = strtok_r(NULL, " \t", &state);
	if (options)
		take_options(v, options);
	return 0;
}

int boot_list_apply_crypttab(struct boot_list *list, struct buf *crypttab,
			     boot_list_resolve_fn resolve, struct err *err)
{
	char *state = NULL, *line;

	while ((line = buf_line(crypttab, &state)) != NULL)
		if (take_line(list, line, resolve, err) < 0)
			return -1;
	return 0;
}

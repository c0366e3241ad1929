/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printing JSON. */
#include "assay/commands/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cmd.h"

void cleanup_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

json_t *out_name(const char *name)
{
	AUTO_STR text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return json_null();
	cmd_print_name(to, name);
	(void)fclose(to);
	return json_stringn(text, len);
}

void out_time_text(uint64_t ms, char ret_text[static OUT_TIME_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms == 0 || !gmtime_r(&seconds, &tm) ||
	    strftime(ret_text, OUT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(ret_text, OUT_TIME_MAX, "-");
}

void out_field(const char *before, const json_t *object, const char *name, const char *after)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !*text)
		return;
	(void)fputs(before, stdout);
	cmd_print_name(stdout, text);
	(void)fputs(after, stdout);
}

json_t *out_time(uint64_t ms)
{
	char text[OUT_TIME_MAX];

	if (ms == 0)
		return json_null();
	out_time_text(ms, text);
	return json_string(text);
}

void out_print(json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	(void)putchar('\n');
	json_decref(json);
}

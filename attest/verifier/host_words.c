/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a host, told to a person. */
#include "attest/verifier/host_words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cmd.h"

#define SHORT_ID 16 /* hex digits of an id in a list */
#define HISTORY_SHOWN 10

const char *words_text(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static void print_time(const json_t *json, const char *name)
{
	const time_t t = (time_t)json_integer_value(json_object_get(json, name));
	char text[64];
	struct tm tm;

	if (t == 0) {
		(void)printf("never");
		return;
	}
	(void)gmtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	(void)printf("%s", text);
}

/* Everything that hosts and logs may have chosen goes through here. */
static void print_text(const json_t *json, const char *name)
{
	cmd_print_name(stdout, words_text(json, name));
}

void words_line(const json_t *host)
{
	(void)printf("%.*s  %-10s  ", SHORT_ID, words_text(host, "host"),
		     words_text(host, "state"));
	print_text(host, "name");
	if (*words_text(host, "reason")) {
		(void)printf(": ");
		print_text(host, "reason");
	}
	(void)putchar('\n');
}

static void label(const char *name)
{
	(void)printf("  %-15s", name);
}

static void line_text(const char *name, const json_t *json, const char *member)
{
	label(name);
	print_text(json, member);
	(void)putchar('\n');
}

static void line_time(const char *name, const json_t *json, const char *member)
{
	if (!json_object_get(json, member))
		return;
	label(name);
	print_time(json, member);
	(void)putchar('\n');
}

static void line_number(const char *name, const json_t *json, const char *member)
{
	label(name);
	(void)printf("%lld\n", (long long)json_integer_value(json_object_get(json, member)));
}

static const char *secure_boot(const json_t *host)
{
	const json_t *value = json_object_get(host, "secure_boot");

	return json_is_true(value) ? "on" : json_is_false(value) ? "off" : "not told";
}

static void print_boot(const json_t *host)
{
	const bool enforcing = json_is_true(json_object_get(host, "enforcing"));

	if (!json_object_get(host, "boot")) {
		(void)printf("  nothing of a boot was judged yet\n");
		return;
	}
	label("enforcing");
	(void)printf("%s\n", enforcing ? "yes" : "no");
	label("Secure Boot");
	(void)printf("%s\n", secure_boot(host));
	label("command line");
	if (json_is_string(json_object_get(host, "command_line")))
		print_text(host, "command_line");
	else
		(void)printf("not proven");
	(void)putchar('\n');
	line_text("policy", host, "policy");
	line_text("keys", host, "keys");
	line_text("level", host, "level");
	line_number("epoch", host, "epoch");
	line_text("boot", host, "boot");
	line_number("files judged", host, "entries");
}

static void print_reasons(const json_t *host)
{
	const json_t *list = json_object_get(host, "reasons");

	if (json_array_size(list))
		(void)printf("refused, the first first:\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const json_t *entry = json_object_get(one, "entry");

		(void)printf("  %s: ", words_text(one, "code"));
		if (json_is_integer(entry))
			(void)printf("entry %lld: ", (long long)json_integer_value(entry));
		print_text(one, "text");
		(void)putchar('\n');
	}
}

static void print_history(const json_t *host)
{
	const json_t *list = json_object_get(host, "history");

	if (json_array_size(list))
		(void)printf("history, the latest first:\n");
	for (size_t i = 0; i < json_array_size(list) && i < HISTORY_SHOWN; i++) {
		const json_t *one = json_array_get(list, i);

		(void)printf("  ");
		print_time(one, "time");
		(void)printf("  %s, was %s", words_text(one, "state"), words_text(one, "was"));
		if (*words_text(one, "reason")) {
			(void)printf(": ");
			print_text(one, "reason");
		}
		(void)putchar('\n');
	}
}

void words_host(const json_t *host)
{
	const json_t *warnings = json_object_get(host, "warnings");

	print_text(host, "name");
	(void)printf(" %s\n", words_text(host, "host"));
	label("state");
	(void)printf("%s since ", words_text(host, "state"));
	print_time(host, "since");
	(void)putchar('\n');
	if (*words_text(host, "reason"))
		line_text("reason", host, "reason");
	for (size_t i = 0; i < json_array_size(warnings); i++)
		(void)printf("  %-15s%s\n", "note", json_string_value(json_array_get(warnings, i)));
	print_boot(host);
	line_time("last round", host, "last_round");
	line_time("next due", host, "next_due");
	print_reasons(host);
	print_history(host);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay log: what was taken, signed and admitted, by whose word and when. */
#include <stdio.h>
#include <string.h>

#include "assay/commands/commands.h"
#include "assay/commands/out.h"
#include "assay/host/host.h"
#include "base/io.h"
#include "cli/log.h"

enum { OPT_PACKAGE, OPT_JSON, OPT_ROOT };

const struct cmd_option log_options[] = {
	{ "package", OPT_PACKAGE, 'p', "NAME", "only of this package" },
	{ "root", OPT_ROOT, '\0', "DIR", "the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "the entries as they are, one JSON object per line" },
	{ .name = NULL },
};

struct reading {
	struct host host;
	const char *package;
	bool json;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct reading *r = ctx;

	switch (id) {
	case OPT_PACKAGE:
		r->package = value;
		return 0;
	case OPT_ROOT:
		return host_set_root(&r->host, value, err);
	default:
		r->json = true;
		return 0;
	}
}

/* "" where it is not there, or no text. */
static const char *text_of(const json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text ? text : "";
}

static void print_signer(const json_t *entry)
{
	out_field("key ", entry, "keyid", "");
	out_field(" ", entry, "subject", "");
	out_field(", level ", entry, "level", "");
}

/* Whose word it is that the package may be installed. */
static const char *voucher(const char *by)
{
	if (strcmp(by, "archive") == 0)
		return ", vouched for by an archive, signed here by ";
	if (strcmp(by, "rpm") == 0)
		return ", vouched for by a key of rpm's keyring, signed here by ";
	if (strcmp(by, "pacman") == 0)
		return ", signed by a key of a trusted keyring, and here by ";
	return ", signed by ";
}

static void print_entry(const json_t *entry)
{
	const char *event = text_of(entry, "event");
	const json_t *files = json_object_get(entry, "files");

	out_field("", entry, "time", "  ");
	cmd_print_name(stdout, event);
	(void)fputs("  ", stdout);
	out_field("", entry, "package", "");
	out_field(" ", entry, "version", "");
	out_field(" (", entry, "architecture", ")");
	out_field("", entry, "path", "");
	out_field("", entry, "what", "");
	if (json_is_integer(files))
		(void)printf(", %lld file%s", (long long)json_integer_value(files),
			     json_integer_value(files) == 1 ? "" : "s");
	(void)fputs(voucher(text_of(entry, "by")), stdout);
	print_signer(entry);
	out_field("; ", entry, "reason", "");
	(void)putchar('\n');
}

static void print_as_it_is(const json_t *entry)
{
	(void)json_dumpf(entry, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	(void)putchar('\n');
}

static int on_entry(void *ctx, const json_t *entry, struct err *err UNUSED)
{
	const struct reading *r = ctx;

	if (r->package && strcmp(text_of(entry, "package"), r->package) != 0)
		return 0;
	if (r->json)
		print_as_it_is(entry);
	else
		print_entry(entry);
	return 0;
}

int cmd_log(const struct cmd *cmd, int argc, char **argv)
{
	struct reading reading = { .host = { .root = "" } };
	struct err err = ERR_INIT;
	char path[HOST_PATH_MAX];
	size_t damaged = 0;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, option, &reading, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	if (host_path(&reading.host, LOG_PATH, path, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!io_exists(path))
		return CMD_YES;
	if (log_each(path, on_entry, &reading, &damaged, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!damaged)
		return CMD_YES;
	(void)err_set(&err,
		      damaged == 1 ? "%s: %zu line is damaged and was passed over"
				   : "%s: %zu lines are damaged and were passed over",
		      path, damaged);
	return cmd_fail(cmd, &err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-pkg show: what signatures claim; nothing is verified. */
#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "cli/json.h"
#include "packages/commands.h"
#include "packages/work.h"

static const struct cmd_option options[] = {
	{ "files", WORK_FILES, 'f', NULL, "each file, its digest, owner and mode" },
	{ "json", WORK_JSON, 0, NULL, "one JSON object per package" },
	{ .name = NULL },
};

static const char *const part_names[DEB_PARTS] = { [DEB_SCRIPT] = "script", [DEB_FILE] = "file" };
static const char *const profile_names[PACKAGE_PROFILES] = {
	[PACKAGE_SIGNATURE] = "signature", [PACKAGE_VERITY] = "verity"
};

struct line {
	const struct manifest_entry *entry;
	const char *part;
	const char *profile;
	char digest[2 * HASH_SIZE_MAX + 1];
};

typedef void (*line_fn)(void *ctx, const struct line *line);

static void each_file(const struct package *p, line_fn fn, void *ctx)
{
	for (size_t i = 0; i < DEB_PARTS; i++) {
		for (size_t j = 0; j < PACKAGE_PROFILES; j++) {
			struct manifest *m = p->entries[i][j];

			for (size_t k = 0; k < manifest_count(m); k++) {
				struct line line = { .entry = manifest_at(m, k),
						     .part = part_names[i],
						     .profile = profile_names[j] };

				hex_format(line.entry->digest.data, line.entry->digest.len,
					   line.digest);
				fn(ctx, &line);
			}
		}
	}
}

static void print_line(void *ctx, const struct line *line)
{
	const struct manifest_entry *e = line->entry;

	(void)ctx;
	(void)printf("  %-9s %s:%s %" PRIu32 ":%" PRIu32 " %04o %s", line->profile,
		     hash_algo_name(e->digest.algo), line->digest, (uint32_t)e->uid,
		     (uint32_t)e->gid, (unsigned int)e->mode, e->evm_len ? "evm " : "");
	(void)printf("%s ", line->part);
	cmd_print_name(stdout, e->path);
	(void)putchar('\n');
}

static void add_line(void *ctx, const struct line *line)
{
	const struct manifest_entry *e = line->entry;

	(void)json_array_append_new(
		ctx, json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "path",
			       cmd_json_name(e->path), "part", line->part, "profile", line->profile,
			       "algorithm", hash_algo_name(e->digest.algo), "digest", line->digest,
			       "uid", (json_int_t)e->uid, "gid", (json_int_t)e->gid, "mode",
			       (json_int_t)e->mode, "evm", e->evm_len > 0));
}

static void show_json(const struct work_item *item, uint32_t keyid)
{
	const struct package *p = &item->package;
	char id[9];
	json_t *o;

	(void)snprintf(id, sizeof(id), "%08" PRIx32, keyid);
	o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:I}", "path", cmd_json_name(item->path),
		      "package", p->deb.package, "version", p->deb.version, "architecture",
		      p->deb.architecture, "keyid", id, "count", (json_int_t)package_count(p));
	if (item->work->files) {
		json_t *files = json_array();

		each_file(p, add_line, files);
		(void)json_object_set_new(o, "files", files);
	}
	(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(o);
}

static void show_text(const struct work_item *item, uint32_t keyid)
{
	const struct package *p = &item->package;

	cmd_print_name(stdout, item->path);
	(void)printf(": %s %s (%s), %zu file%s, key %08" PRIx32 "\n", p->deb.package,
		     p->deb.version, p->deb.architecture, package_count(p),
		     package_count(p) == 1 ? "" : "s", keyid);
	if (item->work->files)
		each_file(p, print_line, NULL);
}

static int show_one(struct work_item *item)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct err *err = &item->err;
	uint32_t keyid = 0;

	if (work_item_open(item, err) < 0 || work_signatures(item, &text, err) < 0)
		return -1;
	if (!text.len)
		return err_set(err, "carries no signatures");
	if (package_parse(&text, &item->package, &keyid, err) < 0) {
		work_blame(item, err);
		return -1;
	}
	if (item->work->json)
		show_json(item, keyid);
	else
		show_text(item, keyid);
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(work_done) struct work work = { .config = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;

	if (work_init(&work, cmd, argc, argv, &ret) < 0)
		return ret;
	ret = CMD_YES;
	for (size_t i = 0; i < work.n; i++) {
		CLEANUP(work_item_done)
		struct work_item *item = work_item_new(&work, work.paths[i]);

		if (item && show_one(item) == 0)
			continue;
		(void)err_set(&err, "%s: %s", work.paths[i],
			      item ? item->err.text : "out of memory");
		ret = cmd_fail(cmd, &err);
	}
	return ret;
}

const struct cmd cmd_show = {
	.name = "show",
	.operands = "PACKAGE...",
	.summary = "show what a package's signatures claim",
	.about = "Nothing is verified: 'verify' tells whether it is true.",
	.options = options,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: what is put is found, formatted and parsed again; anything else is refused. */
#include "sig/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/hex.h"
#include "unit/unit.h"

#define DIGEST "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define LINE "/usr/bin/x file:sha256:" DIGEST " 0:0:0755 0302 0502\n"
#define HEAD "assay-manifest 1\n"

static void free_manifest(struct manifest **m)
{
	manifest_free(*m);
}

#define AUTO_MANIFEST CLEANUP(free_manifest) struct manifest *

static struct manifest_entry entry(const char *path)
{
	static const uint8_t ima[] = { 3, 2 };
	static const uint8_t evm[] = { 5, 2 };
	struct manifest_entry e = {
		.path = path, .mode = 0755, .ima = ima, .ima_len = 2, .evm = evm, .evm_len = 2
	};

	if (hash_bytes(HASH_SHA256, "test", 4, &e.digest, NULL) < 0)
		abort();
	return e;
}

static int parse(const char *text, struct err *err)
{
	AUTO_MANIFEST m = NULL;

	if (manifest_new(&m, err) < 0)
		abort();
	return manifest_parse(m, text, strlen(text), err);
}

static void an_entry_is_one_line(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_BUF out = BUF_INIT(4096);
	struct manifest_entry e = entry("/usr/bin/x");

	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_put(m, &e, &err), &err);
	CHECK_OK(manifest_format(m, &out, &err), &err);
	CHECK_STR(buf_text(&out), HEAD LINE "end 1\n");
}

/* docs/PROTOCOL.manifest, 3. */
static void the_test_vector(void)
{
	static const uint8_t ima[] = { 3, 2, 4, 0x11, 0x22, 0x33, 0x44 };
	static const uint8_t evm[] = { 5, 2, 4, 0x11, 0x22, 0x33, 0x44 };
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_BUF out = BUF_INIT(4096);
	struct manifest_entry e = entry("/usr/bin/a b");
	struct digest digest;
	char hex[65];

	e.gid = 12;
	e.mode = 04755;
	e.ima = ima;
	e.ima_len = sizeof(ima);
	e.evm = evm;
	e.evm_len = sizeof(evm);
	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_put(m, &e, &err), &err);
	CHECK_OK(manifest_format(m, &out, &err), &err);
	CHECK_OK(hash_bytes(HASH_SHA256, out.data, out.len, &digest, &err), &err);
	hex_format(digest.data, digest.len, hex);
	CHECK_STR(hex, "42b86a3aa8efd1821fb6f1e61869ba1ac8d6453a2f09a6410c291e60be201924");
}

static void an_empty_one_has_an_end(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_BUF out = BUF_INIT(4096);

	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_format(m, &out, &err), &err);
	CHECK_STR(buf_text(&out), HEAD "end 0\n");
	CHECK_OK(parse(buf_text(&out), &err), &err);
}

static void names_of_any_bytes_come_back(void)
{
	static const char *const names[] = { "/a b", "/a\nb", "/\xff\xfe", "/back\\slash",
					     "/\x7f" };
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_MANIFEST again = NULL;
	AUTO_BUF out = BUF_INIT(65536);

	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_new(&again, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct manifest_entry e = entry(names[i]);

		e.uid = UINT32_MAX;
		e.mode = (mode_t)(i * 01111);
		e.over = i % 2 ? MANIFEST_VERITY : MANIFEST_FILE;
		e.evm_len = i % 2 ? 2 : 0;
		CHECK_OK(manifest_put(m, &e, &err), &err);
	}
	CHECK_OK(manifest_format(m, &out, &err), &err);
	CHECK_OK(manifest_parse(again, out.data, out.len, &err), &err);
	CHECK(manifest_count(again) == ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct manifest_entry *e = manifest_find(again, names[i]);

		CHECK(e && e->uid == UINT32_MAX && e->mode == (mode_t)(i * 01111));
		CHECK(e->over == (i % 2 ? MANIFEST_VERITY : MANIFEST_FILE));
		CHECK(e->evm_len == (i % 2 ? 2 : 0) && e->ima_len == 2);
	}
}

static void the_later_put_wins(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	struct manifest_entry e = entry("/b");

	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_put(m, &e, &err), &err);
	e = entry("/a");
	CHECK_OK(manifest_put(m, &e, &err), &err);
	e = entry("/b");
	e.gid = 7;
	CHECK_OK(manifest_put(m, &e, &err), &err);
	CHECK(manifest_count(m) == 2);
	CHECK(strcmp(manifest_at(m, 0)->path, "/a") == 0);
	CHECK(manifest_at(m, 1)->gid == 7);
	CHECK(!manifest_find(m, "/c"));
}

static bool keep_b(void *ctx, const struct manifest_entry *e)
{
	return strcmp(e->path, ctx) == 0;
}

static void pruning_drops_what_is_not_kept(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	struct manifest_entry a = entry("/a");
	struct manifest_entry b = entry("/b");
	char kept[] = "/b";

	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK(manifest_put(m, &b, &err) == 0 && manifest_put(m, &a, &err) == 0);
	manifest_prune(m, keep_b, kept);
	CHECK(manifest_count(m) == 1 && manifest_find(m, "/b"));
}

static void what_can_not_be_an_entry_is_refused(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_STR longest = malloc(MANIFEST_PATH_MAX + 2);
	struct manifest_entry e = entry("relative");

	CHECK(longest);
	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_FAILS(manifest_put(m, &e, &err), &err, "absolute");
	memset(longest, '/', MANIFEST_PATH_MAX + 1);
	longest[MANIFEST_PATH_MAX + 1] = '\0';
	e = entry(longest);
	CHECK(manifest_put(m, &e, &err) == -1);
	longest[MANIFEST_PATH_MAX] = '\0';
	CHECK_OK(manifest_put(m, &e, &err), &err);
	e = entry("/x");
	e.mode = 010000;
	CHECK_FAILS(manifest_put(m, &e, &err), &err, "7777");
	e = entry("/x");
	e.ima_len = 0;
	CHECK_FAILS(manifest_put(m, &e, &err), &err, "attribute");
	e.ima_len = XATTR_VALUE_MAX + 1;
	CHECK_FAILS(manifest_put(m, &e, &err), &err, "attribute");
}

static void damaged_texts_are_refused(void)
{
	static const struct {
		const char *text;
		const char *says;
	} bad[] = {
		{ "", "ends before" },
		{ "assay-manifest 2\nend 0\n", "line 1: not a manifest" },
		{ HEAD, "ends before" },
		{ HEAD LINE, "ends before" },
		{ HEAD LINE "end 0\n", "not 5 fields" },
		{ HEAD LINE "end 1", "ends before" },
		{ HEAD LINE "end 01\n", "not 5 fields" },
		{ HEAD LINE "end 1\n\n", "follows its end" },
		{ HEAD LINE LINE "end 2\n", "line 3: paths out of order" },
		{ HEAD "/x  file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "5 fields" },
		{ HEAD "x file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "absolute" },
		{ HEAD "/\\x41 file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "escape" },
		{ HEAD "/\\x00 file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "escape" },
		{ HEAD "/\\n00 file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "escape" },
		{ HEAD "/\\x1 file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "escape" },
		{ HEAD "/\xff file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "not escaped" },
		{ HEAD "/x disk:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n", "neither" },
		{ HEAD "/x file:md5:" DIGEST " 0:0:0755 03 -\nend 1\n", "'md5'" },
		{ HEAD "/x file:sha512:" DIGEST " 0:0:0755 03 -\nend 1\n", "wrong length" },
		{ HEAD "/x file:sha256 0:0:0755 03 -\nend 1\n", "malformed digest" },
		{ HEAD "/x file:sha256:9F 0:0:0755 03 -\nend 1\n", "lower-case" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:755 03 -\nend 1\n", "owner" },
		{ HEAD "/x file:sha256:" DIGEST " 0:-1:0755 03 -\nend 1\n", "owner" },
		{ HEAD "/x file:sha256:" DIGEST " 0:01:0755 03 -\nend 1\n", "owner" },
		{ HEAD "/x file:sha256:" DIGEST " 0:4294967296:0755 03 -\nend 1\n", "owner" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0789 03 -\nend 1\n", "owner" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0755 0 -\nend 1\n", "hex" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0755 - -\nend 1\n", "hex" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0755  -\nend 1\n", "attribute" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0755 03 \nend 1\n", "security.evm" },
		{ HEAD "/x file:sha256:" DIGEST " 0:0:0755 03 5\nend 1\n", "security.evm" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;

		if (parse(bad[i].text, &err) != -1 || !strstr(err.text, bad[i].says)) {
			unit_fail(__FILE__, __LINE__, bad[i].says, err.text);
			return;
		}
	}
}

static void every_cut_is_refused(void)
{
	static const char whole[] = HEAD LINE "end 1\n";
	struct err err = ERR_INIT;

	for (size_t len = 0; len + 1 < sizeof(whole); len++) {
		AUTO_MANIFEST m = NULL;

		CHECK_OK(manifest_new(&m, &err), &err);
		CHECK(manifest_parse(m, whole, len, &err) == -1);
	}
}

static void files_are_loaded_and_replaced(void)
{
	struct err err = ERR_INIT;
	AUTO_MANIFEST m = NULL;
	AUTO_MANIFEST again = NULL;
	struct manifest_entry e = entry("/x");
	bool present = true;

	CHECK(chdir(unit_tmp()) == 0);
	CHECK_OK(manifest_new(&m, &err), &err);
	CHECK_OK(manifest_new(&again, &err), &err);
	CHECK_OK(manifest_load(m, "manifest", &present, &err), &err);
	CHECK(!present);
	CHECK_OK(manifest_put(m, &e, &err), &err);
	CHECK_OK(manifest_save(m, "manifest", &err), &err);
	CHECK_OK(manifest_load(again, "manifest", &present, &err), &err);
	CHECK(present && manifest_count(again) == 1);
	CHECK_FAILS(manifest_save(m, "no/such/dir", &err), &err, "no/such/dir");
	CHECK(truncate("manifest", 20) == 0);
	CHECK_FAILS(manifest_load(again, "manifest", &present, &err), &err, "manifest: line 2");
}

static const struct unit_case cases[] = {
	CASE(the_test_vector),
	CASE(an_entry_is_one_line),
	CASE(an_empty_one_has_an_end),
	CASE(names_of_any_bytes_come_back),
	CASE(the_later_put_wins),
	CASE(pruning_drops_what_is_not_kept),
	CASE(what_can_not_be_an_entry_is_refused),
	CASE(damaged_texts_are_refused),
	CASE(every_cut_is_refused),
	CASE(files_are_loaded_and_replaced),
	CASE_END,
};
UNIT_MAIN(cases)

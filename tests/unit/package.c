/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's signatures as text: the vector of docs/PROTOCOL.package, and what is refused. */
#include "base/hex.h"
#include "pkg/package_text.h"
#include "unit/unit.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
#define HEAD "assay-package 1\npackage hello\nversion 2.10-3\narchitecture amd64\n"
#define FORMAT \
	"member debian-binary 4 " \
	"sha256:d526eb4e878a23ef26ae190031b4efd2d58ed66789ac049ea3dbaf74c9df7402\n"
#define CONTROL "member control.tar.xz 0 " EMPTY
#define DATA "member data.tar.xz 0 " EMPTY
#define VECTOR HEAD FORMAT CONTROL DATA
#define MANIFEST "assay-manifest 1\n/x file:sha256:" DIGEST " 0:0:0755 03 -\nend 1\n"
#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static int parse(const char *text, struct err *err)
{
	CLEANUP(package_done) struct package package = { .deb = { .n_members = 0 } };

	if (package_init(&package, err) < 0)
		return -1;
	return package_text_parse(text, strlen(text), &package, err);
}

static void vector_is_what_the_document_says(void)
{
	CLEANUP(package_done) struct package package = { .deb = { .n_members = 0 } };
	AUTO_BUF out = BUF_INIT(DEB_SIGNATURES_MAX);
	char hex[2 * HASH_SIZE_MAX + 1];
	struct err err = ERR_INIT;
	struct digest digest;

	CHECK(package_init(&package, &err) == 0);
	CHECK(package_text_parse(VECTOR, strlen(VECTOR), &package, &err) == 0);
	CHECK(package.deb.n_members == 3 && package_count(&package) == 0);
	CHECK(package_text_put(&package, &out, &err) == 0);
	CHECK(out.len == strlen(VECTOR) && memcmp(out.data, VECTOR, out.len) == 0);
	CHECK(hash_bytes(HASH_SHA256, out.data, out.len, &digest, &err) == 0);
	hex_format(digest.data, digest.len, hex);
	CHECK_STR(hex, "1b6ad98c6023059b6bc3248d6289af3dd71510006ed21eec417eb54d0bf3443e");
	CHECK(out.len == 348);
}

static void only_one_spelling(void)
{
	static const char *const bad[] = {
		"",
		"assay-package 2\n",
		HEAD "\n" FORMAT,
		HEAD FORMAT "\n",
		HEAD FORMAT CONTROL DATA "x",
		HEAD "member debian-binary 04 " EMPTY,
		HEAD "member debian-binary +4 " EMPTY,
		HEAD "member  debian-binary 4 " EMPTY,
		HEAD "member debian-binary 4 sha256:00\n",
		HEAD "member a-name-of-seventeen 4 " EMPTY,
		HEAD "member debian-binary 18446744073709551616 " EMPTY,
		HEAD "files signature 10\nassay-manifest 1\n",
		HEAD "files signature 23\nassay-manifest 1\nend 0\n",
		HEAD "files other 23\nassay-manifest 1\nend 0\n",
		"assay-package 1\nversion 1\npackage x\narchitecture y\n",
		"assay-package 1\npackage \nversion 1\narchitecture y\n",
	};
	struct err err = ERR_INIT;

	CHECK(parse(VECTOR, &err) == 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(parse(bad[i], &err) < 0);
}

static void manifests_in_their_order(void)
{
	char text[2048];
	struct err err = ERR_INIT;
	size_t n = strlen(MANIFEST);

	(void)snprintf(text, sizeof(text), VECTOR "files signature %zu\n" MANIFEST, n);
	CHECK(parse(text, &err) == 0);
	(void)snprintf(text, sizeof(text), VECTOR "files signature 0%zu\n" MANIFEST, n);
	CHECK(parse(text, &err) < 0);
	(void)snprintf(text, sizeof(text),
		       VECTOR "files verity %zu\n" MANIFEST "files signature %zu\n" MANIFEST, n, n);
	CHECK(parse(text, &err) < 0);
	(void)snprintf(text, sizeof(text),
		       VECTOR "files verity %zu\n" MANIFEST "files verity %zu\n" MANIFEST, n, n);
	CHECK(parse(text, &err) < 0);
	(void)snprintf(text, sizeof(text), HEAD "files verity %zu\n" MANIFEST FORMAT, n);
	CHECK(parse(text, &err) < 0);
}

static void members_have_a_maximum(void)
{
	AUTO_BUF text = BUF_INIT(65536);
	struct err err = ERR_INIT;

	CHECK(buf_putf(&text, &err, HEAD) == 0);
	for (size_t i = 0; i < DEB_MEMBERS_MAX; i++)
		CHECK(buf_putf(&text, &err, "%s", FORMAT) == 0);
	CHECK(parse(buf_text(&text), &err) == 0);
	CHECK(buf_putf(&text, &err, "%s", FORMAT) == 0);
	CHECK(parse(buf_text(&text), &err) < 0);
}

static const struct unit_case cases[] = {
	CASE(vector_is_what_the_document_says),
	CASE(only_one_spelling),
	CASE(manifests_in_their_order),
	CASE(members_have_a_maximum),
	CASE_END,
};
UNIT_MAIN(cases)

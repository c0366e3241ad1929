/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's token in LUKS2 headers that the test writes itself: no device mapper, no kernel
 * cipher. */
#include "lock/luks.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/attr.h"
#include "crypto/hash.h"
#include "unit/unit.h"

/* LUKS2 On-Disk Format Specification, 2.2. */
#define HEADER 16384 /* bytes: binary part and JSON */
#define BINARY 4096
#define SEQID_AT 16
#define CHECKSUM_AT 448
#define UUID "6d7f2a0e-0000-4000-8000-0a55a7ab1e01"
#define IMAGE (17 << 20) /* bytes, nearly all of them a hole */

#define SALT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEYSLOT(offset) \
	"{\"type\":\"luks2\",\"key_size\":64,\"af\":{\"type\":\"luks1\",\"stripes\":4000," \
	"\"hash\":" \
	"\"sha256\"},\"area\":{\"type\":\"raw\",\"offset\":\"" offset \
	"\",\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\",\"key_size\":64},\"kdf\":{" \
	"\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"" SALT "\"}}"
#define JSON(tokens) \
	"{\"keyslots\":{\"0\":" KEYSLOT("32768") ",\"1\":" KEYSLOT( \
		"290816") "},\"tokens\":{" tokens "},\"segments\":{\"0\":{\"type\":\"crypt\"," \
			  "\"offset\":\"16777216\",\"size\":\"dynamic\"," \
			  "\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":" \
			  "512}},\"digests\":{" \
			  "\"0\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\",\"1\"],\"segments\":[" \
			  "\"0\"],\"hash\":" \
			  "\"sha256\",\"iterations\":1000,\"salt\":\"" SALT \
			  "\",\"digest\":\"" SALT "\"}}," \
			  "\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"}}"

#define OURS(id, rest) "\"" id "\":{\"type\":\"assay\"," rest "}"
#define GOOD "\"keyslots\":[\"1\"],\"version\":1,\"blob\":\"YmxvYg==\""

static int put_copy(int fd, const char *json, bool secondary)
{
	uint8_t header[HEADER] = { 0 };
	struct digest sum;

	memcpy(header, secondary ? "SKUL\xba\xbe" : "LUKS\xba\xbe", 6);
	header[7] = 2;
	header[14] = HEADER >> 8;
	header[SEQID_AT + 7] = 3;
	memcpy(header + 72, "sha256", 6);
	memcpy(header + 168, UUID, strlen(UUID));
	header[256 + 6] = secondary ? HEADER >> 8 : 0;
	memcpy(header + BINARY, json, strlen(json));
	if (hash_bytes(HASH_SHA256, header, sizeof(header), &sum, NULL) < 0)
		return -1;
	memcpy(header + CHECKSUM_AT, sum.data, sum.len);
	return pwrite(fd, header, sizeof(header), secondary ? HEADER : 0) == HEADER ? 0 : -1;
}

static int make_image(const char *name, const char *json)
{
	AUTO_FD fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, IMAGE) < 0 || put_copy(fd, json, false) < 0)
		return -1;
	return put_copy(fd, json, true);
}

static int save(struct luks *luks, int keyslot, const char *blob, struct err *err)
{
	AUTO_TOKEN token = TOKEN_INIT;

	token.keyslot = keyslot;
	if (buf_put(&token.blob, blob, strlen(blob), err) < 0)
		return -1;
	return luks_token_save(luks, &token, err);
}

/* "SLOT BLOB" of the image's token; "none"; or the error. */
static const char *token_of(const char *name)
{
	static char said[ERR_TEXT_MAX + TOKEN_BLOB_MAX];
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;
	bool there = false;

	if (luks_load(name, &luks, &err) < 0 || luks_token_load(luks, &token, &there, &err) < 0)
		(void)snprintf(said, sizeof(said), "%s", err.text);
	else if (!there)
		(void)snprintf(said, sizeof(said), "none");
	else
		(void)snprintf(said, sizeof(said), "%d %s", token.keyslot, buf_text(&token.blob));
	return said;
}

static void a_token_is_kept_replaced_and_removed(void)
{
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;

	CHECK(make_image("image", JSON("")) == 0);
	CHECK_STR(token_of("image"), "none");
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_STR(luks_uuid(luks), UUID);
	CHECK_OK(save(luks, 1, "first", &err), &err);
	CHECK_STR(token_of("image"), "1 first");
	CHECK_OK(save(luks, 0, "second", &err), &err);
	CHECK_STR(token_of("image"), "0 second");
	CHECK_OK(luks_token_remove(luks, &err), &err);
	CHECK_STR(token_of("image"), "none");
	CHECK_OK(luks_token_remove(luks, &err), &err);
}

/* Whoever has the disk writes the header, its digest and its checksums included. */
static void a_header_that_encrypts_nothing_is_refused(void)
{
	static const char *const ciphers[] = { "null", "cipher_null", "cipher_null-ecb",
					       "cipher_null-ecb-plain64",
					       "capi:ecb(cipher_null)-plain64" };
	static const char was[] = "\"encryption\":\"aes-xts-plain64\",\"sector_size\"";
	const char *json = JSON("");
	const char *at = strstr(json, was);
	char text[HEADER];

	CHECK(at != NULL);
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		(void)snprintf(text, sizeof(text), "%.*s\"encryption\":\"%s\",\"sector_size\"%s",
			       (int)(at - json), json, ciphers[i], at + sizeof(was) - 1);
		CHECK(make_image("image", text) == 0);
		CHECK(strstr(token_of("image"), "its header says that nothing is encrypted"));
	}
}

/* It is kept by who loads and saves, and given up where it does not fit beside the blob. */
static void the_approved_boot_is_kept_where_there_is_room(void)
{
	static char large[TOKEN_APPROVED_MAX];
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;
	bool there;

	CHECK(make_image("image", JSON(OURS("0", GOOD ",\"approved\":\"Ym9vdA==\""))) == 0);
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_OK(luks_token_load(luks, &token, &there, &err), &err);
	CHECK_STR(buf_text(&token.approved), "boot");
	CHECK_OK(luks_token_save(luks, &token, &err), &err);
	CHECK_OK(luks_token_load(luks, &token, &there, &err), &err);
	CHECK_STR(buf_text(&token.approved), "boot");
	CHECK_OK(buf_put(&token.blob, large, sizeof(large), &err), &err);
	CHECK_OK(buf_put(&token.blob, large, 3000, &err), &err);
	CHECK_OK(buf_put(&token.approved, large, sizeof(large) - 4, &err), &err);
	CHECK_OK(luks_token_save(luks, &token, &err), &err);
	CHECK_OK(luks_token_load(luks, &token, &there, &err), &err);
	CHECK(there && token.blob.len == sizeof(large) + 3004 && token.approved.len == 0);
}

static void the_tokens_of_others_stay(void)
{
#define OTHER "\"0\":{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{}}"
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;
	char header[2 * HEADER];
	AUTO_FD fd = -1;

	CHECK(make_image("image", JSON(OTHER)) == 0);
	CHECK_STR(token_of("image"), "none");
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_OK(save(luks, 1, "ours", &err), &err);
	CHECK_STR(token_of("image"), "1 ours");
	CHECK_OK(luks_token_remove(luks, &err), &err);
	fd = open("image", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, header, sizeof(header)) == sizeof(header));
	CHECK(memmem(header, HEADER, OTHER, strlen(OTHER)));
}

static void damaged_tokens_are_told(void)
{
	static const char *const bad[][2] = {
		{ JSON(OURS("0", "\"keyslots\":[],\"version\":1,\"blob\":\"YQ==\"")),
		  "image: token: is not bound to one keyslot" },
		{ JSON(OURS("0", "\"keyslots\":[\"0\",\"1\"],\"version\":1,\"blob\":\"YQ==\"")),
		  "image: token: is not bound to one keyslot" },
		{ JSON(OURS("0", "\"keyslots\":[\"1\"],\"version\":2,\"blob\":\"YQ==\"")),
		  "image: token: is of a version that is not known here" },
		{ JSON(OURS("0", "\"keyslots\":[\"1\"],\"version\":1")),
		  "image: token: has no blob" },
		{ JSON(OURS("0", "\"keyslots\":[\"1\"],\"version\":1,\"blob\":\"\"")),
		  "image: token: its blob is empty" },
		{ JSON(OURS("0", "\"keyslots\":[\"1\"],\"version\":1,\"blob\":\"YQ=\"")),
		  "image: token: blob: base64: cut off" },
		{ JSON(OURS("0", GOOD ",\"approved\":1")), "image: token: has no approved" },
		{ JSON(OURS("0", GOOD) "," OURS("1", GOOD)),
		  "image: has two tokens of the lock; remove one with 'cryptsetup token'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(make_image("image", bad[i][0]) == 0);
		CHECK_STR(token_of("image"), bad[i][1]);
	}
	CHECK(make_image("image", JSON(OURS("7", GOOD))) == 0);
	CHECK_STR(token_of("image"), "1 blob");
}

static void what_is_no_luks2_is_told(void)
{
	CHECK(make_image("image", "{}") == 0);
	CHECK_STR(token_of("image"),
		  "image: is no LUKS2 volume, or both copies of its header are damaged");
	CHECK(truncate("image", 0) == 0);
	CHECK(strstr(token_of("image"), "image: "));
	CHECK(unlink("image") == 0);
	CHECK(strstr(token_of("image"), "image: open: "));
}

/* 0: all of the new header is on the disk; else so many bytes of what was to be written are. */
static int cut(const char *from, const char *to, const char *name, size_t written)
{
	uint8_t before[2 * HEADER], after[2 * HEADER];
	AUTO_FD a = open(from, O_RDONLY | O_CLOEXEC), b = open(to, O_RDONLY | O_CLOEXEC);
	AUTO_FD out = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (read(a, before, sizeof(before)) != sizeof(before) ||
	    read(b, after, sizeof(after)) != sizeof(after) || ftruncate(out, IMAGE) < 0)
		return -1;
	memcpy(before, after, written);
	return pwrite(out, before, sizeof(before), 0) == sizeof(before) ? 0 : -1;
}

/* The primary copy is written first, then the secondary: at each 512 bytes it is one or the other.
 */
static void a_power_cut_leaves_the_old_or_the_new(void)
{
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;
	bool was_new = false;

	CHECK(make_image("old", JSON(OURS("0", GOOD))) == 0);
	CHECK(make_image("new", JSON(OURS("0", GOOD))) == 0);
	CHECK_OK(luks_load("new", &luks, &err), &err);
	CHECK_OK(save(luks, 0, "later", &err), &err);
	for (size_t written = 0; written <= 2 * HEADER; written += 512) {
		const char *now;

		CHECK(cut("old", "new", "cut", written) == 0);
		now = token_of("cut");
		CHECK(strcmp(now, "0 later") == 0 || (!was_new && strcmp(now, "1 blob") == 0));
		was_new = strcmp(now, "0 later") == 0;
	}
	CHECK(was_new);
}

static void what_does_not_fit_changes_nothing(void)
{
	static char blob[TOKEN_BLOB_MAX + 1];
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	struct err err = ERR_INIT;

	memset(blob, 'x', TOKEN_BLOB_MAX);
	CHECK(make_image("image", JSON(OURS("0", GOOD))) == 0);
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_OK(save(luks, 1, "small", &err), &err);
	CHECK_FAILS(save(luks, 32, "x", &err), &err, "there is no keyslot 32");
	CHECK_FAILS(save(luks, -1, "x", &err), &err, "there is no keyslot -1");
	CHECK_FAILS(save(luks, 5, "x", &err), &err, "image: ");
	token.keyslot = 1;
	CHECK_FAILS(luks_token_save(luks, &token, &err), &err, "nothing, or more than 8192 bytes");
	CHECK_STR(token_of("image"), "1 small");
	CHECK_OK(save(luks, 1, blob, &err), &err);
	CHECK(strlen(token_of("image")) == TOKEN_BLOB_MAX + 2);
}

static void a_full_header_is_told(void)
{
	static char json[HEADER], blob[TOKEN_BLOB_MAX + 1], filler[3001];
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;
	const char *mark;

	memset(blob, 'x', TOKEN_BLOB_MAX);
	memset(filler, 'f', sizeof(filler) - 1);
	mark = strstr(JSON("@"), "@");
	CHECK(mark);
	(void)snprintf(json, sizeof(json),
		       "%.*s\"0\":{\"type\":\"x\",\"keyslots\":[],\"f\":\"%s\"}%s",
		       (int)(mark - JSON("@")), JSON("@"), filler, mark + 1);
	CHECK(make_image("image", json) == 0);
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_FAILS(save(luks, 1, blob, &err), &err, "image: its header has no room for");
	CHECK_STR(token_of("image"), "none");
}

static void keyslots_that_are_not_there_are_told(void)
{
	static const uint8_t key[LUKS_KEY_LEN];
	AUTO_LUKS *luks = NULL;
	struct err err = ERR_INIT;

	CHECK(make_image("image", JSON("")) == 0);
	CHECK_OK(luks_load("image", &luks, &err), &err);
	CHECK_FAILS(luks_slot_remove(luks, 2, &err), &err, "image: there is no keyslot 2");
	CHECK_FAILS(luks_slot_remove(luks, 99, &err), &err, "image: there is no keyslot 99");
	CHECK_FAILS(luks_slot_check(luks, 2, key, &err), &err, "image: there is no keyslot 2");
	CHECK_OK(luks_slot_remove(luks, 0, &err), &err);
	CHECK_FAILS(luks_slot_remove(luks, 1, &err), &err, "keyslot 1 is the last that opens it");
}

static const struct unit_case cases[] = {
	CASE(a_token_is_kept_replaced_and_removed),
	CASE(a_header_that_encrypts_nothing_is_refused),
	CASE(the_approved_boot_is_kept_where_there_is_room),
	CASE(the_tokens_of_others_stay),
	CASE(damaged_tokens_are_told),
	CASE(what_is_no_luks2_is_told),
	CASE(a_power_cut_leaves_the_old_or_the_new),
	CASE(what_does_not_fit_changes_nothing),
	CASE(a_full_header_is_told),
	CASE(keyslots_that_are_not_there_are_told),
	CASE_END,
};
UNIT_MAIN(cases)

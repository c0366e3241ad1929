/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repair in both profiles, with fs-verity's ioctls played here: few machines have the feature. */
#include "sig/repair.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "crypto/keygen.h"
#include "ima/xattr.h"
#include "unit/unit.h"
#include "unit/verity_played.h"

static const char content[] = "#!/bin/sh\nexit 0\n";

struct scene {
	struct key *key;
	struct signer *signer;
	struct cert_set trusted;
	struct hash_ctx *hash;
	int fd;
	uint8_t v2[XATTR_VALUE_MAX];
	size_t v2_len;
	uint8_t v3[XATTR_VALUE_MAX];
	size_t v3_len;
	struct digest file;
	struct digest verity;
	char path[4096];
};

static void scene_done(struct scene *s)
{
	signer_free(s->signer);
	key_free(s->key);
	cert_set_done(&s->trusted);
	hash_free(s->hash);
	cleanup_fd(&s->fd);
}

static int encode(struct scene *s, enum xattr_type type, const struct digest *over,
		  uint8_t *ret_value, size_t *ret_len)
{
	AUTO_BUF out = BUF_INIT(XATTR_VALUE_MAX);
	struct xattr_sig sig = { .type = type, .algo = over->algo };
	size_t len = 0;

	sig.version = type == XATTR_VERITY_DIGSIG ? XATTR_SIG_V3 : XATTR_SIG_V2;
	sig.keyid = cert_keyid(s->trusted.cert[0]);
	if (signer_sign(s->signer, over, sig.sig, &len, NULL) < 0)
		return -1;
	sig.sig_len = (uint16_t)len;
	if (xattr_sig_encode(&sig, &out, NULL) < 0)
		return -1;
	memcpy(ret_value, out.data, out.len);
	*ret_len = out.len;
	return 0;
}

static int make_key(struct scene *s, struct err *err)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);

	if (keygen_generate(KEYGEN_P256, &s->key, err) < 0 ||
	    keygen_self_sign(s->key, "test", 2, &der, err) < 0 ||
	    cert_parse(der.data, der.len, &s->trusted.cert[0], err) < 0)
		return -1;
	s->trusted.n = 1;
	return signer_new(s->key, &s->signer, err);
}

/* A file, and its signatures of both kinds. */
static int scene_make(struct scene *s, struct err *err)
{
	struct digest over;

	memset(s, 0, sizeof(*s));
	memset(&verity_played, 0, sizeof(verity_played));
	verity_played.state = VERITY_OFF;
	s->fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (s->fd < 0 || write(s->fd, content, sizeof(content) - 1) != sizeof(content) - 1 ||
	    !realpath("file", s->path))
		return err_errno(err, "file");
	if (make_key(s, err) < 0 || hash_new(&s->hash, err) < 0 ||
	    hash_bytes(HASH_SHA256, content, sizeof(content) - 1, &s->file, err) < 0 ||
	    verity_compute(s->fd, sizeof(content) - 1, &s->verity, err) < 0 ||
	    xattr_v3_digest(XATTR_VERITY_DIGSIG, &s->verity, &over, err) < 0 ||
	    encode(s, XATTR_DIGSIG, &s->file, s->v2, &s->v2_len) < 0)
		return -1;
	return encode(s, XATTR_VERITY_DIGSIG, &over, s->v3, &s->v3_len);
}

static enum repair_outcome repair(struct scene *s, enum manifest_over over, struct err *why)
{
	const struct repair r = { .root = "", .trusted = &s->trusted, .hash = s->hash };
	const struct manifest_entry e = {
		.path = s->path,
		.over = over,
		.digest = over == MANIFEST_FILE ? s->file : s->verity,
		.mode = 0755,
		.ima = over == MANIFEST_FILE ? s->v2 : s->v3,
		.ima_len = over == MANIFEST_FILE ? s->v2_len : s->v3_len,
	};

	return repair_file(&r, &e, why);
}

static int label(const struct scene *s, const uint8_t *value, size_t len)
{
	return fsetxattr(s->fd, XATTR_IMA, value, len, 0);
}

static bool carries(const struct scene *s, const uint8_t *value, size_t len)
{
	uint8_t now[XATTR_VALUE_MAX];

	return fgetxattr(s->fd, XATTR_IMA, now, sizeof(now)) == (ssize_t)len &&
	       memcmp(now, value, len) == 0;
}

#define NEEDS_ROOT \
	do { \
		if (geteuid() != 0) \
			SKIP("security.* attributes take root"); \
	} while (0)

static void a_good_v3_signature_stays_under_a_v2_entry(void)
{
	CLEANUP(scene_done) struct scene s;
	struct err err = ERR_INIT;

	NEEDS_ROOT;
	CHECK_OK(scene_make(&s, &err), &err);
	verity_played.state = VERITY_ON;
	CHECK(label(&s, s.v3, s.v3_len) == 0);
	CHECK(repair(&s, MANIFEST_FILE, &err) == REPAIR_GOOD);
	CHECK(carries(&s, s.v3, s.v3_len));
}

static void a_good_v2_signature_stays_under_a_v3_entry(void)
{
	CLEANUP(scene_done) struct scene s;
	struct err err = ERR_INIT;

	NEEDS_ROOT;
	CHECK_OK(scene_make(&s, &err), &err);
	CHECK(label(&s, s.v2, s.v2_len) == 0);
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_GOOD);
	CHECK(carries(&s, s.v2, s.v2_len) && verity_played.enabled == 0);
	verity_played.state = VERITY_NONE;
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_GOOD);
	CHECK(carries(&s, s.v2, s.v2_len));
}

static void a_v3_signature_without_fs_verity_is_none(void)
{
	CLEANUP(scene_done) struct scene s;
	struct err err = ERR_INIT;

	NEEDS_ROOT;
	CHECK_OK(scene_make(&s, &err), &err);
	CHECK(label(&s, s.v3, s.v3_len) == 0);
	CHECK(repair(&s, MANIFEST_FILE, &err) == REPAIR_DONE);
	CHECK(carries(&s, s.v2, s.v2_len) && verity_played.enabled == 0);
}

static void what_is_lost_comes_back_with_fs_verity(void)
{
	CLEANUP(scene_done) struct scene s;
	struct err err = ERR_INIT;

	NEEDS_ROOT;
	CHECK_OK(scene_make(&s, &err), &err);
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_DONE);
	CHECK(carries(&s, s.v3, s.v3_len) && verity_played.enabled == 1);
	s.v2[s.v2_len - 1] ^= 1;
	CHECK(label(&s, s.v2, s.v2_len) == 0);
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_DONE);
	CHECK(carries(&s, s.v3, s.v3_len) && verity_played.enabled == 1);
}

static void an_immutable_file_is_named_as_one(void)
{
	CLEANUP(scene_done) struct scene s;
	struct err err = ERR_INIT;

	NEEDS_ROOT;
	CHECK_OK(scene_make(&s, &err), &err);
	verity_played.flags = FS_IMMUTABLE_FL;
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_FAILED);
	CHECK_STR(err.text, "enable fs-verity: the file is immutable (chattr -i)");
	verity_played.flags = FS_APPEND_FL;
	CHECK(repair(&s, MANIFEST_VERITY, &err) == REPAIR_FAILED);
	CHECK_STR(err.text, "enable fs-verity: the file is append-only (chattr -a)");
}

static const struct unit_case cases[] = {
	CASE(a_good_v3_signature_stays_under_a_v2_entry),
	CASE(a_good_v2_signature_stays_under_a_v3_entry),
	CASE(a_v3_signature_without_fs_verity_is_none),
	CASE(what_is_lost_comes_back_with_fs_verity),
	CASE(an_immutable_file_is_named_as_one),
	CASE_END,
};
UNIT_MAIN(cases)

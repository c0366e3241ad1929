/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's keys: made once, then loaded. */
#include "attest/verifier/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "attest/verifier/tls_own.h"
#include "base/hex.h"
#include "base/io.h"
#include "crypto/keygen.h"

#define PEM_FILE_MAX 65536
#define META_TOKEN_KEY "token-key"

static int random_bytes(void *to, size_t len, struct err *err)
{
	if (getrandom(to, len, 0) != (ssize_t)len)
		return err_errno(err, "random bytes");
	return 0;
}

static void wipe_buf(struct buf *b)
{
	buf_wipe(b);
}
#define SECRET_BUF CLEANUP(wipe_buf) struct buf

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static int make_result_key(const char *path, struct err *err)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	SECRET_BUF pem = BUF_INIT(PEM_FILE_MAX);

	if (keygen_generate(KEYGEN_P256, &key, err) < 0 || keygen_encode(key, NULL, &pem, err) < 0)
		return -1;
	return io_create_file(path, &pem, 0600, err);
}

static int make_admin_token(const char *path, struct err *err)
{
	SECRET_BUF line = BUF_INIT(KEYS_TOKEN_TEXT + 1);
	uint8_t raw[KEYS_TOKEN_SIZE];
	char text[KEYS_TOKEN_TEXT + 1];
	int rc;

	if (random_bytes(raw, sizeof(raw), err) < 0)
		return -1;
	hex_format(raw, sizeof(raw), text);
	rc = buf_putf(&line, err, "%s\n", text);
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(text, sizeof(text));
	return rc < 0 ? -1 : io_create_file(path, &line, 0600, err);
}

int keys_read_admin(const char *path, char ret_token[static KEYS_TOKEN_TEXT + 1], struct err *err)
{
	SECRET_BUF text = BUF_INIT(KEYS_TOKEN_TEXT + 2);
	uint8_t raw[KEYS_TOKEN_SIZE];
	AUTO_FD fd = -1;
	struct stat st;
	int rc;

	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat: %s", path);
	if (st.st_mode & 0077)
		return err_set(err, "%s: others may read it: chmod 600", path);
	if (io_read_fd(fd, path, &text, err) < 0)
		return -1;
	while (text.len && isspace(text.data[text.len - 1]))
		text.data[--text.len] = '\0';
	rc = hex_parse(buf_text(&text), raw, sizeof(raw), err);
	explicit_bzero(raw, sizeof(raw));
	if (rc < 0)
		return err_set(err, "%s: is no token: %d hex digits", path, KEYS_TOKEN_TEXT);
	memcpy(ret_token, text.data, KEYS_TOKEN_TEXT + 1);
	return 0;
}

static int load_result_key(const char *path, struct keys *keys, struct err *err)
{
	if (key_load(path, NULL, &keys->result, err) < 0)
		return -1;
	if (key_kind(keys->result) != CERT_P256)
		return err_set(err, "%s: results are signed by P-256 keys only", path);
	keys->public_pem = (struct buf)BUF_INIT(PEM_FILE_MAX);
	if (pubkey_from_key(keys->result, &keys->public_key, err) < 0)
		return -1;
	return pubkey_to_pem(keys->public_key, &keys->public_pem, err);
}

struct thing {
	const char *name;
	const char *what;
	int (*make)(const char *path, struct err *err);
};

/* Makes it where it is not there.  *ret_path is the caller's. */
static int have(const struct vset *set, const struct thing *thing, keys_made_fn fn, char **ret_path,
		struct err *err)
{
	AUTO_STR path = vset_path(set, thing->name);

	if (!path)
		return err_set(err, "out of memory");
	if (!io_exists(path)) {
		if (io_make_dirs(set->directory, err) < 0 || thing->make(path, err) < 0)
			return -1;
		fn(thing->what, path);
	}
	*ret_path = take_ptr(&path);
	return 0;
}

int keys_load(const struct vset *set, keys_made_fn fn, struct keys *ret_keys, struct err *err)
{
	static const struct thing key = { KEYS_RESULT, "the key that signs results",
					  make_result_key };
	static const struct thing token = { KEYS_ADMIN, "the administrator's token",
					    make_admin_token };
	AUTO_STR result = NULL;
	AUTO_STR admin = NULL;

	if (have(set, &key, fn, &result, err) < 0 || have(set, &token, fn, &admin, err) < 0 ||
	    keys_read_admin(admin, ret_keys->admin, err) < 0)
		return -1;
	return load_result_key(result, ret_keys, err);
}

int keys_share(struct store_conn *conn, struct keys *keys, struct err *err)
{
	SECRET_BUF mine = BUF_INIT(TOKEN_KEY_SIZE);
	SECRET_BUF shared = BUF_INIT(STORE_META_MAX);
	uint8_t *at = NULL;

	if (buf_reserve(&mine, TOKEN_KEY_SIZE, &at, err) < 0 ||
	    random_bytes(at, TOKEN_KEY_SIZE, err) < 0 ||
	    store_meta_first(conn, META_TOKEN_KEY, &mine, &shared, err) < 0)
		return -1;
	if (shared.len != TOKEN_KEY_SIZE)
		return err_set(err, "store: the key of its nonces is damaged");
	memcpy(keys->token, shared.data, TOKEN_KEY_SIZE);
	return 0;
}

void keys_done(struct keys *keys)
{
	key_free(keys->result);
	pubkey_free(keys->public_key);
	buf_done(&keys->public_pem);
	explicit_bzero(keys, sizeof(*keys));
}

static int make_tls(const struct vset *set, const char *cert_path, const char *key_path,
		    struct err *err)
{
	const struct tls_own_names names = { .address = set->listen, .more = set->tls_names };
	SECRET_BUF key = BUF_INIT(PEM_FILE_MAX);
	AUTO_BUF cert = BUF_INIT(PEM_FILE_MAX);

	if (io_make_dirs(set->directory, err) < 0 || tls_own_make(&names, &cert, &key, err) < 0)
		return -1;
	/* The key first: a crash in between leaves no certificate, and both are made anew. */
	if (io_replace_file(key_path, &key, 0600, err) < 0)
		return -1;
	return io_create_file(cert_path, &cert, 0644, err);
}

int keys_load_tls(const struct vset *set, keys_made_fn fn, struct buf *cert, struct buf *key,
		  struct err *err)
{
	AUTO_STR own_cert = vset_path(set, KEYS_TLS_CERT);
	AUTO_STR own_key = vset_path(set, KEYS_TLS_KEY);
	const bool own = !*set->tls_certificate;

	if (!own_cert || !own_key)
		return err_set(err, "out of memory");
	if (own && !io_exists(own_cert)) {
		if (make_tls(set, own_cert, own_key, err) < 0)
			return -1;
		fn("the TLS certificate, which clients are given as --ca", own_cert);
	}
	if (io_read_file(own ? own_cert : set->tls_certificate, cert, err) < 0)
		return -1;
	return io_read_file(own ? own_key : set->tls_key, key, err);
}

bool keys_is_admin(const struct keys *keys, const char *token)
{
	unsigned int differs = strlen(token) != KEYS_TOKEN_TEXT;
	const char *given = differs ? keys->admin : token;

	for (size_t i = 0; i < KEYS_TOKEN_TEXT; i++)
		differs |= (unsigned char)given[i] ^ (unsigned char)keys->admin[i];
	return differs == 0;
}

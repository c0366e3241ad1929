/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that is signed, with one algorithm and one form of header. */
#include "attest/jwt.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

#define HALF 32		/* bytes of r and s */
#define HEADER_MAX 256	/* bytes, encoded */
#define MEMBERS_MAX 512 /* bytes of a JWK */

struct jwt {
	struct signer *signer;
	struct buf header; /* encoded, with its dot */
};

/* The members that a thumbprint is over, in its order: RFC 7638, 3. */
static int put_members(const struct pubkey *key, struct buf *out, struct err *err)
{
	uint8_t x[PUBKEY_COORD_MAX], y[PUBKEY_COORD_MAX];
	size_t coord;

	if (pubkey_kind(key) != CERT_P256)
		return err_set(err, "ES256 needs a P-256 key");
	if (pubkey_point(key, x, y, &coord, err) < 0 ||
	    buf_putf(out, err, "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"") < 0 ||
	    base64url_format(x, coord, out, err) < 0 || buf_putf(out, err, "\",\"y\":\"") < 0 ||
	    base64url_format(y, coord, out, err) < 0)
		return -1;
	return buf_putf(out, err, "\"");
}

static int put_kid(const struct pubkey *key, struct buf *out, struct err *err)
{
	AUTO_BUF text = BUF_INIT(MEMBERS_MAX);
	struct digest digest;

	if (buf_putf(&text, err, "{") < 0 || put_members(key, &text, err) < 0 ||
	    buf_putf(&text, err, "}") < 0 ||
	    hash_bytes(HASH_SHA256, text.data, text.len, &digest, err) < 0)
		return -1;
	return base64url_format(digest.data, digest.len, out, err);
}

/* Encoded, with its dot. */
static int put_header(const struct pubkey *key, struct buf *out, struct err *err)
{
	AUTO_BUF text = BUF_INIT(HEADER_MAX);

	if (buf_putf(&text, err, "{\"alg\":\"ES256\",\"kid\":\"") < 0 ||
	    put_kid(key, &text, err) < 0 || buf_putf(&text, err, "\",\"typ\":\"JWT\"}") < 0 ||
	    base64url_format(text.data, text.len, out, err) < 0)
		return -1;
	return buf_putf(out, err, ".");
}

static void cleanup_pubkey(struct pubkey **key)
{
	pubkey_free(*key);
	*key = NULL;
}

static void cleanup_jwt(struct jwt **jwt)
{
	jwt_free(*jwt);
	*jwt = NULL;
}

void jwt_free(struct jwt *jwt)
{
	if (!jwt)
		return;
	signer_free(jwt->signer);
	buf_done(&jwt->header);
	free(jwt);
}

int jwt_new(const struct key *key, struct jwt **ret_jwt, struct err *err)
{
	CLEANUP(cleanup_pubkey) struct pubkey *public = NULL;
	CLEANUP(cleanup_jwt) struct jwt *jwt = calloc(1, sizeof(*jwt));

	if (!jwt)
		return err_set(err, "out of memory");
	jwt->header = (struct buf)BUF_INIT(HEADER_MAX);
	if (pubkey_from_key(key, &public, err) < 0 || put_header(public, &jwt->header, err) < 0 ||
	    signer_new(key, &jwt->signer, err) < 0)
		return err_prepend(err, "key of results");
	*ret_jwt = take_ptr(&jwt);
	return 0;
}

static int put_signature(struct jwt *jwt, size_t begin, struct buf *out, struct err *err)
{
	uint8_t der[KEY_SIG_MAX], raw[2 * HALF];
	struct digest digest;
	size_t len;

	if (hash_bytes(HASH_SHA256, out->data + begin, out->len - begin, &digest, err) < 0 ||
	    signer_sign(jwt->signer, &digest, der, &len, err) < 0 ||
	    ecdsa_from_der(der, len, HALF, raw, err) < 0 || buf_putf(out, err, ".") < 0)
		return -1;
	return base64url_format(raw, sizeof(raw), out, err);
}

int jwt_sign(struct jwt *jwt, const char *payload, struct buf *out, struct err *err)
{
	size_t len = strlen(payload);
	size_t begin = out->len;

	if (len > JWT_PAYLOAD_MAX)
		return err_set(err, "result: larger than %d bytes", JWT_PAYLOAD_MAX);
	if (buf_put(out, jwt->header.data, jwt->header.len, err) == 0 &&
	    base64url_format(payload, len, out, err) == 0 &&
	    put_signature(jwt, begin, out, err) == 0)
		return 0;
	out->len = begin;
	return -1;
}

/* r || s, encoded, over what is before its dot. */
static int check_signature(const struct pubkey *key, const char *token, const char *dot, size_t len,
			   struct err *err)
{
	AUTO_BUF raw = BUF_INIT(2 * HALF);
	struct ecdsa_rs rs = { .r_len = HALF, .s_len = HALF };
	uint8_t der[ECDSA_DER_MAX];
	struct digest digest;
	size_t before = (size_t)(dot - token), der_len;

	if (base64url_parse(dot + 1, len - before - 1, &raw, err) < 0 || raw.len != 2 * HALF)
		return err_set(err, "not a signature of ES256");
	rs.r = raw.data;
	rs.s = raw.data + HALF;
	if (ecdsa_to_der(&rs, der, &der_len, err) < 0 ||
	    hash_bytes(HASH_SHA256, token, before, &digest, err) < 0)
		return -1;
	return pubkey_verify(key, &digest, der, der_len, err);
}

static int verify(const struct pubkey *key, const char *token, size_t len, struct buf *ret_payload,
		  struct err *err)
{
	AUTO_BUF header = BUF_INIT(HEADER_MAX);
	const char *dot = memrchr(token, '.', len);

	if (put_header(key, &header, err) < 0)
		return -1;
	if (!dot || len <= header.len || memcmp(token, header.data, header.len) != 0 ||
	    dot < token + header.len)
		return err_set(err, "not by this key");
	if (check_signature(key, token, dot, len, err) < 0)
		return -1;
	return base64url_parse(token + header.len, (size_t)(dot - token) - header.len, ret_payload,
			       err);
}

int jwt_verify(const struct pubkey *key, const char *token, size_t len, struct buf *out,
	       struct err *err)
{
	AUTO_BUF payload = BUF_INIT(JWT_PAYLOAD_MAX);

	if (len > JWT_MAX)
		return err_set(err, "result: larger than %d bytes", JWT_MAX);
	if (verify(key, token, len, &payload, err) < 0)
		return err_prepend(err, "result");
	return buf_put(out, payload.data, payload.len, err);
}

int jwk_format(const struct pubkey *key, struct buf *out, struct err *err)
{
	if (buf_putf(out, err, "{\"alg\":\"ES256\",") < 0 || put_members(key, out, err) < 0 ||
	    buf_putf(out, err, ",\"kid\":\"") < 0 || put_kid(key, out, err) < 0)
		return -1;
	return buf_putf(out, err, "\",\"use\":\"sig\"}");
}

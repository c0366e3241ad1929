/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed results: what their key did not sign so is not taken. */
#include "attest/jwt.h"

#include "base/base64.h"
#include "crypto/keygen.h"
#include "unit.h"

#define PAYLOAD "{\"iat\":1700000000,\"ear\":\"affirming\"}"

struct signing {
	struct key *key;
	struct pubkey *public;
	struct jwt *jwt;
	struct buf token;
	struct err err;
};

static void done(struct signing *s)
{
	jwt_free(s->jwt);
	pubkey_free(s->public);
	key_free(s->key);
	buf_done(&s->token);
}
#define AUTO_SIGNING CLEANUP(done) struct signing

static int begin(struct signing *s)
{
	*s = (struct signing){ .token = BUF_INIT(JWT_MAX) };
	if (keygen_generate(KEYGEN_P256, &s->key, &s->err) < 0 ||
	    pubkey_from_key(s->key, &s->public, &s->err) < 0 ||
	    jwt_new(s->key, &s->jwt, &s->err) < 0)
		return -1;
	return jwt_sign(s->jwt, PAYLOAD, &s->token, &s->err);
}

static int check(const struct signing *s, const char *token, size_t len, struct err *err)
{
	AUTO_BUF out = BUF_INIT(JWT_PAYLOAD_MAX);

	return jwt_verify(s->public, token, len, &out, err);
}

/* RFC 4648, 10, without padding; and the two digits that are not Base64's. */
static void base64_is_that_of_the_rfc(void)
{
	static const struct {
		const char *bytes, *text;
	} good[] = { { "", "" },
		     { "f", "Zg" },
		     { "fo", "Zm8" },
		     { "foo", "Zm9v" },
		     { "foob", "Zm9vYg" },
		     { "fooba", "Zm9vYmE" },
		     { "foobar", "Zm9vYmFy" },
		     { "\xfb\xff", "-_8" } };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO_BUF text = BUF_INIT(64), back = BUF_INIT(64);

		CHECK_OK(base64url_format(good[i].bytes, strlen(good[i].bytes), &text, &err), &err);
		CHECK_STR(buf_text(&text), good[i].text);
		CHECK_OK(base64url_parse(good[i].text, strlen(good[i].text), &back, &err), &err);
		CHECK_STR(buf_text(&back), good[i].bytes);
	}
}

static void base64_has_one_form(void)
{
	static const char *const bad[] = { "Z",	  "Zg==",   "Zh",    "Zm9", "Zm8=", "Z+8",
					   "Z/8", "Zm9v\n", "Zm9vY", " Zg", "Zm.v" };
	AUTO_BUF out = BUF_INIT(64);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_FAILS(base64url_parse(bad[i], strlen(bad[i]), &out, &err), &err, "base64url");
	CHECK_FAILS(base64url_parse("Zg\0", 4, &out, &err), &err, "base64url");
}

static void a_token_gives_its_payload(void)
{
	AUTO_BUF out = BUF_INIT(JWT_PAYLOAD_MAX);
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(strncmp(buf_text(&s.token), "eyJhbGciOiJFUzI1NiIsImtpZCI6I", 28) == 0);
	CHECK_OK(jwt_verify(s.public, buf_text(&s.token), s.token.len, &out, &s.err), &s.err);
	CHECK_STR(buf_text(&out), PAYLOAD);
}

static void the_key_is_told_as_others_read_it(void)
{
	AUTO_BUF jwk = BUF_INIT(1024), pem = BUF_INIT(1024);
	struct pubkey *again = NULL;
	AUTO_SIGNING s;
	int status;

	CHECK_OK(begin(&s), &s.err);
	CHECK_OK(jwk_format(s.public, &jwk, &s.err), &s.err);
	CHECK(strstr(buf_text(&jwk), "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""));
	CHECK_OK(pubkey_to_pem(s.public, &pem, &s.err), &s.err);
	CHECK_OK(pubkey_from_pem(pem.data, pem.len, &again, &s.err), &s.err);
	pubkey_free(s.public);
	s.public = again;
	status = check(&s, buf_text(&s.token), s.token.len, &s.err);
	CHECK_OK(status, &s.err);
}

static void a_token_of_another_key(void)
{
	AUTO_SIGNING a, b = { .key = NULL };

	CHECK_OK(begin(&a), &a.err);
	CHECK_OK(begin(&b), &b.err);
	CHECK_FAILS(check(&a, buf_text(&b.token), b.token.len, &a.err), &a.err, "not by this key");
}

/* The header names our key, the signature is another's. */
static void a_signature_of_another_key(void)
{
	AUTO_SIGNING a, b = { .key = NULL };
	AUTO_BUF forged = BUF_INIT(JWT_MAX);

	CHECK_OK(begin(&a), &a.err);
	CHECK_OK(begin(&b), &b.err);
	CHECK_OK(buf_put(&forged, a.token.data, a.token.len - 86, &a.err), &a.err);
	CHECK_OK(buf_put(&forged, b.token.data + b.token.len - 86, 86, &a.err), &a.err);
	CHECK_FAILS(check(&a, buf_text(&forged), forged.len, &a.err), &a.err, "does not match");
}

static void any_character_of_it(void)
{
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	for (size_t i = 0; i < s.token.len; i++) {
		uint8_t was = s.token.data[i];

		s.token.data[i] = was == 'A' ? 'B' : 'A';
		CHECK_FAILS(check(&s, buf_text(&s.token), s.token.len, &s.err), &s.err, "result");
		s.token.data[i] = was;
	}
}

static void a_token_cut_short(void)
{
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	for (size_t len = 0; len < s.token.len; len++)
		CHECK_FAILS(check(&s, buf_text(&s.token), len, &s.err), &s.err, "result");
}

static void something_behind_it(void)
{
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	CHECK_OK(buf_put(&s.token, "AA", 2, &s.err), &s.err);
	CHECK_FAILS(check(&s, buf_text(&s.token), s.token.len, &s.err), &s.err, "ES256");
}

/* {"alg":"none"} and {"alg":"HS256"} with the public key as the secret: there is nothing to choose.
 */
static void another_algorithm(void)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
	};
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		AUTO_BUF forged = BUF_INIT(JWT_MAX);
		const char *rest = strchr(buf_text(&s.token), '.');

		CHECK_OK(base64url_format(headers[i], strlen(headers[i]), &forged, &s.err), &s.err);
		CHECK_OK(buf_putf(&forged, &s.err, "%s", rest), &s.err);
		CHECK_FAILS(check(&s, buf_text(&forged), forged.len, &s.err), &s.err,
			    "not by this key");
		forged.len =
			(size_t)((const uint8_t *)strrchr(buf_text(&forged), '.') - forged.data) +
			1;
		CHECK_FAILS(check(&s, buf_text(&forged), forged.len, &s.err), &s.err,
			    "not by this key");
	}
}

static void a_key_that_is_not_p256(void)
{
	static const enum keygen_type types[] = { KEYGEN_P384, KEYGEN_RSA2048 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct jwt *jwt = NULL;
		struct key *key;
		int status;

		CHECK_OK(keygen_generate(types[i], &key, &err), &err);
		status = jwt_new(key, &jwt, &err);
		key_free(key);
		CHECK_FAILS(status, &err, "ES256 needs a P-256 key");
	}
}

static void a_payload_that_is_too_large(void)
{
	AUTO_MEM char *payload = calloc(1, JWT_PAYLOAD_MAX + 2);
	AUTO_SIGNING s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(payload);
	memset(payload, ' ', JWT_PAYLOAD_MAX);
	buf_reset(&s.token);
	CHECK_OK(jwt_sign(s.jwt, payload, &s.token, &s.err), &s.err);
	CHECK_OK(check(&s, buf_text(&s.token), s.token.len, &s.err), &s.err);
	payload[JWT_PAYLOAD_MAX] = ' ';
	buf_reset(&s.token);
	CHECK_FAILS(jwt_sign(s.jwt, payload, &s.token, &s.err), &s.err, "larger");
	CHECK(s.token.len == 0);
}

static const struct unit_case cases[] = {
	CASE(base64_is_that_of_the_rfc),
	CASE(base64_has_one_form),
	CASE(a_token_gives_its_payload),
	CASE(the_key_is_told_as_others_read_it),
	CASE(a_token_of_another_key),
	CASE(a_signature_of_another_key),
	CASE(any_character_of_it),
	CASE(a_token_cut_short),
	CASE(something_behind_it),
	CASE(another_algorithm),
	CASE(a_key_that_is_not_p256),
	CASE(a_payload_that_is_too_large),
	CASE_END,
};
UNIT_MAIN(cases)

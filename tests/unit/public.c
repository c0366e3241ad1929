/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas of TPM keys: read to the last byte, and judged by what they say. */
#include "attest/public.h"

#include "attest/tpm_alg.h"
#include "base/hex.h"
#include "crypto/pubkey.h"
#include "soft_tpm.h"
#include "tpm_vectors.h"
#include "unit.h"

/* Where fields of the vectors stand. */
#define AT_ATTRIBUTES 4
#define AT_RSA_BITS 16 /* of an AK without a policy */
#define AT_RSA_EXPONENT 18
#define AT_RSA_MODULUS 24
#define AT_ECC_CURVE 16
#define AT_ECC_KDF 18
#define AT_ECC_X 22
#define AT_ECC_Y 56

struct raw {
	uint8_t data[PUBLIC_MAX + 1];
	size_t len;
	struct tpm_public public;
	struct err err;
};

static void load(struct raw *r, const char *hex)
{
	memset(r, 0, sizeof(*r));
	r->len = strlen(hex) / 2;
	if (hex_parse(hex, r->data, r->len, NULL) < 0)
		abort();
}

static int decode(struct raw *r)
{
	return public_decode(r->data, r->len, &r->public, &r->err);
}

static void check_name(const char *key, const char *name)
{
	uint8_t want[PUBLIC_NAME_MAX];
	struct raw r;

	load(&r, key);
	CHECK_OK(decode(&r), &r.err);
	CHECK_OK(hex_parse(name, want, strlen(name) / 2, &r.err), &r.err);
	CHECK(r.public.name_len == strlen(name) / 2);
	CHECK_MEM(r.public.name, want, r.public.name_len);
	CHECK_OK(public_check_ak(&r.public, &r.err), &r.err);
	CHECK_FAILS(public_check_ek(&r.public, &r.err), &r.err, "it lacks decrypt");
}

static void attestation_keys_of_a_tpm_are_read(void)
{
	check_name(VECTOR_AK_RSA, VECTOR_AK_RSA_NAME);
	check_name(VECTOR_AK_ECC, VECTOR_AK_ECC_NAME);
}

static void endorsement_keys_of_a_tpm_are_read(void)
{
	static const char *const keys[] = { VECTOR_EK_RSA, VECTOR_EK_ECC };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct raw r;

		load(&r, keys[i]);
		CHECK_OK(decode(&r), &r.err);
		CHECK(r.public.auth_policy_len == 32 && r.public.symmetric_bits == 128);
		CHECK(r.public.exponent == (i == 0 ? 65537U : 0));
		CHECK_OK(public_check_ek(&r.public, &r.err), &r.err);
		CHECK_FAILS(public_check_ak(&r.public, &r.err), &r.err, "it has decrypt");
	}
}

static void a_key_that_signs_anything_is_read_and_refused(void)
{
	struct raw r;

	load(&r, VECTOR_UNRESTRICTED);
	CHECK_OK(decode(&r), &r.err);
	CHECK_FAILS(public_check_ak(&r.public, &r.err), &r.err, "it lacks restricted");
}

static void every_cut_is_refused(void)
{
	static const char *const keys[] = { VECTOR_EK_RSA, VECTOR_EK_ECC, VECTOR_AK_RSA,
					    VECTOR_AK_ECC };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct raw r;
		size_t len;

		load(&r, keys[i]);
		len = r.len;
		for (r.len = 0; r.len < len; r.len++)
			CHECK_FAILS(decode(&r), &r.err, "public area");
	}
}

static void something_behind_it_is_refused(void)
{
	struct raw r;

	load(&r, VECTOR_AK_ECC);
	r.len++;
	CHECK_FAILS(decode(&r), &r.err, "something follows it");
	r.len = PUBLIC_MAX;
	CHECK_FAILS(decode(&r), &r.err, "something follows it");
	r.len = PUBLIC_MAX + 1;
	CHECK_FAILS(decode(&r), &r.err, "larger than 1024");
}

/* All of it is in the name. */
static void any_bit_is_another_name(void)
{
	uint8_t name[PUBLIC_NAME_MAX];
	struct raw r;
	size_t taken = 0;

	load(&r, VECTOR_AK_ECC);
	CHECK_OK(decode(&r), &r.err);
	memcpy(name, r.public.name, sizeof(name));
	for (size_t bit = 0; bit < 8 * r.len; bit++) {
		r.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (decode(&r) == 0) {
			taken++;
			CHECK(memcmp(name, r.public.name, sizeof(name)) != 0);
		}
		r.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(taken > 500);
}

static void what_is_not_known_is_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} bad[] = {
		{ 1, 0x08, "type 0x0008" },
		{ 1, 0x25, "type 0x0025" },
		{ 3, 0x12, "0x0012" },
		{ 3, 0x10, "0x0010" },
		{ 4, 0x80, "attributes" },
		{ 5, 0x15, "attributes" },
		{ 7, 0x73, "attributes" },
		{ 11, 0x06, "symmetric mode" },
		{ 11, 0x13, "0x0013" },
		{ 13, 0x1b, "scheme 0x001b" },
		{ 13, 0x1a, "scheme 0x001a" },
		{ 15, 0x12, "0x0012" },
		{ AT_ECC_KDF + 1, 0x20, "key derivation" },
		{ AT_ECC_X - 2, 0x01, "too early" },
		{ AT_ECC_Y - 2, 0x01, "too early" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct raw r;

		load(&r, VECTOR_AK_ECC);
		r.data[bad[i].at] = bad[i].value;
		CHECK_FAILS(decode(&r), &r.err, bad[i].why);
	}
}

/* CHECK_OK of public_decode, then the check fails in these words. */
static void not_an_ak(struct raw *r, const char *why)
{
	CHECK_OK(decode(r), &r->err);
	CHECK_FAILS(public_check_ak(&r->public, &r->err), &r->err, why);
}

static void attributes_of_an_ak(void)
{
	static const struct {
		uint32_t bit;
		const char *why;
	} bits[] = {
		{ 1U << 1, "fixedTPM" },
		{ 1U << 4, "fixedParent" },
		{ 1U << 5, "sensitiveDataOrigin" },
		{ 1U << 16, "lacks restricted" },
		{ 1U << 17, "has decrypt" },
		{ 1U << 18, "lacks sign" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct raw r;

		load(&r, VECTOR_AK_RSA);
		for (size_t k = 0; k < 4; k++)
			r.data[AT_ATTRIBUTES + k] ^= (uint8_t)(bits[i].bit >> (24 - 8 * k));
		not_an_ak(&r, bits[i].why);
	}
}

static void attributes_of_an_ek(void)
{
	static const uint32_t bits[] = { 1U << 1, 1U << 4, 1U << 5, 1U << 16, 1U << 17, 1U << 18 };

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct raw r;

		load(&r, VECTOR_EK_ECC);
		for (size_t k = 0; k < 4; k++)
			r.data[AT_ATTRIBUTES + k] ^= (uint8_t)(bits[i] >> (24 - 8 * k));
		CHECK_OK(decode(&r), &r.err);
		CHECK_FAILS(public_check_ek(&r.public, &r.err), &r.err, "not an endorsement key");
	}
}

static void schemes_of_an_ak(void)
{
	struct raw r;

	load(&r, VECTOR_AK_RSA);
	r.data[13] = TPM_RSAPSS;
	not_an_ak(&r, "not RSASSA");
	r.data[13] = TPM_ECDSA;
	not_an_ak(&r, "not RSASSA");
	load(&r, VECTOR_AK_RSA);
	r.data[15] = TPM_SHA1;
	not_an_ak(&r, "SHA-256 or longer");
	load(&r, VECTOR_AK_RSA);
	r.data[3] = TPM_SHA1;
	not_an_ak(&r, "its name is made by sha1");
	load(&r, VECTOR_AK_ECC);
	r.data[13] = TPM_RSASSA;
	not_an_ak(&r, "not ECDSA");
}

static void numbers_of_an_rsa_key(void)
{
	struct raw r;

	load(&r, VECTOR_AK_RSA);
	r.data[AT_RSA_BITS] = 0x0c;
	CHECK_FAILS(decode(&r), &r.err, "not a modulus of 3072 bits");
	load(&r, VECTOR_AK_RSA);
	r.data[AT_RSA_MODULUS] &= 0x7f;
	CHECK_FAILS(decode(&r), &r.err, "not a modulus of 2048 bits");
	load(&r, VECTOR_AK_RSA);
	r.data[AT_RSA_EXPONENT + 3] = 1;
	not_an_ak(&r, "exponent");
	r.data[AT_RSA_EXPONENT + 3] = 4;
	not_an_ak(&r, "exponent");
	r.data[AT_RSA_EXPONENT + 3] = 3;
	CHECK_OK(decode(&r), &r.err);
	CHECK_OK(public_check_ak(&r.public, &r.err), &r.err);
}

/* 1,024 bits are too few, as they are for any key here. */
static void a_short_rsa_key(void)
{
	struct raw r;

	load(&r, VECTOR_AK_RSA);
	r.data[AT_RSA_BITS] = 0x04;
	r.data[AT_RSA_MODULUS - 2] = 0;
	r.data[AT_RSA_MODULUS - 1] = 128;
	r.len -= 128;
	not_an_ak(&r, "1024 bits");
}

static void points_of_a_curve(void)
{
	struct raw r;

	load(&r, VECTOR_AK_ECC);
	r.data[AT_ECC_Y + 31] ^= 1;
	not_an_ak(&r, "public key");
	load(&r, VECTOR_AK_ECC);
	memset(r.data + AT_ECC_X, 0, 32);
	memset(r.data + AT_ECC_Y, 0, 32);
	not_an_ak(&r, "public key");
	load(&r, VECTOR_AK_ECC);
	r.data[AT_ECC_CURVE + 1] = 0x05;
	not_an_ak(&r, "0x0005 is not P-256 or P-384");
	r.data[AT_ECC_CURVE + 1] = 0x10;
	not_an_ak(&r, "0x0010 is not P-256 or P-384");
	r.data[AT_ECC_CURVE + 1] = 0x04;
	not_an_ak(&r, "public key");
}

/* Nor is one verified with: the point is not on the curve, of another curve, or none. */
static void a_curve_at_hand_takes_its_points_only(void)
{
	static const uint8_t der[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	const struct pubkey_sig sig = { der, sizeof(der) };
	struct digest digest = { .algo = HASH_SHA256, .len = 32 };
	struct pubkey_point point = { .curve = CERT_P256 };
	struct pubkey_curve *curve = NULL;
	struct err err = ERR_INIT;
	struct raw r;

	CHECK_OK(pubkey_curve_new(&curve, &err), &err);
	load(&r, VECTOR_AK_ECC);
	CHECK_OK(decode(&r), &err);
	point.x = r.public.x;
	point.y = r.public.y;
	point.x_len = point.y_len = 32;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err,
		    "the signature does not match");
	point.curve = CERT_P384;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err,
		    "not a point of P-256");
	point.curve = CERT_P256;
	digest.len = 31;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err,
		    "a digest of 31 bytes");
	digest.len = 32;
	CHECK_FAILS(
		pubkey_curve_verify(curve, &point, &digest, &(struct pubkey_sig){ der, 105 }, &err),
		&err, "the signature does not match");
	point.y_len = 0;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err, "not a point");
	point.y_len = 33;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err, "not a point");
	point.y_len = 31;
	CHECK_FAILS(pubkey_curve_verify(curve, &point, &digest, &sig, &err), &err, "public key: ");
	pubkey_curve_free(curve);
	pubkey_curve_free(NULL);
}

/* RSASSA of the vectors over another's bytes, and signatures that say something else of themselves.
 */
static void signatures_are_of_the_key_and_its_scheme(void)
{
	uint8_t sig[QUOTE_SIG_MAX], quote[QUOTE_MAX];
	size_t sig_len = strlen(VECTOR_SIG_RSA) / 2, len = strlen(VECTOR_QUOTE_RSA) / 2;
	struct raw r;

	load(&r, VECTOR_AK_RSA);
	CHECK_OK(decode(&r), &r.err);
	CHECK_OK(hex_parse(VECTOR_SIG_RSA, sig, sig_len, &r.err), &r.err);
	CHECK_OK(hex_parse(VECTOR_QUOTE_RSA, quote, len, &r.err), &r.err);
	CHECK_OK(public_verify(&r.public, quote, len, sig, sig_len, &r.err), &r.err);
	CHECK_FAILS(public_verify(&r.public, quote, len - 1, sig, sig_len, &r.err), &r.err,
		    "does not match");
	sig[1] = TPM_RSAPSS;
	CHECK_FAILS(public_verify(&r.public, quote, len, sig, sig_len, &r.err), &r.err,
		    "not by the key's scheme");
	sig[1] = TPM_RSASSA;
	sig[3] = TPM_SHA384;
	CHECK_FAILS(public_verify(&r.public, quote, len, sig, sig_len, &r.err), &r.err,
		    "over sha384, not sha256");
	sig[3] = TPM_SHA1;
	CHECK_FAILS(public_verify(&r.public, quote, len, sig, sig_len, &r.err), &r.err,
		    "over sha1, not sha256");
	sig[3] = 0x12;
	CHECK_FAILS(public_verify(&r.public, quote, len, sig, sig_len, &r.err), &r.err, "0x0012");
}

/* r and s of no bytes, of zero, and longer than any. */
static void numbers_of_an_ecdsa_signature(void)
{
	static const struct {
		const char *hex, *why;
	} bad[] = {
		{ "0018000b00000000", "not a signature of ECDSA" },
		{ "0018000b00010100010101", "follows" },
		{ "0018000b000100000101", "not a signature of ECDSA" },
		{ "0018000b000101000100", "not a signature of ECDSA" },
		{ "0018000b000101000101", "does not match" },
		{ "0018000b0031"
		  "01010101010101010101010101010101010101010101010101010101010101010101"
		  "010101010101010101010101010101"
		  "000101",
		  "49 bytes" },
		{ "0018", "0x0000" },
		{ "", "scheme" },
	};
	uint8_t sig[128];
	struct raw r;

	load(&r, VECTOR_AK_ECC);
	CHECK_OK(decode(&r), &r.err);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t len = strlen(bad[i].hex) / 2;

		CHECK_OK(hex_parse(bad[i].hex, sig, len, &r.err), &r.err);
		CHECK_FAILS(public_verify(&r.public, "x", 1, sig, len, &r.err), &r.err, bad[i].why);
	}
}

static const struct unit_case cases[] = {
	CASE(attestation_keys_of_a_tpm_are_read),
	CASE(endorsement_keys_of_a_tpm_are_read),
	CASE(a_key_that_signs_anything_is_read_and_refused),
	CASE(every_cut_is_refused),
	CASE(something_behind_it_is_refused),
	CASE(any_bit_is_another_name),
	CASE(what_is_not_known_is_refused),
	CASE(attributes_of_an_ak),
	CASE(attributes_of_an_ek),
	CASE(schemes_of_an_ak),
	CASE(numbers_of_an_rsa_key),
	CASE(a_short_rsa_key),
	CASE(points_of_a_curve),
	CASE(a_curve_at_hand_takes_its_points_only),
	CASE(signatures_are_of_the_key_and_its_scheme),
	CASE(numbers_of_an_ecdsa_signature),
	CASE_END,
};
UNIT_MAIN(cases)

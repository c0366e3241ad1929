/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of security.ima and security.evm, there and back, and every way to be wrong. */
#include "base/hex.h"
#include "ima/xattr.h"

#include "crypto/keygen.h"
#include "unit/unit.h"

/* 03 02 algo keyid sig_size sig, as evmctl 1.4 writes it. */
static const uint8_t good[] = { 3, 2, 4, 0xde, 0xad, 0xbe, 0xef, 0, 3, 'a', 'b', 'c' };

static void it_is_read_and_written(void)
{
	static const uint8_t types[][2] = { { 3, 2 }, { 5, 2 }, { 6, 3 } };
	AUTO_BUF out = BUF_INIT(XATTR_VALUE_MAX);
	struct err err = ERR_INIT;
	struct xattr_sig sig;
	uint8_t raw[sizeof(good)];

	memcpy(raw, good, sizeof(good));
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		memcpy(raw, types[i], 2);
		CHECK_OK(xattr_sig_decode(raw, sizeof(raw), &sig, &err), &err);
		CHECK(sig.type == types[i][0] && sig.version == types[i][1]);
		CHECK(sig.algo == HASH_SHA256 && sig.keyid == 0xdeadbeef && sig.sig_len == 3);
		CHECK_MEM(sig.sig, "abc", 3);
		buf_reset(&out);
		CHECK_OK(xattr_sig_encode(&sig, &out, &err), &err);
		CHECK(out.len == sizeof(raw));
		CHECK_MEM(out.data, raw, sizeof(raw));
	}
}

static void every_other_type_and_version_fails(void)
{
	struct err err = ERR_INIT;
	uint8_t raw[sizeof(good)];
	struct xattr_sig sig;

	memcpy(raw, good, sizeof(good));
	for (unsigned int type = 0; type < 256; type++) {
		for (unsigned int version = 0; version < 256; version++) {
			bool v2 = (type == 3 || type == 5) && version == 2;

			raw[0] = (uint8_t)type;
			raw[1] = (uint8_t)version;
			CHECK((xattr_sig_decode(raw, sizeof(raw), &sig, &err) == 0) ==
			      (v2 || (type == 6 && version == 3)));
		}
	}
}

static void every_other_algorithm_fails(void)
{
	struct err err = ERR_INIT;
	uint8_t raw[sizeof(good)];
	struct xattr_sig sig;

	memcpy(raw, good, sizeof(good));
	for (unsigned int algo = 0; algo < 256; algo++) {
		raw[2] = (uint8_t)algo;
		CHECK((xattr_sig_decode(raw, sizeof(raw), &sig, &err) == 0) ==
		      (algo == 2 || algo == 4 || algo == 5 || algo == 6));
	}
}

static void lengths_must_fit(void)
{
	struct err err = ERR_INIT;
	uint8_t raw[sizeof(good) + 1] = { 0 };
	struct xattr_sig sig;

	memcpy(raw, good, sizeof(good));
	for (size_t len = 0; len < sizeof(good); len++)
		CHECK_FAILS(xattr_sig_decode(raw, len, &sig, &err), &err, "malformed");
	CHECK_FAILS(xattr_sig_decode(raw, sizeof(raw), &sig, &err), &err, "malformed");
	raw[8] = 2;
	CHECK_FAILS(xattr_sig_decode(raw, sizeof(good), &sig, &err), &err, "malformed");
	raw[7] = 0xff;
	CHECK_FAILS(xattr_sig_decode(raw, sizeof(good), &sig, &err), &err, "malformed");
	raw[7] = 0;
	raw[8] = 0;
	CHECK_FAILS(xattr_sig_decode(raw, 9, &sig, &err), &err, "malformed");
}

static void the_maximum_holds(void)
{
	static uint8_t raw[9 + XATTR_VALUE_MAX + 1] = { 3, 2, 4 };
	AUTO_BUF small = BUF_INIT(10);
	struct err err = ERR_INIT;
	struct xattr_sig sig;

	raw[7] = XATTR_VALUE_MAX >> 8;
	raw[8] = XATTR_VALUE_MAX & 0xff;
	CHECK_OK(xattr_sig_decode(raw, 9 + XATTR_VALUE_MAX, &sig, &err), &err);
	CHECK_FAILS(xattr_sig_encode(&sig, &small, &err), &err, "too large");
	CHECK(small.len == 0);
	raw[8]++;
	CHECK_FAILS(xattr_sig_decode(raw, sizeof(raw), &sig, &err), &err, "malformed");
}

/* sha256(06 04 | sha256("abc")), computed with coreutils. */
static void v3_signs_the_file_id(void)
{
	static const char want[] =
		"4ac26176ea42060f9c52b878177e073fd0eab9cb08ba83afc09700a28dd17f0a";
	struct err err = ERR_INIT;
	struct digest d;
	struct digest id;
	char text[2 * HASH_SIZE_MAX + 1];

	CHECK_OK(hash_bytes(HASH_SHA256, "abc", 3, &d, &err), &err);
	CHECK_OK(xattr_v3_digest(XATTR_VERITY_DIGSIG, &d, &id, &err), &err);
	hex_format(id.data, id.len, text);
	CHECK_STR(text, want);
	d.len = 31;
	CHECK_FAILS(xattr_v3_digest(XATTR_VERITY_DIGSIG, &d, &id, &err), &err, "31 bytes");
}

static bool add_cert(struct cert_set *set, struct key **ret_key)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);

	if (keygen_generate(KEYGEN_P256, ret_key, NULL) < 0 ||
	    keygen_self_sign(*ret_key, "x", 1, &der, NULL) < 0 ||
	    cert_parse(der.data, der.len, &set->cert[set->n], NULL) < 0)
		return false;
	set->n++;
	return true;
}

static void only_a_trusted_key_verifies(void)
{
	struct xattr_sig sig = { .type = XATTR_DIGSIG, .version = XATTR_SIG_V2 };
	struct cert_set none = CERT_SET_INIT;
	struct cert_set set = CERT_SET_INIT;
	const struct cert *by = NULL;
	struct err err = ERR_INIT;
	struct signer *signer;
	struct key *key[2];
	struct digest d;
	size_t len;

	CHECK(add_cert(&set, &key[0]) && add_cert(&set, &key[1]));
	CHECK_OK(signer_new(key[1], &signer, &err), &err);
	CHECK_OK(hash_bytes(HASH_SHA256, "x", 1, &d, &err), &err);
	CHECK_OK(signer_sign(signer, &d, sig.sig, &len, &err), &err);
	sig.sig_len = (uint16_t)len;
	sig.algo = HASH_SHA256;
	sig.keyid = cert_keyid(set.cert[1]);
	CHECK_OK(xattr_sig_verify(&sig, &d, &set, &by, &err), &err);
	CHECK(by == set.cert[1]);
	CHECK_FAILS(xattr_sig_verify(&sig, &d, &none, &by, &err), &err, "not trusted");
	sig.keyid = cert_keyid(set.cert[0]);
	CHECK_FAILS(xattr_sig_verify(&sig, &d, &set, &by, &err), &err, "does not match");
	sig.keyid++;
	CHECK_FAILS(xattr_sig_verify(&sig, &d, &set, &by, &err), &err, "not trusted");
	sig.algo = HASH_SHA512;
	CHECK_FAILS(xattr_sig_verify(&sig, &d, &set, &by, &err), &err, "over sha512, not sha256");
	signer_free(signer);
	for (size_t i = 0; i < 2; i++)
		key_free(key[i]);
	cert_set_done(&set);
}

static const struct unit_case cases[] = {
	CASE(it_is_read_and_written),	   CASE(every_other_type_and_version_fails),
	CASE(every_other_algorithm_fails), CASE(lengths_must_fit),
	CASE(the_maximum_holds),	   CASE(v3_signs_the_file_id),
	CASE(only_a_trusted_key_verifies), CASE_END,
};

UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES-256-GCM, HMAC and HKDF: the standards' vectors, and what must not open. */
#include "base/hex.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/hmac.h"
#include "crypto/hkdf.h"
#include "unit/unit.h"

/* The GCM specification's test case 16 (McGrew, Viega: The Galois/Counter Mode of Operation). */
#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define NONCE "cafebabefacedbaddecaf888"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define PLAIN \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" \
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" \
	"76fc6ece0f4e1768cddf8853bb2d551b"

struct gcm_case {
	uint8_t key[AES256GCM_KEY_LEN], nonce[AES256GCM_NONCE_LEN], aad[20], plain[60], sealed[76];
	struct aes256gcm with;
};

static int gcm_vector(struct gcm_case *c)
{
	c->with = (struct aes256gcm){ c->key, c->nonce, c->aad, sizeof(c->aad) };
	return hex_parse(KEY, c->key, sizeof(c->key), NULL) |
	       hex_parse(NONCE, c->nonce, sizeof(c->nonce), NULL) |
	       hex_parse(AAD, c->aad, sizeof(c->aad), NULL) |
	       hex_parse(PLAIN, c->plain, sizeof(c->plain), NULL) |
	       hex_parse(SEALED, c->sealed, sizeof(c->sealed), NULL);
}

static void gcm_does_the_vector(void)
{
	AUTO_BUF out = BUF_INIT(200);
	struct err err = ERR_INIT;
	struct gcm_case c;

	CHECK(gcm_vector(&c) == 0);
	CHECK_OK(aes256gcm_seal(&c.with, c.plain, sizeof(c.plain), &out, &err), &err);
	CHECK(out.len == sizeof(c.sealed));
	CHECK_MEM(out.data, c.sealed, sizeof(c.sealed));
	CHECK_OK(aes256gcm_open(&c.with, c.sealed, sizeof(c.sealed), &out, &err), &err);
	CHECK(out.len == sizeof(c.sealed) + sizeof(c.plain));
	CHECK_MEM(out.data + sizeof(c.sealed), c.plain, sizeof(c.plain));
}

static void gcm_of_nothing_has_a_tag(void)
{
	AUTO_BUF out = BUF_INIT(200), plain = BUF_INIT(200);
	struct err err = ERR_INIT;
	struct gcm_case c;

	CHECK(gcm_vector(&c) == 0);
	CHECK_OK(aes256gcm_seal(&c.with, "", 0, &out, &err), &err);
	CHECK(out.len == AES256GCM_TAG_LEN);
	CHECK_OK(aes256gcm_open(&c.with, out.data, out.len, &plain, &err), &err);
	CHECK(plain.len == 0);
}

static void gcm_opens_nothing_that_was_changed(void)
{
	AUTO_BUF out = BUF_INIT(200);
	struct err err = ERR_INIT;
	struct gcm_case c;
	struct {
		uint8_t *at;
		size_t len;
	} parts[] = { { c.key, sizeof(c.key) },
		      { c.nonce, sizeof(c.nonce) },
		      { c.aad, sizeof(c.aad) },
		      { c.sealed, sizeof(c.sealed) } };

	CHECK(gcm_vector(&c) == 0);
	for (size_t p = 0; p < ARRAY_LEN(parts); p++)
		for (size_t i = 0; i < parts[p].len; i++) {
			parts[p].at[i] ^= 1;
			CHECK_FAILS(aes256gcm_open(&c.with, c.sealed, sizeof(c.sealed), &out, &err),
				    &err, "another key, or changed bytes");
			parts[p].at[i] ^= 1;
		}
	for (size_t len = 0; len < sizeof(c.sealed); len++)
		CHECK_FAILS(aes256gcm_open(&c.with, c.sealed, len, &out, &err), &err,
			    "AES-256-GCM");
	CHECK(out.len == 0);
}

static void gcm_keeps_to_its_maximum(void)
{
	AUTO_BUF out = BUF_INIT(16);
	struct err err = ERR_INIT;
	struct gcm_case c;

	CHECK(gcm_vector(&c) == 0);
	CHECK_FAILS(aes256gcm_seal(&c.with, c.plain, AES256GCM_MAX + 1, &out, &err), &err,
		    "more than");
	CHECK_FAILS(aes256gcm_seal(&c.with, c.plain, 1, &out, &err), &err, "");
	CHECK(out.len == 0);
}

/* RFC 4231, test cases 1 and 6. */
static void hmac_does_the_vectors(void)
{
	struct err err = ERR_INIT;
	uint8_t key[131], small[20];
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest mac;

	memset(small, 0x0b, sizeof(small));
	CHECK_OK(hmac_bytes(&(struct hmac_key){ HASH_SHA256, small, sizeof(small) }, "Hi There", 8,
			    &mac, &err),
		 &err);
	hex_format(mac.data, mac.len, hex);
	CHECK_STR(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, sizeof(key));
	CHECK_OK(hmac_bytes(&(struct hmac_key){ HASH_SHA256, key, sizeof(key) },
			    "Test Using Larger Than Block-Size Key - Hash Key First", 54, &mac,
			    &err),
		 &err);
	hex_format(mac.data, mac.len, hex);
	CHECK_STR(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	CHECK_OK(hmac_bytes(&(struct hmac_key){ HASH_SHA256, NULL, 0 }, "", 0, &mac, &err), &err);
	hex_format(mac.data, mac.len, hex);
	CHECK_STR(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869, A.1 with its information replaced (that one is not text): A.3 has none. */
static void hkdf_does_the_vector(void)
{
	struct err err = ERR_INIT;
	uint8_t secret[22], key[42], other[42];
	char hex[2 * sizeof(key) + 1];
	struct hkdf from = { .secret = secret, .secret_len = sizeof(secret), .info = "" };

	memset(secret, 0x0b, sizeof(secret));
	CHECK_OK(hkdf_sha256(&from, key, sizeof(key), &err), &err);
	hex_format(key, sizeof(key), hex);
	CHECK_STR(hex, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		       "9d201395faa4b61a96c8");
	from.info = "x";
	CHECK_OK(hkdf_sha256(&from, other, sizeof(other), &err), &err);
	CHECK(memcmp(key, other, sizeof(key)) != 0);
	from = (struct hkdf){ secret, sizeof(secret), "salt", 4, "" };
	CHECK_OK(hkdf_sha256(&from, other, sizeof(other), &err), &err);
	CHECK(memcmp(key, other, sizeof(key)) != 0);
}

static void hkdf_refuses_what_it_can_not(void)
{
	struct err err = ERR_INIT;
	uint8_t key[1];
	struct hkdf from = { .secret = "x", .secret_len = 0, .info = "" };

	CHECK_FAILS(hkdf_sha256(&from, key, 1, &err), &err, "HKDF: no secret");
	from.secret_len = 1;
	CHECK_FAILS(hkdf_sha256(&from, key, 0, &err), &err, "HKDF: ");
	CHECK_FAILS(hkdf_sha256(&from, key, HKDF_LEN_MAX + 1, &err), &err, "HKDF: ");
	CHECK_OK(hkdf_sha256(&from, key, 1, &err), &err);
}

static void random_bytes_differ(void)
{
	struct err err = ERR_INIT;
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	CHECK_OK(random_bytes(a, sizeof(a), &err), &err);
	CHECK_OK(random_bytes(b, sizeof(b), &err), &err);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}

static const struct unit_case cases[] = {
	CASE(gcm_does_the_vector),
	CASE(gcm_of_nothing_has_a_tag),
	CASE(gcm_opens_nothing_that_was_changed),
	CASE(gcm_keeps_to_its_maximum),
	CASE(hmac_does_the_vectors),
	CASE(hkdf_does_the_vector),
	CASE(hkdf_refuses_what_it_can_not),
	CASE(random_bytes_differ),
	CASE_END,
};
UNIT_MAIN(cases)

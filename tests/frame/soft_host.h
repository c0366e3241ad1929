/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host without a TPM: keys in software, derived from a seed, and quotes as a TPM would sign. */
#ifndef ASSAY_TESTS_FRAME_SOFT_HOST_H
#define ASSAY_TESTS_FRAME_SOFT_HOST_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "attest/enrol.h"
#include "attest/evidence.h"
#include "attest/public.h"
#include "base/buf.h"
#include "base/rd.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"

#define SOFT_POINT 32
#define SOFT_MASK 0xffffU

/* The making can only fail for want of memory: it then ends the test. */
static inline void soft_must(int ok)
{
	if (!ok)
		abort();
}

struct soft_host {
	EVP_PKEY *ek, *ak;
	uint8_t ek_x[SOFT_POINT], ek_y[SOFT_POINT];
	struct buf ek_public, ak_public;
	struct tpm_public ak_decoded;
	uint8_t id[EVIDENCE_HOST_SIZE];
	uint32_t resets, restarts;
	uint64_t clock;
	struct pcr_set pcrs;
};

/* The key whose private number is a hash of the seed's words: never 0 or above the order here. */
static inline EVP_PKEY *soft_key(const char *seed, const char *use, unsigned int index,
				 uint8_t x[static SOFT_POINT], uint8_t y[static SOFT_POINT])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	uint8_t encoded[2 * SOFT_POINT + 1];
	struct digest d;
	char text[256];
	BIGNUM *priv;

	(void)snprintf(text, sizeof(text), "%s %s %u", seed, use, index);
	soft_must(hash_bytes(HASH_SHA256, text, strlen(text), &d, NULL) == 0);
	d.data[0] &= 0x7f;
	priv = BN_bin2bn(d.data, (int)d.len, NULL);
	soft_must(EC_POINT_mul(group, point, priv, NULL, NULL, NULL) == 1);
	soft_must(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded,
				     sizeof(encoded), NULL) == sizeof(encoded));
	soft_must(
		OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, encoded,
						 sizeof(encoded)) &&
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, priv));
	params = OSSL_PARAM_BLD_to_param(bld);
	soft_must(EVP_PKEY_fromdata_init(ctx) == 1 &&
		  EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
	memcpy(x, encoded + 1, SOFT_POINT);
	memcpy(y, encoded + 1 + SOFT_POINT, SOFT_POINT);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	BN_free(priv);
	return key;
}

static inline void soft_u16(struct buf *out, unsigned int v)
{
	soft_must(buf_put_be16(out, (uint16_t)v, NULL) == 0);
}

static inline void soft_u32(struct buf *out, uint32_t v)
{
	soft_must(buf_put_be32(out, v, NULL) == 0);
}

static inline void soft_u64(struct buf *out, uint64_t v)
{
	soft_u32(out, (uint32_t)(v >> 32));
	soft_u32(out, (uint32_t)v);
}

static inline void soft_2b(struct buf *out, const void *data, size_t len)
{
	soft_u16(out, (unsigned int)len);
	soft_must(buf_put(out, data, len, NULL) == 0);
}

/* TPMT_PUBLIC of the EK: TCG EK Credential Profile, template L-2. */
static inline void soft_ek_public(struct soft_host *h)
{
	static const uint8_t policy[] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
					  0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
					  0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
					  0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa };
	struct buf *out = &h->ek_public;

	soft_u16(out, PUBLIC_ECC);
	soft_u16(out, 0x000b);
	soft_u32(out, 0x000300b2);
	soft_2b(out, policy, sizeof(policy));
	soft_u16(out, 0x0006);
	soft_u16(out, 128);
	soft_u16(out, 0x0043);
	soft_u16(out, 0x0010);
	soft_u16(out, 0x0003);
	soft_u16(out, 0x0010);
	soft_2b(out, h->ek_x, SOFT_POINT);
	soft_2b(out, h->ek_y, SOFT_POINT);
}

static inline void soft_ak_public(struct soft_host *h, const uint8_t *x, const uint8_t *y)
{
	struct buf *out = &h->ak_public;

	soft_u16(out, PUBLIC_ECC);
	soft_u16(out, 0x000b);
	soft_u32(out, 0x00050072);
	soft_u16(out, 0);
	soft_u16(out, 0x0010);
	soft_u16(out, 0x0018);
	soft_u16(out, 0x000b);
	soft_u16(out, 0x0003);
	soft_u16(out, 0x0010);
	soft_2b(out, x, SOFT_POINT);
	soft_2b(out, y, SOFT_POINT);
}

/* ak_index: usually the same; another one is another AK on the same TPM. */
static inline void soft_host_init(struct soft_host *h, const char *seed, unsigned int index,
				  unsigned int ak_index)
{
	struct tpm_public ek;
	uint8_t x[SOFT_POINT], y[SOFT_POINT];

	memset(h, 0, sizeof(*h));
	h->ek_public = (struct buf)BUF_INIT(PUBLIC_MAX);
	h->ak_public = (struct buf)BUF_INIT(PUBLIC_MAX);
	h->ek = soft_key(seed, "ek", index, h->ek_x, h->ek_y);
	h->ak = soft_key(seed, "ak", ak_index, x, y);
	soft_ek_public(h);
	soft_ak_public(h, x, y);
	soft_must(public_decode(h->ek_public.data, h->ek_public.len, &ek, NULL) == 0 &&
		  public_decode(h->ak_public.data, h->ak_public.len, &h->ak_decoded, NULL) == 0 &&
		  enrol_host_id(&ek, h->id, NULL) == 0);
	h->resets = 1;
	h->clock = 1000;
	h->pcrs.bank = HASH_SHA256;
	h->pcrs.mask = SOFT_MASK;
}

static inline void soft_host_done(struct soft_host *h)
{
	EVP_PKEY_free(h->ek);
	EVP_PKEY_free(h->ak);
	buf_done(&h->ek_public);
	buf_done(&h->ak_public);
}

/* TPMS_ATTEST of a quote over all of h->pcrs. */
static inline void soft_attest(const struct soft_host *h, const uint8_t *nonce, size_t len,
			       struct buf *out)
{
	AUTO_BUF values = BUF_INIT(QUOTE_PCRS * HASH_SIZE_MAX);
	struct digest d;

	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (h->pcrs.mask >> i & 1)
			soft_must(buf_put(&values, h->pcrs.value[i], 32, NULL) == 0);
	soft_must(hash_bytes(HASH_SHA256, values.data, values.len, &d, NULL) == 0);
	soft_u32(out, 0xff544347);
	soft_u16(out, 0x8018);
	soft_2b(out, h->ak_decoded.name, h->ak_decoded.name_len);
	soft_2b(out, nonce, len);
	soft_u64(out, h->clock);
	soft_u32(out, h->resets);
	soft_u32(out, h->restarts);
	soft_must(buf_put_u8(out, 1, NULL) == 0);
	soft_u64(out, 0x2019102300163636);
	soft_u32(out, 1);
	soft_u16(out, 0x000b);
	soft_must(buf_put_u8(out, 3, NULL) == 0);
	for (int i = 0; i < 3; i++)
		soft_must(buf_put_u8(out, (uint8_t)(h->pcrs.mask >> 8 * i), NULL) == 0);
	soft_2b(out, d.data, d.len);
}

/* TPMT_SIGNATURE. */
static inline void soft_sign(const struct soft_host *h, const struct buf *attest, struct buf *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(h->ak, NULL);
	uint8_t der[128], raw[2 * SOFT_POINT];
	size_t len = sizeof(der);
	struct digest d;

	soft_must(hash_bytes(HASH_SHA256, attest->data, attest->len, &d, NULL) == 0);
	soft_must(EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_sign(ctx, der, &len, d.data, d.len) == 1);
	EVP_PKEY_CTX_free(ctx);
	soft_must(ecdsa_from_der(der, len, SOFT_POINT, raw, NULL) == 0);
	soft_u16(out, 0x0018);
	soft_u16(out, 0x000b);
	soft_2b(out, raw, SOFT_POINT);
	soft_2b(out, raw + SOFT_POINT, SOFT_POINT);
}

/* The x of the point that both ends share. */
static inline void soft_agree(const struct soft_host *h, const uint8_t *point_x,
			      const uint8_t *point_y, uint8_t z[static SOFT_POINT])
{
	uint8_t encoded[2 * SOFT_POINT + 1] = { 4 };
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(h->ek, NULL);
	size_t len = SOFT_POINT;

	memcpy(encoded + 1, point_x, SOFT_POINT);
	memcpy(encoded + 1 + SOFT_POINT, point_y, SOFT_POINT);
	soft_must(EVP_PKEY_copy_parameters(peer, h->ek) == 1 &&
		  EVP_PKEY_set1_encoded_public_key(peer, encoded, sizeof(encoded)) == 1 &&
		  EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		  EVP_PKEY_derive(ctx, z, &len) == 1 && len == SOFT_POINT);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

static inline void soft_decrypt(const uint8_t key[static 16], uint8_t *data, size_t len)
{
	static const uint8_t zero[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	soft_must(EVP_DecryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, zero) == 1 &&
		  EVP_DecryptUpdate(ctx, data, &n, data, (int)len) == 1 && (size_t)n == len);
	EVP_CIPHER_CTX_free(ctx);
}

/* TPM2_ActivateCredential: what it gives, whether or not the credential was for this AK. */
static inline void soft_activate(const struct soft_host *h, const struct msg_challenge *c,
				 uint8_t secret[static EVIDENCE_SECRET_MAX])
{
	struct rd point = rd_init(c->secret.data, c->secret.len);
	struct rd blob = rd_init(c->credential.data, c->credential.len);
	const uint8_t *x, *y, *in;
	uint8_t z[SOFT_POINT], seed[32], key[16], text[2 + EVIDENCE_SECRET_MAX];
	struct kdf seeding = { .hash = HASH_SHA256,
			       .key = z,
			       .key_len = sizeof(z),
			       .label = "IDENTITY",
			       .bits = 256 };
	struct kdf keying = { .hash = HASH_SHA256,
			      .key = seed,
			      .key_len = sizeof(seed),
			      .label = "STORAGE",
			      .u = h->ak_decoded.name,
			      .u_len = h->ak_decoded.name_len,
			      .bits = 128 };

	(void)rd_be16(&point);
	x = rd_bytes(&point, rd_be16(&point));
	y = rd_bytes(&point, rd_be16(&point));
	(void)rd_be16(&blob);
	(void)rd_bytes(&blob, rd_be16(&blob));
	in = rd_bytes(&blob, sizeof(text));
	soft_must(x && y && in);
	soft_agree(h, x, y, z);
	seeding.u = x;
	seeding.u_len = SOFT_POINT;
	seeding.v = h->ek_x;
	seeding.v_len = SOFT_POINT;
	soft_must(kdf_e(&seeding, seed, NULL) == 0 && kdf_a(&keying, key, NULL) == 0);
	memcpy(text, in, sizeof(text));
	soft_decrypt(key, text, sizeof(text));
	memcpy(secret, text + 2, EVIDENCE_SECRET_MAX);
}

#endif

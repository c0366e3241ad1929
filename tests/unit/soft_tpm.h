/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dishonest TPM could sign: an attestation key in software, and quotes of any shape. */
#ifndef ASSAY_TESTS_UNIT_SOFT_TPM_H
#define ASSAY_TESTS_UNIT_SOFT_TPM_H

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "attest/public.h"
#include "attest/quote.h"
#include "attest/tpm_alg.h"
#include "base/buf.h"

#define SOFT_AK_ATTRIBUTES 0x00050072U /* what tpm2_createak asks for */
#define SOFT_EK_ATTRIBUTES 0x000300b2U

struct soft_ak {
	EVP_PKEY *pkey;	  /* P-256 */
	struct buf bytes; /* TPMT_PUBLIC */
	struct tpm_public public;
};

/* What the TPMT_PUBLIC says of a P-256 key; all zero but the attributes: an AK's. */
struct soft_shape {
	uint32_t attributes;
	uint16_t name_alg, symmetric, bits, scheme, hash;
	const void *policy; /* 32 bytes */
};

static inline int soft_put_2b(struct buf *out, const void *data, size_t len)
{
	return buf_put_be16(out, (uint16_t)len, NULL) < 0 ? -1 : buf_put(out, data, len, NULL);
}

static inline int soft_put_symmetric(struct buf *out, const struct soft_shape *shape)
{
	if (!shape->symmetric)
		return buf_put_be16(out, TPM_NULL, NULL);
	if (buf_put_be16(out, shape->symmetric, NULL) < 0 ||
	    buf_put_be16(out, shape->bits, NULL) < 0)
		return -1;
	return buf_put_be16(out, TPM_CFB, NULL);
}

static inline int soft_put_scheme(struct buf *out, const struct soft_shape *shape)
{
	uint16_t scheme = shape->scheme ? shape->scheme : TPM_ECDSA;

	if (buf_put_be16(out, scheme, NULL) < 0)
		return -1;
	return scheme == TPM_NULL ? 0
				  : buf_put_be16(out, shape->hash ? shape->hash : TPM_SHA256, NULL);
}

static inline int soft_public(EVP_PKEY *pkey, const struct soft_shape *shape, struct buf *out)
{
	uint8_t octets[65];
	size_t len;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets),
					    &len) != 1 ||
	    len != sizeof(octets))
		return -1;
	if (buf_put_be16(out, PUBLIC_ECC, NULL) < 0 ||
	    buf_put_be16(out, shape->name_alg ? shape->name_alg : TPM_SHA256, NULL) < 0 ||
	    buf_put_be32(out, shape->attributes, NULL) < 0 ||
	    soft_put_2b(out, shape->policy, shape->policy ? 32 : 0) < 0 ||
	    soft_put_symmetric(out, shape) < 0 || soft_put_scheme(out, shape) < 0 ||
	    buf_put_be16(out, 3, NULL) < 0 || buf_put_be16(out, TPM_NULL, NULL) < 0 ||
	    soft_put_2b(out, octets + 1, 32) < 0)
		return -1;
	return soft_put_2b(out, octets + 33, 32);
}

static inline void soft_ak_done(struct soft_ak *ak)
{
	EVP_PKEY_free(ak->pkey);
	buf_done(&ak->bytes);
}
#define AUTO_SOFT_AK CLEANUP(soft_ak_done) struct soft_ak

static inline int soft_ak_shaped(const struct soft_shape *shape, struct soft_ak *ret_ak,
				 struct err *err)
{
	ret_ak->bytes = (struct buf)BUF_INIT(PUBLIC_MAX);
	ret_ak->pkey = EVP_EC_gen("P-256");
	if (!ret_ak->pkey || soft_public(ret_ak->pkey, shape, &ret_ak->bytes) < 0)
		return err_set(err, "no software AK");
	return public_decode(ret_ak->bytes.data, ret_ak->bytes.len, &ret_ak->public, err);
}

static inline int soft_ak_new(struct soft_ak *ret_ak, struct err *err)
{
	return soft_ak_shaped(&(struct soft_shape){ .attributes = SOFT_AK_ATTRIBUTES }, ret_ak,
			      err);
}

/* A TPMT_SIGNATURE over the bytes. */
static inline int soft_sign(const struct soft_ak *ak, const void *data, size_t len, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const uint8_t *at;
	uint8_t der[80], r[32], s[32];
	size_t n = sizeof(der);
	ECDSA_SIG *sig = NULL;
	int status = -1;

	at = der;
	if (ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ak->pkey) == 1 &&
	    EVP_DigestSign(ctx, der, &n, data, len) == 1)
		sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, 32) == 32 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, 32) == 32 &&
	    buf_put_be16(out, TPM_ECDSA, NULL) == 0 && buf_put_be16(out, TPM_SHA256, NULL) == 0 &&
	    soft_put_2b(out, r, 32) == 0)
		status = soft_put_2b(out, s, 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return status;
}

/* A quote to be made; what is 0 becomes what an honest TPM says. */
struct soft_quote {
	const void *nonce;
	size_t nonce_len;
	const struct pcr_set *pcrs;
	uint32_t reset, restart;
	uint64_t clock;
	uint32_t magic;
	uint16_t type;
	uint8_t safe;	   /* what TPMI_YES_NO holds is one less than this, if it is not 0 */
	uint32_t banks;	   /* so many are announced */
	uint16_t bank;	   /* that it says it is of */
	uint32_t mask;	   /* that it says it is of */
	uint8_t select;	   /* bytes of the selection: 3 */
	enum hash_algo by; /* of pcrDigest: SHA-256 */
	const char *tail;  /* behind it */
};

static inline int soft_put_be64(struct buf *out, uint64_t v)
{
	return buf_put_be32(out, (uint32_t)(v >> 32), NULL) < 0
		       ? -1
		       : buf_put_be32(out, (uint32_t)v, NULL);
}

static inline int soft_put_selection(const struct soft_quote *q, struct buf *out)
{
	uint32_t mask = q->mask ? q->mask : q->pcrs->mask;
	uint8_t n = q->select ? q->select : 3;

	if (buf_put_be32(out, q->banks ? q->banks : 1, NULL) < 0 ||
	    buf_put_be16(out, q->bank ? q->bank : tpm_alg_of_hash(q->pcrs->bank), NULL) < 0 ||
	    buf_put_u8(out, n, NULL) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (buf_put_u8(out, (uint8_t)(i < 4 ? mask >> 8 * i & 0xff : 0), NULL) < 0)
			return -1;
	return 0;
}

static inline int soft_put_pcrs(const struct soft_quote *q, struct buf *out)
{
	AUTO_BUF values = BUF_INIT(QUOTE_PCRS * HASH_SIZE_MAX);
	struct digest digest;

	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (q->pcrs->mask >> i & 1 &&
		    buf_put(&values, q->pcrs->value[i], hash_algo_size(q->pcrs->bank), NULL) < 0)
			return -1;
	if (hash_bytes(q->by ? q->by : HASH_SHA256, values.data, values.len, &digest, NULL) < 0)
		return -1;
	return soft_put_2b(out, digest.data, digest.len);
}

/* TPMS_ATTEST. */
static inline int soft_attest(const struct soft_quote *q, struct buf *out)
{
	if (buf_put_be32(out, q->magic ? q->magic : 0xff544347, NULL) < 0 ||
	    buf_put_be16(out, q->type ? q->type : 0x8018, NULL) < 0 ||
	    soft_put_2b(out, "signer", 6) < 0 || soft_put_2b(out, q->nonce, q->nonce_len) < 0 ||
	    soft_put_be64(out, q->clock) < 0 || buf_put_be32(out, q->reset, NULL) < 0 ||
	    buf_put_be32(out, q->restart, NULL) < 0 ||
	    buf_put_u8(out, q->safe ? (uint8_t)(q->safe - 1) : 1, NULL) < 0 ||
	    soft_put_be64(out, 0x2019102300163636) < 0 || soft_put_selection(q, out) < 0 ||
	    soft_put_pcrs(q, out) < 0)
		return -1;
	return q->tail ? buf_put(out, q->tail, strlen(q->tail), NULL) : 0;
}

#endif

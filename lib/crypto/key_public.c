/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys as numbers, and back. */
#include "crypto/key_public.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

#include "crypto/key_ossl.h"
#include "crypto/ossl.h"

#define POINT_UNCOMPRESSED 0x04 /* SEC 1, 2.3.3 */
#define POINT_TEXT_MAX (1 + 2 * KEY_POINT_MAX)
#define ECDSA_DER_MAX 128 /* bytes: P-384 has 104 */

OSSL_CLEANUP(cleanup_bn, BIGNUM, BN_free)
OSSL_CLEANUP(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)
OSSL_CLEANUP(cleanup_bld, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
OSSL_CLEANUP(cleanup_params, OSSL_PARAM, OSSL_PARAM_free)

#define AUTO_BN CLEANUP(cleanup_bn) BIGNUM *

static size_t point_len(enum cert_kind kind)
{
	return kind == CERT_P384 ? 48 : 32;
}

static int rsa_of(const EVP_PKEY *pkey, struct key_public *p, struct err *err)
{
	AUTO_BN n = NULL;
	AUTO_BN e = NULL;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return ossl_fail(err, "public key");
	if (BN_num_bytes(n) > KEY_RSA_MAX || BN_num_bits(e) > 32)
		return err_set(err, "public key: larger than RSA-4096");
	p->n_len = (size_t)BN_bn2bin(n, p->n);
	p->exponent = (uint32_t)BN_get_word(e);
	return 0;
}

static int point_of(const EVP_PKEY *pkey, struct key_public *p, struct err *err)
{
	AUTO_BN x = NULL;
	AUTO_BN y = NULL;

	p->point_len = point_len(p->kind);
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) != 1 ||
	    BN_bn2binpad(x, p->x, (int)p->point_len) < 0 ||
	    BN_bn2binpad(y, p->y, (int)p->point_len) < 0)
		return ossl_fail(err, "public key");
	return 0;
}

int key_public_of(const struct key *key, struct key_public *ret_public, struct err *err)
{
	struct key_public p = { .kind = key_kind(key) };
	int rc = p.kind == CERT_RSA ? rsa_of(key_pkey(key), &p, err)
				    : point_of(key_pkey(key), &p, err);

	if (rc == 0)
		*ret_public = p;
	return rc;
}

int key_public_sig_to_raw(const struct key_public *key, const void *sig, size_t sig_len,
			  struct key_sig *ret_raw, struct err *err)
{
	const unsigned char *at = sig;
	CLEANUP(cleanup_sig) ECDSA_SIG *pair = NULL;
	int len = (int)point_len(key->kind);

	if (sig_len > KEY_SIG_MAX)
		return err_set(err, "signature: longer than RSA-4096's");
	if (key->kind == CERT_RSA) {
		memcpy(ret_raw->data, sig, sig_len);
		ret_raw->len = sig_len;
		return 0;
	}
	pair = d2i_ECDSA_SIG(NULL, &at, (long)sig_len);
	if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_raw->data, len) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_raw->data + len, len) < 0)
		return ossl_fail(err, "signature");
	ret_raw->len = 2 * (size_t)len;
	return 0;
}

static int push_rsa(OSSL_PARAM_BLD *bld, const struct key_public *key, BIGNUM **ret_n)
{
	*ret_n = BN_bin2bn(key->n, (int)key->n_len, NULL);
	return *ret_n && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, *ret_n) == 1 &&
	       OSSL_PARAM_BLD_push_uint32(bld, OSSL_PKEY_PARAM_RSA_E, key->exponent) == 1;
}

static int push_point(OSSL_PARAM_BLD *bld, const struct key_public *key,
		      uint8_t point[static POINT_TEXT_MAX])
{
	point[0] = POINT_UNCOMPRESSED;
	memcpy(point + 1, key->x, key->point_len);
	memcpy(point + 1 + key->point_len, key->y, key->point_len);
	return OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
					       key->kind == CERT_P384 ? "P-384" : "P-256",
					       0) == 1 &&
	       OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
						1 + 2 * key->point_len) == 1;
}

static int make_pkey(const struct key_public *key, EVP_PKEY **ret_pkey, struct err *err)
{
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(cleanup_params) OSSL_PARAM *params = NULL;
	AUTO_PCTX ctx =
		EVP_PKEY_CTX_new_from_name(NULL, key->kind == CERT_RSA ? "RSA" : "EC", NULL);
	AUTO_BN n = NULL;
	uint8_t point[POINT_TEXT_MAX];

	if (!bld || !ctx ||
	    !(key->kind == CERT_RSA ? push_rsa(bld, key, &n) : push_point(bld, key, point)))
		return ossl_fail(err, "public key");
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, ret_pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return ossl_fail(err, "public key");
	return 0;
}

static int sig_to_der(const struct key_public *key, const uint8_t *raw, size_t raw_len,
		      struct key_sig *ret_der, struct err *err)
{
	CLEANUP(cleanup_sig) ECDSA_SIG *pair = ECDSA_SIG_new();
	AUTO_BN r = NULL;
	AUTO_BN s = NULL;
	unsigned char *at = ret_der->data;
	int len;

	if (raw_len != 2 * point_len(key->kind))
		return err_set(err, "signature: not as long as the key's are");
	r = BN_bin2bn(raw, (int)(raw_len / 2), NULL);
	s = BN_bin2bn(raw + raw_len / 2, (int)(raw_len / 2), NULL);
	if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
		return ossl_fail(err, "signature");
	r = NULL;
	s = NULL;
	len = i2d_ECDSA_SIG(pair, NULL);
	if (len < 0 || len > ECDSA_DER_MAX || i2d_ECDSA_SIG(pair, &at) != len)
		return ossl_fail(err, "signature");
	ret_der->len = (size_t)len;
	return 0;
}

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static void cleanup_signer(struct signer **signer)
{
	signer_free(*signer);
}

int key_public_verify_raw(const struct key_public *key, const struct digest *digest,
			  const void *raw, size_t raw_len, struct err *err)
{
	CLEANUP(cleanup_key) struct key *k = NULL;
	CLEANUP(cleanup_signer) struct signer *signer = NULL;
	struct key_sig der = { .len = 0 };
	AUTO_PKEY pkey = NULL;

	if (make_pkey(key, &pkey, err) < 0 || key_from_pkey(pkey, &k, err) < 0)
		return -1;
	if (signer_new(k, &signer, err) < 0)
		return -1;
	if (key->kind == CERT_RSA)
		return signer_verify(signer, digest, raw, raw_len, err);
	if (sig_to_der(key, raw, raw_len, &der, err) < 0)
		return -1;
	return signer_verify(signer, digest, der.data, der.len, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys from their numbers, and what is done with them. */
#include "crypto/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "crypto/pubkey_ossl.h"

#define RSA_BYTES_MAX 512
#define POINT_PLAIN 4 /* uncompressed: SEC 1, 2.3.3 */

struct pubkey {
	EVP_PKEY *pkey;
	enum cert_kind kind;
};

OSSL_CLEANUP(cleanup_bn, BIGNUM, BN_free)
OSSL_CLEANUP(cleanup_bld, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
OSSL_CLEANUP(cleanup_params, OSSL_PARAM, OSSL_PARAM_free)

void pubkey_free(struct pubkey *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

int pubkey_from_pkey(EVP_PKEY *pkey, struct pubkey **ret_key, struct err *err)
{
	struct pubkey *key;
	enum cert_kind kind;

	if (ossl_pkey_kind(pkey, &kind, err) < 0)
		return -1;
	key = calloc(1, sizeof(*key));
	if (!key || EVP_PKEY_up_ref(pkey) != 1) {
		free(key);
		return err_set(err, "out of memory");
	}
	key->pkey = pkey;
	key->kind = kind;
	*ret_key = key;
	return 0;
}

static int import(const char *type, OSSL_PARAM_BLD *bld, struct pubkey **ret_key, struct err *err)
{
	CLEANUP(cleanup_params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	AUTO_PCTX ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	AUTO_PKEY pkey = NULL;
	EVP_PKEY *made = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return ossl_fail(err, "public key");
	pkey = made;
	return pubkey_from_pkey(pkey, ret_key, err);
}

int pubkey_from_rsa(const void *modulus, size_t len, uint32_t exponent, struct pubkey **ret_key,
		    struct err *err)
{
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(cleanup_bn) BIGNUM *n = NULL;

	if (len == 0 || len > RSA_BYTES_MAX)
		return err_set(err, "public key: a modulus of %zu bytes", len);
	if (exponent < 3 || exponent % 2 == 0)
		return err_set(err, "public key: %u is no exponent of RSA", exponent);
	n = BN_bin2bn(modulus, (int)len, NULL);
	if (!n || !bld || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_uint32(bld, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
		return ossl_fail(err, "public key");
	return import("RSA", bld, ret_key, err);
}

EVP_PKEY *pubkey_pkey(const struct pubkey *key)
{
	return key->pkey;
}

enum cert_kind pubkey_kind(const struct pubkey *key)
{
	return key->kind;
}

static size_t coord_len(enum cert_kind curve)
{
	return curve == CERT_P256 ? 32 : 48;
}

int pubkey_point_octets(const struct pubkey_point *point,
			uint8_t ret_octets[static PUBKEY_OCTETS_MAX], struct err *err)
{
	size_t n = coord_len(point->curve);

	if (point->curve == CERT_RSA || point->x_len == 0 || point->y_len == 0 ||
	    point->x_len > n || point->y_len > n)
		return err_set(err, "public key: not a point of P-256 or P-384");
	memset(ret_octets, 0, 1 + 2 * n);
	ret_octets[0] = POINT_PLAIN;
	memcpy(ret_octets + 1 + n - point->x_len, point->x, point->x_len);
	memcpy(ret_octets + 1 + 2 * n - point->y_len, point->y, point->y_len);
	return 0;
}

int pubkey_from_point(const struct pubkey_point *point, struct pubkey **ret_key, struct err *err)
{
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint8_t octets[PUBKEY_OCTETS_MAX];

	if (pubkey_point_octets(point, octets, err) < 0)
		return -1;
	if (!bld ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
					    point->curve == CERT_P256 ? "P-256" : "P-384",
					    0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, octets,
					     1 + 2 * coord_len(point->curve)) != 1)
		return ossl_fail(err, "public key");
	return import("EC", bld, ret_key, err);
}

int pubkey_verify(const struct pubkey *key, const struct digest *digest, const void *sig,
		  size_t sig_len, struct err *err)
{
	const EVP_MD *md = ossl_md(digest->algo);
	AUTO_PCTX ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	int ok;

	if (!md || digest->len != hash_algo_size(digest->algo))
		return err_set(err, "verify: a digest of %zu bytes", digest->len);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 ||
	    (key->kind == CERT_RSA && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return ossl_fail(err, "verify");
	ok = EVP_PKEY_verify(ctx, sig, sig_len, digest->data, digest->len);
	ERR_clear_error();
	return ok == 1 ? 0 : err_set(err, "the signature does not match");
}

int pubkey_matches(const struct pubkey *key, const struct cert *cert, struct err *err)
{
	int same = EVP_PKEY_eq(key->pkey, ossl_cert_pkey(cert));

	ERR_clear_error();
	return same == 1 ? 0 : err_set(err, "the certificate is another key's");
}

/* OpenSSL frees the label that it is given. */
static int set_label(EVP_PKEY_CTX *ctx, const struct pubkey_oaep *how)
{
	void *label = OPENSSL_memdup(how->label, how->label_len);

	if (label && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)how->label_len) == 1)
		return 0;
	OPENSSL_free(label);
	return -1;
}

int pubkey_encrypt(const struct pubkey *key, const struct pubkey_oaep *how,
		   const struct digest *seed, struct buf *out, struct err *err)
{
	AUTO_PCTX ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	const EVP_MD *md = ossl_md(how->hash);
	uint8_t raw[RSA_BYTES_MAX];
	size_t len = sizeof(raw);

	if (key->kind != CERT_RSA || !md)
		return err_set(err, "encrypt: not an RSA key, or no hash");
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1 || set_label(ctx, how) < 0 ||
	    EVP_PKEY_encrypt(ctx, raw, &len, seed->data, seed->len) != 1)
		return ossl_fail(err, "encrypt");
	return buf_put(out, raw, len, err);
}

static int derive(EVP_PKEY *mine, EVP_PKEY *theirs, struct pubkey_shared *shared, struct err *err)
{
	AUTO_PCTX ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = sizeof(shared->z);

	if (ossl_point(mine, shared->len, shared->x, shared->y) < 0 || !ctx ||
	    EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, theirs) != 1 ||
	    EVP_PKEY_derive(ctx, shared->z, &len) != 1 || len != shared->len)
		return ossl_fail(err, "key agreement");
	return 0;
}

int pubkey_agree(const struct pubkey *key, struct pubkey_shared *ret_shared, struct err *err)
{
	AUTO_PKEY mine = NULL;

	if (key->kind == CERT_RSA)
		return err_set(err, "key agreement: not a key of an elliptic curve");
	mine = EVP_EC_gen(key->kind == CERT_P256 ? "P-256" : "P-384");
	if (!mine)
		return ossl_fail(err, "key agreement");
	ret_shared->len = coord_len(key->kind);
	return derive(mine, key->pkey, ret_shared, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenSSL's errors and key kinds in our words. */
#include "crypto/ossl.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

bool ossl_lacked_memory(void)
{
	bool lacked = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		lacked = lacked || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return lacked;
}

int ossl_fail(struct err *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (!code)
		return err_set(err, "%s: refused by OpenSSL", what);
	if (ossl_lacked_memory())
		return err_set(err, "%s: out of memory", what);
	return err_set(err, "%s: %s [%08lx]", what, reason ? reason : "refused by OpenSSL", code);
}

void ossl_query(const EVP_PKEY *pkey, char ret_query[static OSSL_QUERY_MAX])
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(pkey);

	*ret_query = '\0';
	if (provider)
		(void)snprintf(ret_query, OSSL_QUERY_MAX, "?provider=%s",
			       OSSL_PROVIDER_get0_name(provider));
}

const EVP_MD *ossl_md(enum hash_algo algo)
{
	switch (algo) {
	case HASH_SHA1:
		return EVP_sha1();
	case HASH_SHA256:
		return EVP_sha256();
	case HASH_SHA384:
		return EVP_sha384();
	case HASH_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

static int ec_kind(const EVP_PKEY *pkey, enum cert_kind *ret_kind, struct err *err)
{
	char group[64] = "";

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1)
		return ossl_fail(err, "elliptic curve");
	switch (OBJ_txt2nid(group)) {
	case NID_X9_62_prime256v1:
		*ret_kind = CERT_P256;
		return 0;
	case NID_secp384r1:
		*ret_kind = CERT_P384;
		return 0;
	default:
		return err_set(err, "elliptic curve %s is not supported (P-256, P-384)", group);
	}
}

int ossl_pkey_kind(const EVP_PKEY *pkey, enum cert_kind *ret_kind, struct err *err)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "EC"))
		return ec_kind(pkey, ret_kind, err);
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return err_set(err, "a key of this type is not supported (RSA, P-256, P-384)");
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return err_set(err, "an RSA key of %d bits is not supported (%d to %d)", bits,
			       RSA_BITS_MIN, RSA_BITS_MAX);
	*ret_kind = CERT_RSA;
	return 0;
}

int ossl_pubkey_keyid(const X509_PUBKEY *pubkey, uint32_t *ret_keyid, struct err *err)
{
	const unsigned char *bits = NULL;
	struct digest d;
	int len = 0;

	if (X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, pubkey) != 1 || len < 0)
		return ossl_fail(err, "public key");
	if (hash_bytes(HASH_SHA1, bits, (size_t)len, &d, err) < 0)
		return -1;
	*ret_keyid = (uint32_t)d.data[16] << 24 | (uint32_t)d.data[17] << 16 |
		     (uint32_t)d.data[18] << 8 | d.data[19];
	return 0;
}

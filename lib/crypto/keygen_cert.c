/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Self-signed certificates. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "crypto/key_ossl.h"
#include "crypto/keygen.h"
#include "crypto/ossl.h"

#define SERIAL_SIZE 16 /* random bytes */
#define SECONDS_PER_DAY 86400L
#define CLOCK_SLACK 86400L /* seconds: a host whose clock is slow accepts it too */

static int set_serial(X509 *x509)
{
	unsigned char raw[SERIAL_SIZE];
	BIGNUM *bn;
	int ok;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return 0;
	raw[0] = (raw[0] & 0x3f) | 0x40; /* positive, and always of the same length */
	bn = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x509));
	BN_free(bn);
	return ok;
}

static int set_name(X509 *x509, const char *name)
{
	X509_NAME *n = X509_get_subject_name(x509);

	return n &&
	       X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
					  -1, 0) == 1 &&
	       X509_set_issuer_name(x509, n) == 1;
}

static int add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	int ok = ext && X509_add_ext(x509, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

static int add_extensions(X509 *x509)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	return add_extension(x509, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x509, &ctx, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x509, &ctx, NID_subject_key_identifier, "hash") &&
	       add_extension(x509, &ctx, NID_authority_key_identifier, "keyid:always");
}

static int fill(X509 *x509, EVP_PKEY *pkey, const char *name, unsigned int days)
{
	return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), -CLOCK_SLACK) &&
	       X509_gmtime_adj(X509_getm_notAfter(x509), (long)days * SECONDS_PER_DAY) &&
	       X509_set_pubkey(x509, pkey) == 1 && set_name(x509, name) && add_extensions(x509);
}

static int sign(X509 *x509, EVP_PKEY *pkey, const char *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char query[OSSL_QUERY_MAX];
	int ok;

	ossl_query(pkey, query);
	ok = ctx && EVP_DigestSignInit_ex(ctx, NULL, md, NULL, query, pkey, NULL) == 1 &&
	     X509_sign_ctx(x509, ctx) > 0;
	EVP_MD_CTX_free(ctx);
	return ok;
}

int keygen_self_sign(const struct key *key, const char *name, unsigned int days, struct buf *out,
		     struct err *err)
{
	const char *md = key_kind(key) == CERT_P384 ? "SHA384" : "SHA256";
	AUTO_X509 x509 = X509_new();
	unsigned char *der = NULL;
	int len;
	int rc;

	if (!*name || strlen(name) > KEYGEN_NAME_MAX)
		return err_set(err, "a certificate's name has 1 to %d bytes", KEYGEN_NAME_MAX);
	if (days < 1 || days > KEYGEN_DAYS_MAX)
		return err_set(err, "a certificate is valid for 1 to %d days", KEYGEN_DAYS_MAX);
	if (!x509 || !fill(x509, key_pkey(key), name, days) || !sign(x509, key_pkey(key), md))
		return ossl_fail(err, "make the certificate");
	len = i2d_X509(x509, &der);
	if (len <= 0)
		return ossl_fail(err, "make the certificate");
	rc = buf_put(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return rc;
}

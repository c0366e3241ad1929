/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signers of a PKCS #7 message, over OpenSSL's. */
#include "crypto/pkcs7.h"

#include <limits.h>

#include <openssl/pkcs7.h>

#include "crypto/ossl.h"

static void cleanup_pkcs7(PKCS7 **p)
{
	PKCS7_free(*p);
}

static void cleanup_der(unsigned char **p)
{
	OPENSSL_free(*p);
}

static int hash_signer(struct hash_ctx *ctx, const PKCS7_SIGNER_INFO *signer, struct err *err)
{
	CLEANUP(cleanup_der) unsigned char *der = NULL;
	int len = i2d_PKCS7_ISSUER_AND_SERIAL(signer->issuer_and_serial, &der);

	return len <= 0 ? ossl_fail(err, "PKCS #7") : hash_update(ctx, der, (size_t)len, err);
}

int pkcs7_hash_signers(struct hash_ctx *ctx, const void *der, size_t len, struct err *err)
{
	CLEANUP(cleanup_pkcs7) PKCS7 *message = NULL;
	const unsigned char *at = der;
	STACK_OF(PKCS7_SIGNER_INFO) * signers;

	if (len > LONG_MAX)
		return err_set(err, "PKCS #7: too large");
	message = d2i_PKCS7(NULL, &at, (long)len);
	if (!message)
		return ossl_fail(err, "PKCS #7");
	signers = PKCS7_get_signer_info(message);
	if (!signers || sk_PKCS7_SIGNER_INFO_num(signers) <= 0 ||
	    sk_PKCS7_SIGNER_INFO_num(signers) > PKCS7_SIGNERS_MAX)
		return err_set(err, "PKCS #7: no signed message, or more than %d signers",
			       PKCS7_SIGNERS_MAX);
	for (int i = 0; i < sk_PKCS7_SIGNER_INFO_num(signers); i++)
		if (hash_signer(ctx, sk_PKCS7_SIGNER_INFO_value(signers, i), err) < 0)
			return -1;
	return 0;
}

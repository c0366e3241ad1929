/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New keys and how they are written. */
#include "crypto/keygen.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#include "crypto/key_ossl.h"
#include "crypto/ossl.h"

#define SCRYPT_N 16384 /* 16 MiB with r = 8 */
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SALT_SIZE 16 /* bytes */

static const struct {
	const char *name;
	enum keygen_type type;
} types[] = {
	{ "rsa2048", KEYGEN_RSA2048 }, { "rsa3072", KEYGEN_RSA3072 }, { "rsa4096", KEYGEN_RSA4096 },
	{ "p256", KEYGEN_P256 },       { "p384", KEYGEN_P384 },
};

OSSL_CLEANUP(cleanup_p8inf, PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
OSSL_CLEANUP(cleanup_p8, X509_SIG, X509_SIG_free)

int keygen_type_parse(const char *name, enum keygen_type *ret_type, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(name, types[i].name) == 0) {
			*ret_type = types[i].type;
			return 0;
		}
	}
	return err_set(err, "no key type is named '%s' (rsa2048, rsa3072, rsa4096, p256, p384)",
		       name);
}

static EVP_PKEY *generate(enum keygen_type type)
{
	switch (type) {
	case KEYGEN_RSA2048:
		return EVP_RSA_gen(2048);
	case KEYGEN_RSA3072:
		return EVP_RSA_gen(3072);
	case KEYGEN_RSA4096:
		return EVP_RSA_gen(4096);
	case KEYGEN_P256:
		return EVP_EC_gen("P-256");
	case KEYGEN_P384:
		return EVP_EC_gen("P-384");
	}
	return NULL;
}

int keygen_generate(enum keygen_type type, struct key **ret_key, struct err *err)
{
	AUTO_PKEY pkey = generate(type);

	if (!pkey)
		return ossl_fail(err, "make a key");
	return key_from_pkey(pkey, ret_key, err);
}

static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *p8inf, const char *passphrase)
{
	unsigned char salt[SALT_SIZE];
	X509_ALGOR *pbe;
	X509_SIG *p8;

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return NULL;
	pbe = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL, SCRYPT_N, SCRYPT_R,
				    SCRYPT_P);
	if (!pbe)
		return NULL;
	p8 = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), p8inf, pbe);
	if (!p8)
		X509_ALGOR_free(pbe);
	return p8;
}

static int write_pem(BIO *bio, PKCS8_PRIV_KEY_INFO *p8inf, const char *passphrase)
{
	CLEANUP(cleanup_p8) X509_SIG *p8 = NULL;

	if (!passphrase)
		return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, p8inf);
	p8 = encrypt(p8inf, passphrase);
	return p8 ? PEM_write_bio_PKCS8(bio, p8) : 0;
}

int keygen_encode(const struct key *key, const char *passphrase, struct buf *out, struct err *err)
{
	CLEANUP(cleanup_p8inf) PKCS8_PRIV_KEY_INFO *p8inf = EVP_PKEY2PKCS8(key_pkey(key));
	AUTO_BIO bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long len;

	if (!p8inf || !bio || write_pem(bio, p8inf, passphrase) != 1)
		return ossl_fail(err, "write the key");
	len = BIO_get_mem_data(bio, &text);
	return buf_put(out, text, (size_t)len, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certification paths, by OpenSSL. */
#include "crypto/chain.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/io.h"
#include "crypto/ossl.h"

#define AUTH_LEVEL 2 /* of OpenSSL: 112 bits, so no SHA-1 and no RSA-1024 */
#define OID_MAX 64

struct chain {
	X509_STORE *store;
	size_t n;
	uint8_t id[CHAIN_CERTS_MAX][CHAIN_ID_SIZE];
};

OSSL_CLEANUP(cleanup_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
OSSL_CLEANUP(cleanup_usage, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

void chain_free(struct chain *chain)
{
	if (!chain)
		return;
	X509_STORE_free(chain->store);
	free(chain);
}

static void cleanup_chain(struct chain **chain)
{
	chain_free(*chain);
	*chain = NULL;
}

size_t chain_count(const struct chain *chain)
{
	return chain->n;
}

static bool is_certificate(const char *name)
{
	static const char *const ends[] = { ".der", ".pem", ".crt", ".cer" };
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end && name[0] != '.' && i < ARRAY_LEN(ends); i++)
		if (strcmp(end, ends[i]) == 0)
			return true;
	return false;
}

static int take_id(const X509 *x509, uint8_t ret_id[static CHAIN_ID_SIZE], struct err *err)
{
	unsigned int len = 0;

	if (X509_digest(x509, EVP_sha256(), ret_id, &len) != 1 || len != CHAIN_ID_SIZE)
		return ossl_fail(err, "certificate");
	return 0;
}

bool chain_holds(const struct chain *chain, const uint8_t ca[static CHAIN_ID_SIZE])
{
	for (size_t i = 0; i < chain->n; i++)
		if (memcmp(chain->id[i], ca, CHAIN_ID_SIZE) == 0)
			return true;
	return false;
}

static int add_cert(struct chain *chain, X509 *x509, struct err *err)
{
	if (chain->n == CHAIN_CERTS_MAX)
		return err_set(err, "more than %d certificates", CHAIN_CERTS_MAX);
	if (X509_check_ca(x509) == 0)
		return err_set(err, "not that of a CA");
	if (take_id(x509, chain->id[chain->n], err) < 0)
		return -1;
	if (X509_STORE_add_cert(chain->store, x509) != 1)
		return ossl_fail(err, "certificate");
	chain->n++;
	return 0;
}

/* A certificate needs no passphrase; OpenSSL would ask the terminal for one. */
static int no_passphrase(char *text UNUSED, int size UNUSED, int rwflag UNUSED, void *ctx UNUSED)
{
	return -1;
}

/* One or more, and after the last nothing that looks like one. */
static int add_pem(struct chain *chain, const struct buf *raw, struct err *err)
{
	AUTO_BIO bio = BIO_new_mem_buf(raw->data, (int)raw->len);
	size_t before = chain->n;

	while (bio) {
		AUTO_X509 x509 = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

		if (!x509)
			break;
		if (add_cert(chain, x509, err) < 0)
			return -1;
	}
	if (chain->n == before || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return err_set(err, "not X.509 certificates (DER or PEM)");
	}
	ERR_clear_error();
	return 0;
}

/* Other than signers of files, a CA may have a key of any kind that OpenSSL verifies with. */
static int add_any(struct chain *chain, const struct buf *raw, struct err *err)
{
	const unsigned char *at = raw->data;
	AUTO_X509 x509 = d2i_X509(NULL, &at, (long)raw->len);

	ERR_clear_error();
	if (x509 && at == raw->data + raw->len)
		return add_cert(chain, x509, err);
	return add_pem(chain, raw, err);
}

static int add(struct chain *chain, const char *dir, const char *name, struct err *err)
{
	AUTO_BUF raw = BUF_INIT(CHAIN_FILE_MAX);
	AUTO_STR path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return err_set(err, "out of memory");
	if (io_read_file(path, &raw, err) < 0)
		return -1;
	if (raw.len == 0)
		return err_set(err, "certificate: %s: empty", path);
	if (add_any(chain, &raw, err) < 0)
		return err_prepend(err, "certificate: %s", path);
	return 0;
}

static int add_all(struct chain *chain, const char *dir, struct err *err)
{
	AUTO_DIR list = opendir(dir);
	const struct dirent *entry;

	if (!list)
		return err_errno(err, "certificates: %s", dir);
	while ((entry = readdir(list)) != NULL)
		if (is_certificate(entry->d_name) && add(chain, dir, entry->d_name, err) < 0)
			return -1;
	return 0;
}

int chain_load(const char *dir, struct chain **ret_chain, struct err *err)
{
	CLEANUP(cleanup_chain) struct chain *chain = calloc(1, sizeof(*chain));

	if (chain)
		chain->store = X509_STORE_new();
	if (!chain || !chain->store)
		return err_set(err, "out of memory");
	if (add_all(chain, dir, err) < 0)
		return -1;
	*ret_chain = take_ptr(&chain);
	return 0;
}

static void set_rules(X509_STORE_CTX *ctx, int64_t time)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, (time_t)time);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
}

/* Who is trusted is all that a path may lead through: so is the one that signed. */
static int signed_by(X509_STORE_CTX *ctx, uint8_t ret_ca[static CHAIN_ID_SIZE], struct err *err)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

	if (sk_X509_num(path) < 2)
		return err_set(err, "certificate: trusted by itself");
	return take_id(sk_X509_value(path, 1), ret_ca, err);
}

int chain_verify(const struct chain *chain, const struct cert *cert, int64_t time,
		 uint8_t ret_ca[static CHAIN_ID_SIZE], struct err *err)
{
	CLEANUP(cleanup_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int why;

	if (chain->n == 0)
		return err_set(err, "no CA is trusted");
	if (!ctx || X509_STORE_CTX_init(ctx, chain->store, ossl_cert_x509(cert), NULL) != 1)
		return ossl_fail(err, "certificate");
	set_rules(ctx, time);
	if (X509_verify_cert(ctx) == 1 && X509_STORE_CTX_get_error(ctx) == X509_V_OK)
		return signed_by(ctx, ret_ca, err);
	why = X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	return err_set(err, "certificate: %s: %s", cert_subject(cert),
		       why == X509_V_OK ? "refused by OpenSSL"
					: X509_verify_cert_error_string(why));
}

bool chain_has_usage(const struct cert *cert, const char *oid)
{
	CLEANUP(cleanup_usage)
	EXTENDED_KEY_USAGE *usage =
		X509_get_ext_d2i(ossl_cert_x509(cert), NID_ext_key_usage, NULL, NULL);

	for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++) {
		char text[OID_MAX];
		int n = OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(usage, i), 1);

		if (n > 0 && n < OID_MAX && strcmp(text, oid) == 0)
			return true;
	}
	ERR_clear_error();
	return false;
}

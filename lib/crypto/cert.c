/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates: parsing, what they allow, and verification with their key. */
#include "crypto/cert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/io.h"
#include "crypto/ossl.h"
#include "crypto/p256.h"

#define SUBJECT_MAX 256 /* bytes shown of a name */
#define SPARE_MAX 8	/* contexts kept per hash algorithm */
#define SPARE_ALGOS 8	/* more than the largest number of enum hash_algo */

/* What is made on the way and kept: contexts that are idle (to make one takes as long as half a
 * verification), and a table for the key. */
struct spares {
	struct p256_lazy p256;
	_Atomic(EVP_PKEY_CTX *) slot[SPARE_ALGOS][SPARE_MAX];
};

struct cert {
	X509 *x509;
	EVP_PKEY *pkey;
	struct spares *spares;
	uint8_t *der;
	size_t der_len;
	uint32_t keyid;
	enum cert_kind kind;
	int64_t not_after;
	char subject[SUBJECT_MAX];
};

void cert_free(struct cert *cert)
{
	if (!cert)
		return;
	for (size_t i = 0; cert->spares && i < SPARE_ALGOS; i++)
		for (size_t k = 0; k < SPARE_MAX; k++)
			EVP_PKEY_CTX_free(cert->spares->slot[i][k]);
	if (cert->spares)
		p256_lazy_done(&cert->spares->p256);
	free(cert->spares);
	X509_free(cert->x509);
	EVP_PKEY_free(cert->pkey);
	OPENSSL_free(cert->der);
	free(cert);
}

static void cleanup_cert(struct cert **cert)
{
	cert_free(*cert);
	*cert = NULL;
}

static X509 *parse_der(const void *data, size_t len)
{
	const unsigned char *p = data;
	AUTO_X509 x509 = d2i_X509(NULL, &p, (long)len);

	/* Bytes after the certificate would not reach the kernel: refuse what we can't vouch for.
	 */
	if (!x509 || p != (const unsigned char *)data + len)
		return NULL;
	return take_ptr(&x509);
}

/* A certificate needs no passphrase; OpenSSL would ask the terminal for one. */
static int no_passphrase(char *text UNUSED, int size UNUSED, int rwflag UNUSED, void *ctx UNUSED)
{
	return -1;
}

/* *ret_more: something follows that would be silently left out. */
static X509 *parse_pem(BIO *bio, bool *ret_more)
{
	X509 *x509 = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	AUTO_X509 second = NULL;

	ERR_clear_error();
	if (!x509)
		return NULL;
	second = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	*ret_more = second || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
	return x509;
}

static X509 *parse_any(const void *data, size_t len, bool *ret_more)
{
	X509 *x509 = parse_der(data, len);
	AUTO_BIO bio = NULL;

	if (x509)
		return x509;
	ERR_clear_error();
	bio = BIO_new_mem_buf(data, (int)len);
	return bio ? parse_pem(bio, ret_more) : NULL;
}

static int find_keyid(struct cert *c, struct err *err)
{
	const ASN1_OCTET_STRING *skid = X509_get0_subject_key_id(c->x509);
	const unsigned char *p = skid ? ASN1_STRING_get0_data(skid) : NULL;
	int len = skid ? ASN1_STRING_length(skid) : 0;

	if (len < 4)
		return ossl_pubkey_keyid(X509_get_X509_PUBKEY(c->x509), &c->keyid, err);
	p += len - 4;
	c->keyid = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return 0;
}

static void copy_subject(struct cert *c)
{
	AUTO_BIO bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(c->x509), 0,
				       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		return;
	n = BIO_get_mem_data(bio, &text);
	if (n > SUBJECT_MAX - 1)
		n = SUBJECT_MAX - 1;
	if (n > 0)
		memcpy(c->subject, text, (size_t)n);
}

static int64_t time_of(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/*
 * The bits are an RSAPublicKey as ever, and what the parameters say is of no use to us.  OpenSSL
 * reads the key from then on; what was signed it keeps as the bytes that it decoded, so that the
 * signature stays one over the whole certificate as it came.
 */
static void read_oaep(X509 *x509)
{
	ASN1_OBJECT *algorithm = NULL;
	const unsigned char *at = NULL;
	AUTO_PKEY pkey = NULL;
	int len = 0;

	if (X509_PUBKEY_get0_param(&algorithm, &at, &len, NULL, X509_get_X509_PUBKEY(x509)) != 1 ||
	    OBJ_obj2nid(algorithm) != NID_rsaesOaep)
		return;
	pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, len);
	if (pkey)
		(void)X509_set_pubkey(x509, pkey);
	ERR_clear_error();
}

static int fill(struct cert *c, bool oaep, struct err *err)
{
	int n = i2d_X509(c->x509, &c->der);

	if (n <= 0)
		return ossl_fail(err, "certificate");
	c->der_len = (size_t)n;
	if (oaep)
		read_oaep(c->x509);
	c->pkey = X509_get_pubkey(c->x509);
	if (!c->pkey)
		return ossl_fail(err, "public key of the certificate");
	if (ossl_pkey_kind(c->pkey, &c->kind, err) < 0 || find_keyid(c, err) < 0)
		return err_prepend(err, "certificate");
	c->not_after = time_of(X509_get0_notAfter(c->x509));
	copy_subject(c);
	return 0;
}

static int parse(const void *data, size_t len, bool oaep, struct cert **ret_cert, struct err *err)
{
	CLEANUP(cleanup_cert) struct cert *c = NULL;
	bool more = false;

	if (len == 0)
		return err_set(err, "empty, not a certificate");
	if (len > CERT_FILE_MAX)
		return err_set(err, "larger than %d bytes, not a certificate", CERT_FILE_MAX);
	c = calloc(1, sizeof(*c));
	if (c)
		c->spares = calloc(1, sizeof(*c->spares));
	if (!c || !c->spares)
		return err_set(err, "out of memory");
	c->x509 = parse_any(data, len, &more);
	ERR_clear_error();
	if (!c->x509)
		return err_set(err, "not an X.509 certificate (DER or PEM)");
	if (more)
		return err_set(err, "holds several certificates; one per file");
	/* Decodes the extensions now: later questions only read. */
	if (X509_get_extension_flags(c->x509) & EXFLAG_INVALID) {
		ERR_clear_error();
		return err_set(err, "a certificate with malformed extensions");
	}
	if (fill(c, oaep, err) < 0)
		return -1;
	*ret_cert = take_ptr(&c);
	return 0;
}

int cert_parse(const void *data, size_t len, struct cert **ret_cert, struct err *err)
{
	return parse(data, len, false, ret_cert, err);
}

int cert_parse_ek(const void *data, size_t len, struct cert **ret_cert, struct err *err)
{
	return parse(data, len, true, ret_cert, err);
}

int cert_load(const char *path, struct cert **ret_cert, struct err *err)
{
	AUTO_BUF raw = BUF_INIT(CERT_FILE_MAX);

	if (io_read_file(path, &raw, err) < 0)
		return -1;
	if (cert_parse(raw.data, raw.len, ret_cert, err) < 0)
		return err_prepend(err, "certificate: %s", path);
	return 0;
}

uint32_t cert_keyid(const struct cert *cert)
{
	return cert->keyid;
}

enum cert_kind cert_kind(const struct cert *cert)
{
	return cert->kind;
}

unsigned int cert_bits(const struct cert *cert)
{
	return (unsigned int)EVP_PKEY_get_bits(cert->pkey);
}

const char *cert_subject(const struct cert *cert)
{
	return cert->subject;
}

bool cert_is_ca(const struct cert *cert)
{
	return X509_check_ca(cert->x509) != 0;
}

bool cert_may_sign_digests(const struct cert *cert)
{
	return (X509_get_extension_flags(cert->x509) & EXFLAG_KUSAGE) &&
	       (X509_get_key_usage(cert->x509) & KU_DIGITAL_SIGNATURE);
}

int64_t cert_not_after(const struct cert *cert)
{
	return cert->not_after;
}

void cert_der(const struct cert *cert, const uint8_t **ret_data, size_t *ret_len)
{
	*ret_data = cert->der;
	*ret_len = cert->der_len;
}

X509 *ossl_cert_x509(const struct cert *cert)
{
	return cert->x509;
}

EVP_PKEY *ossl_cert_pkey(const struct cert *cert)
{
	return cert->pkey;
}

static EVP_PKEY_CTX *make_ctx(const struct cert *cert, const EVP_MD *md)
{
	AUTO_PCTX ctx = EVP_PKEY_CTX_new(cert->pkey, NULL);

	if (!ctx || !md || EVP_PKEY_verify_init(ctx) != 1 ||
	    (cert->kind == CERT_RSA && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return NULL;
	return take_ptr(&ctx);
}

static EVP_PKEY_CTX *take_spare(const struct cert *cert, enum hash_algo algo)
{
	for (size_t i = 0; i < SPARE_MAX; i++) {
		EVP_PKEY_CTX *ctx = atomic_exchange(&cert->spares->slot[algo][i], NULL);

		if (ctx)
			return ctx;
	}
	return make_ctx(cert, ossl_md(algo));
}

static void keep_spare(const struct cert *cert, enum hash_algo algo, EVP_PKEY_CTX *ctx)
{
	for (size_t i = 0; i < SPARE_MAX; i++) {
		EVP_PKEY_CTX *empty = NULL;

		if (atomic_compare_exchange_strong(&cert->spares->slot[algo][i], &empty, ctx))
			return;
	}
	EVP_PKEY_CTX_free(ctx);
}

static enum cert_answer verify_plain(const struct cert *cert, const struct digest *digest,
				     const void *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = take_spare(cert, digest->algo);
	enum cert_answer answer = CERT_YES;

	if (!ctx) {
		ERR_clear_error();
		return CERT_CANT_ASK;
	}
	if (EVP_PKEY_verify(ctx, sig, sig_len, digest->data, digest->len) != 1)
		answer = ossl_lacked_memory() ? CERT_CANT_ASK : CERT_NO;
	keep_spare(cert, digest->algo, ctx);
	return answer;
}

enum cert_answer cert_ask(const struct cert *cert, const struct digest *digest, const void *sig,
			  size_t sig_len)
{
	const struct p256 *fast = NULL;

	if (digest->len == 0 || digest->len != hash_algo_size(digest->algo))
		return CERT_NO;
	if (cert->kind == CERT_P256)
		fast = p256_when_it_pays(&cert->spares->p256, cert->pkey);
	/* What it refuses may have failed for another reason: the slow way tells. */
	if (fast && p256_verify(fast, digest, sig, sig_len))
		return CERT_YES;
	return verify_plain(cert, digest, sig, sig_len);
}

int cert_verify(const struct cert *cert, const struct digest *digest, const void *sig,
		size_t sig_len, struct err *err)
{
	if (digest->len == 0 || digest->len != hash_algo_size(digest->algo))
		return err_set(err, "verify: a digest of %zu bytes", digest->len);
	switch (cert_ask(cert, digest, sig, sig_len)) {
	case CERT_YES:
		return 0;
	case CERT_CANT_ASK:
		return err_set(err, "verify: out of memory");
	case CERT_NO:
		break;
	}
	return err_set(err, "the signature does not match");
}

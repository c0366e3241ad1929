/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signing context for one thread. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "crypto/key_ossl.h"
#include "crypto/ossl.h"

struct signer {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY_CTX *verify_ctx; /* made when first needed */
	const EVP_MD *md;	  /* the one that ctx is set to */
	const EVP_MD *verify_md;
	enum cert_kind kind;
	struct p256_lazy *p256;
	pthread_mutex_t *token; /* NULL: the key is this signer's own */
};

void signer_free(struct signer *signer)
{
	if (!signer)
		return;
	EVP_PKEY_CTX_free(signer->ctx);
	EVP_PKEY_CTX_free(signer->verify_ctx);
	EVP_PKEY_free(signer->pkey);
	free(signer);
}

static int prepare(struct signer *s, struct err *err)
{
	char query[OSSL_QUERY_MAX];

	ossl_query(s->pkey, query);
	s->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->pkey, query);
	if (!s->ctx || EVP_PKEY_sign_init(s->ctx) != 1)
		return ossl_fail(err, "the key can't sign");
	if (s->kind == CERT_RSA && EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PADDING) != 1)
		return ossl_fail(err, "RSA PKCS#1 padding");
	return 0;
}

/* Such a key gets a copy for each thread: the blinding of a shared RSA key is behind one lock.  The
 * copy of one in a token would lack the private half. */
static bool is_in_memory(const EVP_PKEY *pkey)
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(pkey);

	return provider && strcmp(OSSL_PROVIDER_get0_name(provider), "default") == 0;
}

int signer_new(const struct key *key, struct signer **ret_signer, struct err *err)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, "out of memory");
	s->kind = key_kind(key);
	s->p256 = key_p256(key);
	if (is_in_memory(key_pkey(key)))
		s->pkey = EVP_PKEY_dup(key_pkey(key));
	else
		s->token = key_token_lock(key);
	if (!s->pkey && EVP_PKEY_up_ref(key_pkey(key)) == 1)
		s->pkey = key_pkey(key);
	ERR_clear_error();
	if (!s->pkey || prepare(s, err) < 0) {
		if (!s->pkey)
			(void)err_set(err, "out of memory");
		signer_free(s);
		return -1;
	}
	*ret_signer = s;
	return 0;
}

static void lock(const struct signer *s)
{
	if (s->token)
		(void)pthread_mutex_lock(s->token);
}

static void unlock(const struct signer *s)
{
	if (s->token)
		(void)pthread_mutex_unlock(s->token);
}

int signer_sign(struct signer *signer, const struct digest *digest,
		uint8_t ret_sig[static KEY_SIG_MAX], size_t *ret_len, struct err *err)
{
	const EVP_MD *md = ossl_md(digest->algo);
	size_t len = KEY_SIG_MAX;
	int ok = 0;

	if (!md)
		return err_set(err, "sign: hash algorithm number %u is not supported",
			       (unsigned int)digest->algo);
	if (md != signer->md && EVP_PKEY_CTX_set_signature_md(signer->ctx, md) != 1)
		return ossl_fail(err, "sign");
	signer->md = md;
	lock(signer);
	ok = EVP_PKEY_sign(signer->ctx, ret_sig, &len, digest->data, digest->len);
	unlock(signer);
	if (ok != 1)
		return ossl_fail(err, "sign");
	*ret_len = len;
	return 0;
}

static int prepare_verify(struct signer *s, struct err *err)
{
	AUTO_PCTX ctx = EVP_PKEY_CTX_new(s->pkey, NULL);

	if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
		return ossl_fail(err, "the key can't verify");
	if (s->kind == CERT_RSA && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return ossl_fail(err, "RSA PKCS#1 padding");
	s->verify_ctx = take_ptr(&ctx);
	return 0;
}

/* What EVP_PKEY_verify says; -1 and a line where it could not be asked. */
static int verify_plain(struct signer *signer, const struct digest *digest, const void *sig,
			size_t sig_len, struct err *err)
{
	const EVP_MD *md = ossl_md(digest->algo);
	int ok;

	if (!signer->verify_ctx && prepare_verify(signer, err) < 0)
		return -1;
	if (!md ||
	    (md != signer->verify_md && EVP_PKEY_CTX_set_signature_md(signer->verify_ctx, md) != 1))
		return ossl_fail(err, "verify");
	signer->verify_md = md;
	lock(signer);
	ok = EVP_PKEY_verify(signer->verify_ctx, sig, sig_len, digest->data, digest->len);
	unlock(signer);
	ERR_clear_error();
	return ok == 1;
}

int signer_verify(struct signer *signer, const struct digest *digest, const void *sig,
		  size_t sig_len, struct err *err)
{
	const struct p256 *fast = NULL;
	int ok;

	if (signer->kind == CERT_P256 && digest->len && digest->len == hash_algo_size(digest->algo))
		fast = p256_when_it_pays(signer->p256, signer->pkey);
	ok = fast ? p256_verify(fast, digest, sig, sig_len)
		  : verify_plain(signer, digest, sig, sig_len, err);
	if (ok < 0)
		return -1;
	return ok == 1 ? 0 : err_set(err, "the signature does not match");
}

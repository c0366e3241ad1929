/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys and signing with them. */
#include "crypto/key.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/io.h"
#include "crypto/key_ossl.h"
#include "crypto/ossl.h"

#define KEY_FILE_MAX 65536 /* bytes of one key file */

/* What every signer of the key uses. */
struct shared {
	pthread_mutex_t token; /* for a key that can't be copied into each thread */
	struct p256_lazy p256;
};

struct key {
	EVP_PKEY *pkey;
	enum cert_kind kind;
	struct shared *shared;
};

/* What the passphrase callback knows and leaves behind. */
struct asking {
	const char *uri;
	key_ask_fn ask;
	unsigned int asked; /* times */
	bool failed;	    /* to be had: nothing more is asked */
	struct err *err;
};

OSSL_CLEANUP(cleanup_store, OSSL_STORE_CTX, (void)OSSL_STORE_close)
OSSL_CLEANUP(cleanup_ui, UI_METHOD, UI_destroy_method)

static int passphrase(char *ret_text, int size, int rwflag UNUSED, void *ctx)
{
	struct asking *a = ctx;

	a->failed = a->failed || !a->ask || a->asked == KEY_TRIES ||
		    a->ask(a->uri, a->asked, ret_text, (size_t)size, a->err) < 0;
	a->asked += a->asked < KEY_TRIES ? 1 : 0;
	if (a->failed)
		return -1;
	return (int)strlen(ret_text);
}

void key_free(struct key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	(void)pthread_mutex_destroy(&key->shared->token);
	p256_lazy_done(&key->shared->p256);
	free(key->shared);
	free(key);
}

int key_from_pkey(EVP_PKEY *pkey, struct key **ret_key, struct err *err)
{
	enum cert_kind kind;
	struct key *key;

	if (ossl_pkey_kind(pkey, &kind, err) < 0)
		return -1;
	key = calloc(1, sizeof(*key));
	if (key)
		key->shared = calloc(1, sizeof(*key->shared));
	if (!key || !key->shared || EVP_PKEY_up_ref(pkey) != 1) {
		if (key)
			free(key->shared);
		free(key);
		return err_set(err, "out of memory");
	}
	(void)pthread_mutex_init(&key->shared->token, NULL);
	key->pkey = pkey;
	key->kind = kind;
	*ret_key = key;
	return 0;
}

EVP_PKEY *key_pkey(const struct key *key)
{
	return key->pkey;
}

pthread_mutex_t *key_token_lock(const struct key *key)
{
	return &key->shared->token;
}

struct p256_lazy *key_p256(const struct key *key)
{
	return &key->shared->p256;
}

/* The first private key that the store gives. */
static int first_key(OSSL_STORE_CTX *store, EVP_PKEY **ret_pkey)
{
	while (!OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		EVP_PKEY *pkey = NULL;

		if (!info && OSSL_STORE_error(store))
			return -1;
		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
		if (pkey) {
			*ret_pkey = pkey;
			return 0;
		}
	}
	return -1;
}

/* none is what is said where OpenSSL refused nothing in particular. */
static int explain(const struct asking *a, const char *none, struct err *err)
{
	bool answered = a->asked > 0 && a->ask;

	if (answered && err->text[0]) {
		ERR_clear_error();
		return -1;
	}
	ERR_clear_error();
	if (!a->asked)
		return err_set(err, "%s", none);
	return err_set(err, answered ? "the passphrase does not open the key"
				     : "the key needs a passphrase and none was given");
}

/* Only the owner may know a private key; the owner is us or root. */
static int check_file(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (st.st_mode & 077)
		return err_set(err, "mode %04o lets others at the private key; make it 0600",
			       (unsigned int)(st.st_mode & 07777));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, "owned by user %u, not by us or root", (unsigned int)st.st_uid);
	return 0;
}

/* Its errors have the path. */
static int read_file(const char *path, struct buf *raw, struct err *err)
{
	AUTO_FD fd = -1;

	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	if (io_read_fd(fd, path, raw, err) < 0)
		return -1;
	if (strstr(buf_text(raw), "-----BEGIN CERTIFICATE") &&
	    !strstr(buf_text(raw), "PRIVATE KEY"))
		return err_set(err, "%s: a certificate, where a private key is meant", path);
	return check_file(fd, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

static int load_file(const struct buf *raw, struct asking *a, const UI_METHOD *ui,
		     EVP_PKEY **ret_pkey, struct err *err)
{
	CLEANUP(cleanup_store) OSSL_STORE_CTX *store = NULL;
	AUTO_BIO bio = NULL;

	if (raw->len == 0)
		return err_set(err, "the file is empty");
	bio = BIO_new_mem_buf(raw->data, (int)raw->len);
	if (bio)
		store = OSSL_STORE_attach(bio, "file", NULL, NULL, ui, a, NULL, NULL, NULL);
	if (!store || first_key(store, ret_pkey) < 0)
		return explain(a, "no private key was found in it (PEM or DER)", err);
	return 0;
}

/* Schemes that are served by providers which few configurations load. */
static const struct scheme {
	const char *name;
	const char *provider;
	const char *query; /* under which the key stays with its provider */
	const char *needs; /* in words */
} schemes[] = {
	{ "pkcs11", "pkcs11", "?provider=pkcs11", "pkcs11-provider, and the token" },
	{ "handle", "tpm2", "?provider=tpm2", "tpm2-openssl, and a TPM" },
};

/* NULL: OpenSSL may serve it by itself. */
static const struct scheme *scheme_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strcmp(schemes[i].name, name) == 0)
			return &schemes[i];
	return NULL;
}

/* The provider's libraries print what they stumble on: the TPM's only where that is wanted. */
static void load_provider(const struct scheme *scheme)
{
	if (OSSL_PROVIDER_available(NULL, scheme->provider) == 1)
		return;
	(void)setenv("TSS2_LOG", "all+none", 0);
	(void)OSSL_PROVIDER_try_load(NULL, "default", 1);
	(void)OSSL_PROVIDER_try_load(NULL, scheme->provider, 1);
	ERR_clear_error();
}

static bool has_store(const char *name)
{
	OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, name, NULL);

	OSSL_STORE_LOADER_free(loader);
	ERR_clear_error();
	return loader != NULL;
}

static int load_uri(const char *uri, struct asking *a, const UI_METHOD *ui, EVP_PKEY **ret_pkey,
		    struct err *err)
{
	CLEANUP(cleanup_store) OSSL_STORE_CTX *store = NULL;
	AUTO_STR name = strndup(uri, strcspn(uri, ":"));
	const struct scheme *scheme = name ? scheme_of(name) : NULL;

	if (!name)
		return err_set(err, "out of memory");
	if (scheme)
		load_provider(scheme);
	if (!has_store(name) && scheme)
		return err_set(err, "a key there needs %s", scheme->needs);
	if (!has_store(name))
		return err_set(err, "OpenSSL has no store for '%s:'", name);
	store = OSSL_STORE_open_ex(uri, NULL, scheme ? scheme->query : NULL, ui, a, NULL, NULL,
				   NULL);
	if (store && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1 &&
	    first_key(store, ret_pkey) == 0)
		return 0;
	return explain(a, "no private key was found there", err);
}

/* The path of a file: URI or of a plain path; NULL: another scheme. */
static const char *path_of(const char *uri)
{
	const char *colon = strchr(uri, ':');
	const char *slash = strchr(uri, '/');

	if (strncmp(uri, "file://", 7) == 0)
		return strchr(uri + 7, '/');
	if (strncmp(uri, "file:", 5) == 0)
		return uri + 5;
	return !colon || (slash && slash < colon) ? uri : NULL;
}

static int load(struct asking *a, struct key **ret_key)
{
	CLEANUP(cleanup_ui) UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(passphrase, 0);
	CLEANUP(buf_wipe) struct buf raw = BUF_INIT(KEY_FILE_MAX);
	const char *path = path_of(a->uri);
	AUTO_PKEY pkey = NULL;
	int rc;

	a->err->text[0] = '\0';
	if (!ui)
		return err_set(a->err, "out of memory");
	if (path && read_file(path, &raw, a->err) < 0)
		return err_prepend(a->err, "key");
	rc = path ? load_file(&raw, a, ui, &pkey, a->err) : load_uri(a->uri, a, ui, &pkey, a->err);
	if (rc < 0 || key_from_pkey(pkey, ret_key, a->err) < 0)
		return err_prepend(a->err, "key: %s", a->uri);
	return 0;
}

int key_load(const char *uri, key_ask_fn ask, struct key **ret_key, struct err *err)
{
	struct err none = ERR_INIT;
	struct asking a = { .uri = uri, .ask = ask, .asked = 0, .err = err ? err : &none };

	return load(&a, ret_key);
}

int key_probe(const char *uri, struct err *err)
{
	struct err none = ERR_INIT;
	struct asking a = { .uri = uri, .ask = NULL, .asked = 0, .err = err ? err : &none };
	struct key *key = NULL;
	int rc = load(&a, &key);

	key_free(key);
	return a.asked ? 0 : rc;
}

enum cert_kind key_kind(const struct key *key)
{
	return key->kind;
}

int key_matches(const struct key *key, const struct cert *cert, struct err *err)
{
	int same = EVP_PKEY_eq(key->pkey, ossl_cert_pkey(cert));

	ERR_clear_error();
	if (same == 1)
		return 0;
	return err_set(err, "the certificate %s is of another key", cert_subject(cert));
}

int key_keyid(const struct key *key, uint32_t *ret_keyid, struct err *err)
{
	AUTO_PUBKEY pubkey = NULL;

	if (X509_PUBKEY_set(&pubkey, key->pkey) != 1)
		return ossl_fail(err, "public key");
	return ossl_pubkey_keyid(pubkey, ret_keyid, err);
}

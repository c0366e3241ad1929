/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's own keys and token; the first start makes them. */
#ifndef ASSAY_ATTEST_VERIFIER_KEYS_H
#define ASSAY_ATTEST_VERIFIER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "attest/enrol.h"
#include "attest/verifier/settings.h"
#include "attest/verifier/store.h"
#include "crypto/key.h"
#include "crypto/pubkey.h"

#define KEYS_RESULT "result.key" /* PKCS#8 PEM, P-256: signs attestation results */
#define KEYS_ADMIN "admin.token" /* a line of hex */
#define KEYS_TLS_CERT "tls.crt"	 /* PEM, self-signed */
#define KEYS_TLS_KEY "tls.key"
#define KEYS_TOKEN_SIZE 32 /* random bytes of the admin token */
#define KEYS_TOKEN_TEXT (2 * KEYS_TOKEN_SIZE)

struct keys {
	struct key *result;
	struct pubkey *public_key; /* its public half */
	struct buf public_pem;
	uint8_t token[TOKEN_KEY_SIZE]; /* of nonces and challenges; shared through the store */
	char admin[KEYS_TOKEN_TEXT + 1];
};

/* Told of each file that was made. */
typedef void (*keys_made_fn)(const char *what, const char *path);

/* Loads them from the directory, and makes those that are missing. */
MUST_USE int keys_load(const struct vset *set, keys_made_fn fn, struct keys *ret_keys,
		       struct err *err);
/* The key of nonces: the first verifier of a store makes it. */
MUST_USE int keys_share(struct store_conn *conn, struct keys *keys, struct err *err);
void keys_done(struct keys *keys);

/* The administrator's token from its file, which nobody else may read. */
MUST_USE int keys_read_admin(const char *path, char ret_token[static KEYS_TOKEN_TEXT + 1],
			     struct err *err);

/* The certificate and key to serve with, PEM.  The key is the caller's to wipe. */
MUST_USE int keys_load_tls(const struct vset *set, keys_made_fn fn, struct buf *cert,
			   struct buf *key, struct err *err);

/* true only for the administrator's token, in a time that does not tell how much of it was right.
 */
bool keys_is_admin(const struct keys *keys, const char *token);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key that signs and the certificates that are trusted: what options name, else what is
 * configured. */
#ifndef ASSAY_CLI_KEYS_H
#define ASSAY_CLI_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "proto/config.h"

/* What a command was given; all owned by the caller. */
struct keys {
	const struct config *config;	 /* with a root, its paths lie below that */
	const char *root;		 /* for remedies; NULL: the running system */
	const char *key;		 /* --key; NULL: the configured one */
	const char *certs[CERT_SET_MAX]; /* --cert */
	size_t n_certs;
};

/* --digest: what new signatures are made over. */
MUST_USE int keys_parse_digest(const char *name, enum hash_algo *ret_algo, struct err *err);

MUST_USE int keys_add_cert(struct keys *keys, const char *path, struct err *err);

/* Asks for the passphrase as passphrase_ask does. */
MUST_USE int keys_load_signing(const struct keys *keys, struct key **ret_key, struct err *err);

/*
 * The key ID of the certificate that holds the key; by the key itself when there is none.  The
 * configured certificate must hold the configured key: the kernel would know no other.
 */
MUST_USE int keys_find_id(const struct keys *keys, const struct key *key, uint32_t *ret_keyid,
			  struct err *err);

/* The certificates given, else those of the configured directory; none at all is an error. */
MUST_USE int keys_load_trusted(const struct keys *keys, struct cert_set *set, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making keys and the certificates that IMA and EVM take them in. */
#ifndef ASSAY_CRYPTO_KEYGEN_H
#define ASSAY_CRYPTO_KEYGEN_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/key.h"

#define KEYGEN_NAME_MAX 64 /* bytes of a common name: ub-common-name of RFC 5280 */
#define KEYGEN_DAYS_MAX 36500

enum keygen_type { KEYGEN_RSA2048, KEYGEN_RSA3072, KEYGEN_RSA4096, KEYGEN_P256, KEYGEN_P384 };

/* "rsa2048", ..., "p384". */
MUST_USE int keygen_type_parse(const char *name, enum keygen_type *ret_type, struct err *err);

MUST_USE int keygen_generate(enum keygen_type type, struct key **ret_key, struct err *err);

/* PKCS#8 in PEM; with a passphrase: AES-256-CBC, the key derived by scrypt.  NULL: in clear.  The
 * buffer is the caller's to wipe. */
MUST_USE int keygen_encode(const struct key *key, const char *passphrase, struct buf *out,
			   struct err *err);

/*
 * A self-signed X.509 certificate in DER: CN=name, keyUsage digitalSignature only (critical), not a
 * CA (critical), subjectKeyIdentifier SHA-1 of the key, authorityKeyIdentifier.
 */
MUST_USE int keygen_self_sign(const struct key *key, const char *name, unsigned int days,
			      struct buf *out, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the secret, and deriving from it. */
#include "lock/secret.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "crypto/hkdf.h"

#define LABEL_PREFIX "assay-lock"

void lock_secret_wipe(uint8_t (*secret)[LOCK_SECRET_SIZE])
{
	explicit_bzero(*secret, sizeof(*secret));
}

int lock_secret_make(uint8_t ret_secret[static LOCK_SECRET_SIZE], struct err *err)
{
	return random_bytes(ret_secret, LOCK_SECRET_SIZE, err);
}

int lock_secret_derive(const uint8_t secret[static LOCK_SECRET_SIZE], const char *kind,
		       const char *name, uint8_t ret_key[static LOCK_KEY_SIZE], struct err *err)
{
	char label[LOCK_LABEL_MAX];
	struct hkdf from = { .secret = secret, .secret_len = LOCK_SECRET_SIZE, .info = label };
	int len = snprintf(label, sizeof(label), LABEL_PREFIX " %s %s", kind, name);

	if (len < 0 || (size_t)len >= sizeof(label) || !*kind || !*name || strchr(kind, ' '))
		return err_set(err, "derive a key: '%s' of kind '%s' can't be a label", name, kind);
	return hkdf_sha256(&from, ret_key, LOCK_KEY_SIZE, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting OpenSSL with less than it takes by itself. */
#include "crypto/init.h"

#include <openssl/crypto.h>

#define PLAIN \
	(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | \
	 OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS)

/* Where it fails, what is asked of OpenSSL next does, too, and says so. */
void crypto_init_plain(void)
{
	(void)OPENSSL_init_crypto(PLAIN, NULL);
}

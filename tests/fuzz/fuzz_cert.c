/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates: whatever is taken is the same certificate when its DER is parsed again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"

#define SIG_LEN 64 /* bytes of a signature that can't be one */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_everything(const struct cert *cert)
{
	static const uint8_t sig[SIG_LEN];
	struct err err = ERR_INIT;
	struct digest digest;

	if (strlen(cert_subject(cert)) > CERT_FILE_MAX || cert_bits(cert) == 0)
		abort();
	(void)cert_is_ca(cert);
	(void)cert_may_sign_digests(cert);
	(void)cert_not_after(cert);
	if (hash_bytes(HASH_SHA256, "", 0, &digest, &err) < 0 ||
	    cert_verify(cert, &digest, sig, sizeof(sig), &err) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct cert *cert;
	struct cert *again;
	const uint8_t *der;
	size_t len;

	if (cert_parse(data, size, &cert, &err) < 0)
		return 0;
	ask_everything(cert);
	cert_der(cert, &der, &len);
	if (len <= CERT_FILE_MAX) {
		if (cert_parse(der, len, &again, &err) < 0 || cert_keyid(again) != cert_keyid(cert))
			abort();
		cert_free(again);
	}
	cert_free(cert);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of security.ima and security.evm: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ima/xattr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cert_set nobody = CERT_SET_INIT;
	AUTO_BUF out = BUF_INIT(2 * XATTR_VALUE_MAX);
	const struct cert *by = NULL;
	struct err err = ERR_INIT;
	struct xattr_sig sig;
	struct digest digest;

	if (xattr_sig_decode(data, size, &sig, &err) < 0)
		return 0;
	if (xattr_sig_encode(&sig, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	if (hash_bytes(sig.algo, data, size, &digest, &err) < 0)
		abort();
	if (xattr_sig_verify(&sig, &digest, &nobody, &by, &err) == 0)
		abort();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose enforcement record it is. */
#include "ima/xattr.h"
#include "proto/record.h"

int record_verify(const void *text, size_t len, const void *sig, size_t sig_len,
		  const struct cert_set *trusted, struct err *err)
{
	struct xattr_sig decoded;
	struct digest digest;
	const struct cert *by;

	if (xattr_sig_decode(sig, sig_len, &decoded, err) < 0)
		return err_prepend(err, "record.sig");
	if (decoded.type != XATTR_DIGSIG || decoded.version != XATTR_SIG_V2)
		return err_set(err, "record.sig: not a v2 signature");
	if (hash_bytes(decoded.algo, text, len, &digest, err) < 0)
		return -1;
	if (xattr_sig_verify(&decoded, &digest, trusted, &by, err) < 0)
		return err_prepend(err, "record.sig");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of security.ima and security.evm (security/integrity/integrity.h, Linux 6.1 and 6.12).
 */
#ifndef ASSAY_IMA_XATTR_H
#define ASSAY_IMA_XATTR_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#define XATTR_IMA "security.ima"
#define XATTR_EVM "security.evm"
#define XATTR_CAPABILITY "security.capability"
#define XATTR_VALUE_MAX 1024 /* bytes; RSA-4096 with header needs 521 */

/* enum evm_ima_xattr_type: the first byte. */
enum xattr_type {
	XATTR_IMA_DIGEST = 1, /* SHA-1 or MD5, no algorithm byte */
	XATTR_EVM_HMAC = 2,
	XATTR_DIGSIG = 3, /* v2 signature over the file's hash (security.ima) */
	XATTR_IMA_DIGEST_NG = 4,
	XATTR_EVM_PORTABLE = 5,	 /* v2 signature, portable (security.evm) */
	XATTR_VERITY_DIGSIG = 6, /* v3 signature over struct ima_file_id (security.ima) */
};

enum xattr_sig_version { XATTR_SIG_V2 = 2, XATTR_SIG_V3 = 3 };

/*
 * struct signature_v2_hdr behind its type byte: type, version, hash_algo, keyid (big endian 32),
 * sig_size (big endian 16), sig.  Everything in it is chosen by whoever may set xattrs.
 */
struct xattr_sig {
	enum xattr_type type;
	enum xattr_sig_version version;
	enum hash_algo algo;
	uint32_t keyid;
	uint16_t sig_len;
	uint8_t sig[XATTR_VALUE_MAX];
};

/* Fails on anything but a whole v2 or v3 signature of a known algorithm without trailing bytes. */
MUST_USE int xattr_sig_decode(const void *data, size_t len, struct xattr_sig *ret_sig,
			      struct err *err);
/* What kernels since 7.1 read: v3 of any type.  Only to tell what they will do; nobody here signs
 * or trusts it. */
MUST_USE int xattr_sig_decode_any(const void *data, size_t len, struct xattr_sig *ret_sig,
				  struct err *err);
MUST_USE int xattr_sig_encode(const struct xattr_sig *sig, struct buf *out, struct err *err);

/* Who signs, and as which key. */
struct xattr_signer {
	struct signer *signer;
	uint32_t keyid;
};

/* A signature of the type over what is signed: for v3 that of xattr_v3_digest. */
MUST_USE int xattr_sig_make(const struct xattr_signer *by, enum xattr_type type,
			    const struct digest *digest, struct xattr_sig *ret_sig,
			    struct err *err);

/*
 * What a v3 signature signs: hash(type, algo, fs-verity digest), struct ima_file_id of
 * security/integrity/ima/ima.h.  digest is the fs-verity file digest.
 */
MUST_USE int xattr_v3_digest(enum xattr_type type, const struct digest *digest,
			     struct digest *ret_signed, struct err *err);

/* How the error of a signature begins whose key ID no certificate of the set has. */
#define XATTR_UNTRUSTED "signed by a key that is not trusted"

/* 0 only if one certificate of the set with its key ID verifies it over the digest (of its algo).
 */
MUST_USE int xattr_sig_verify(const struct xattr_sig *sig, const struct digest *digest,
			      const struct cert_set *trusted, const struct cert **ret_by,
			      struct err *err);

#endif

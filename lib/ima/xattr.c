/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures as they stand in security.ima and security.evm. */
#include "ima/xattr.h"

#include <string.h>

#include "base/rd.h"

static int check_type(unsigned int type, unsigned int version, bool any, struct xattr_sig *sig,
		      struct err *err)
{
	bool v3 = type == XATTR_VERITY_DIGSIG || (any && version == XATTR_SIG_V3);

	if (type != XATTR_DIGSIG && type != XATTR_EVM_PORTABLE && type != XATTR_VERITY_DIGSIG)
		return err_set(err, "not a signature (type %u)", type);
	if (version != (v3 ? XATTR_SIG_V3 : XATTR_SIG_V2))
		return err_set(err, "signature of type %u has version %u", type, version);
	sig->type = (enum xattr_type)type;
	sig->version = (enum xattr_sig_version)version;
	return 0;
}

static int decode(const void *data, size_t len, bool any, struct xattr_sig *ret_sig,
		  struct err *err)
{
	struct rd r = rd_init(data, len);
	unsigned int type = rd_u8(&r);
	unsigned int version = rd_u8(&r);
	unsigned int algo = rd_u8(&r);
	uint32_t keyid = rd_be32(&r);
	uint16_t sig_len = rd_be16(&r);
	const uint8_t *sig = rd_bytes(&r, sig_len);

	if (!rd_done(&r) || !sig || sig_len == 0 || sig_len > sizeof(ret_sig->sig))
		return err_set(err, "malformed signature (%zu bytes)", len);
	if (check_type(type, version, any, ret_sig, err) < 0 ||
	    hash_algo_decode(algo, &ret_sig->algo, err) < 0)
		return -1;
	ret_sig->keyid = keyid;
	ret_sig->sig_len = sig_len;
	memcpy(ret_sig->sig, sig, sig_len);
	return 0;
}

int xattr_sig_decode(const void *data, size_t len, struct xattr_sig *ret_sig, struct err *err)
{
	return decode(data, len, false, ret_sig, err);
}

int xattr_sig_decode_any(const void *data, size_t len, struct xattr_sig *ret_sig, struct err *err)
{
	return decode(data, len, true, ret_sig, err);
}

int xattr_sig_encode(const struct xattr_sig *sig, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (buf_put_u8(out, (uint8_t)sig->type, err) < 0 ||
	    buf_put_u8(out, (uint8_t)sig->version, err) < 0 ||
	    buf_put_u8(out, (uint8_t)sig->algo, err) < 0 ||
	    buf_put_be32(out, sig->keyid, err) < 0 || buf_put_be16(out, sig->sig_len, err) < 0 ||
	    buf_put(out, sig->sig, sig->sig_len, err) < 0) {
		out->len = before;
		return -1;
	}
	return 0;
}

int xattr_sig_make(const struct xattr_signer *by, enum xattr_type type, const struct digest *digest,
		   struct xattr_sig *ret_sig, struct err *err)
{
	size_t len = 0;

	if (signer_sign(by->signer, digest, ret_sig->sig, &len, err) < 0)
		return -1;
	ret_sig->type = type;
	ret_sig->version = type == XATTR_VERITY_DIGSIG ? XATTR_SIG_V3 : XATTR_SIG_V2;
	ret_sig->algo = digest->algo;
	ret_sig->keyid = by->keyid;
	ret_sig->sig_len = (uint16_t)len;
	return 0;
}

int xattr_v3_digest(enum xattr_type type, const struct digest *digest, struct digest *ret_signed,
		    struct err *err)
{
	uint8_t id[2 + HASH_SIZE_MAX] = { (uint8_t)type, (uint8_t)digest->algo };

	if (digest->len != hash_algo_size(digest->algo) || digest->len == 0)
		return err_set(err, "digest of %zu bytes for %s", digest->len,
			       hash_algo_name(digest->algo));
	memcpy(id + 2, digest->data, digest->len);
	return hash_bytes(digest->algo, id, 2 + digest->len, ret_signed, err);
}

int xattr_sig_verify(const struct xattr_sig *sig, const struct digest *digest,
		     const struct cert_set *trusted, const struct cert **ret_by, struct err *err)
{
	const struct cert *cert;
	bool known = false;
	size_t pos = 0;

	if (digest->algo != sig->algo || digest->len != hash_algo_size(sig->algo))
		return err_set(err, "the signature is over %s, not %s", hash_algo_name(sig->algo),
			       hash_algo_name(digest->algo));
	while ((cert = cert_set_find(trusted, sig->keyid, &pos))) {
		known = true;
		switch (cert_ask(cert, digest, sig->sig, sig->sig_len)) {
		case CERT_YES:
			*ret_by = cert;
			return 0;
		case CERT_CANT_ASK:
			return err_set(err, "verify: out of memory");
		case CERT_NO:
			break;
		}
	}
	if (known)
		return err_set(err, "the signature does not match (key %08x)", sig->keyid);
	return err_set(err, XATTR_UNTRUSTED " (%08x)", sig->keyid);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The authority's key in the TPM's form. */
#include "tpm/authority.h"

#include <string.h>

#include "tpm/object.h"

#define RSA_BYTES 256	/* RSA-2048 */
#define POINT_BYTES 32	/* P-256 */
#define RSA_USUAL 65537 /* the exponent that the TPM calls 0: part 2, 12.2.3.5 */

static void put_rsa(const struct key_public *key, TPMT_PUBLIC *p)
{
	p->type = TPM2_ALG_RSA;
	p->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	p->parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	p->parameters.rsaDetail.keyBits = 8 * RSA_BYTES;
	p->unique.rsa.size = RSA_BYTES;
	memcpy(p->unique.rsa.buffer, key->n, RSA_BYTES);
}

static void put_point(const struct key_public *key, TPMT_PUBLIC *p)
{
	p->type = TPM2_ALG_ECC;
	p->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	p->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	p->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	p->unique.ecc.x.size = POINT_BYTES;
	p->unique.ecc.y.size = POINT_BYTES;
	memcpy(p->unique.ecc.x.buffer, key->x, POINT_BYTES);
	memcpy(p->unique.ecc.y.buffer, key->y, POINT_BYTES);
}

/* Part 1, 16: nameAlg || H(TPMT_PUBLIC). */
static int fill(const TPMT_PUBLIC *public, struct tpm_authority *a, struct err *err)
{
	struct digest d;

	if (tpm_public_marshal(public, a->data, &a->len, err) < 0 ||
	    hash_bytes(HASH_SHA256, a->data, a->len, &d, err) < 0)
		return -1;
	a->name[0] = TPM2_ALG_SHA256 >> 8;
	a->name[1] = TPM2_ALG_SHA256 & 0xff;
	memcpy(a->name + 2, d.data, TPM_DIGEST_SIZE);
	return 0;
}

int tpm_authority_from_key(const struct key_public *key, struct tpm_authority *ret_auth,
			   struct err *err)
{
	TPMT_PUBLIC p = { .nameAlg = TPM2_ALG_SHA256,
			  .objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT };
	bool rsa = key->kind == CERT_RSA && key->n_len == RSA_BYTES && key->exponent == RSA_USUAL;

	if (!rsa && key->kind != CERT_P256)
		return err_set(err, "authority: the key is neither RSA-2048 nor P-256, and no "
				    "other is sure to be known to a TPM");
	if (rsa)
		put_rsa(key, &p);
	else
		put_point(key, &p);
	memset(ret_auth, 0, sizeof(*ret_auth));
	return fill(&p, ret_auth, err);
}

static int check_kind(const TPMT_PUBLIC *p, struct err *err)
{
	static const TPMA_OBJECT must_not = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
	const TPMS_RSA_PARMS *rsa = &p->parameters.rsaDetail;
	const TPMS_ECC_PARMS *ecc = &p->parameters.eccDetail;

	if (p->nameAlg == TPM2_ALG_SHA256 && (p->objectAttributes & must_not) == 0 &&
	    (p->objectAttributes & TPMA_OBJECT_SIGN_ENCRYPT)) {
		if (p->type == TPM2_ALG_RSA && rsa->scheme.scheme == TPM2_ALG_RSASSA &&
		    rsa->scheme.details.rsassa.hashAlg == TPM2_ALG_SHA256 &&
		    rsa->keyBits == 8 * RSA_BYTES && rsa->exponent == 0 &&
		    p->unique.rsa.size == RSA_BYTES)
			return 0;
		if (p->type == TPM2_ALG_ECC && ecc->scheme.scheme == TPM2_ALG_ECDSA &&
		    ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256 &&
		    ecc->curveID == TPM2_ECC_NIST_P256 && p->unique.ecc.x.size == POINT_BYTES &&
		    p->unique.ecc.y.size == POINT_BYTES)
			return 0;
	}
	return err_set(err, "authority: not a signing key of RSA-2048 or P-256 with SHA-256");
}

int tpm_authority_decode(const void *data, size_t len, struct tpm_authority *ret_auth,
			 struct err *err)
{
	struct tpm_authority a = { .len = 0 };
	TPM2B_PUBLIC public;

	if (len > TPM_PUBLIC_MAX || tpm_public_unmarshal(data, len, &public, err) < 0)
		return err_set(err, "authority: not a public key of a TPM");
	if (check_kind(&public.publicArea, err) < 0 || fill(&public.publicArea, &a, err) < 0)
		return -1;
	if (a.len != len || memcmp(a.data, data, len) != 0)
		return err_set(err, "authority: not in its canonical form");
	*ret_auth = a;
	return 0;
}

int tpm_authority_to_key(const struct tpm_authority *auth, struct key_public *ret_key,
			 struct err *err)
{
	struct key_public key = { .exponent = 0 };
	TPM2B_PUBLIC public;
	const TPMT_PUBLIC *p = &public.publicArea;

	if (tpm_public_unmarshal(auth->data, auth->len, &public, err) < 0 || check_kind(p, err) < 0)
		return -1;
	if (p->type == TPM2_ALG_RSA) {
		key.kind = CERT_RSA;
		key.exponent = RSA_USUAL;
		key.n_len = RSA_BYTES;
		memcpy(key.n, p->unique.rsa.buffer, RSA_BYTES);
	} else {
		key.kind = CERT_P256;
		key.point_len = POINT_BYTES;
		memcpy(key.x, p->unique.ecc.x.buffer, POINT_BYTES);
		memcpy(key.y, p->unique.ecc.y.buffer, POINT_BYTES);
	}
	*ret_key = key;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas: decoded, judged, and used to verify. */
#include "attest/public.h"

#include <string.h>

#include "attest/tpm_alg.h"
#include "base/rd.h"
#include "crypto/ecdsa.h"
#include "crypto/pubkey.h"

/* TPMA_OBJECT: part 2, 8.3. */
#define FIXED_TPM (1U << 1)
#define FIXED_PARENT (1U << 4)
#define DATA_ORIGIN (1U << 5)
#define RESTRICTED (1U << 16)
#define DECRYPT (1U << 17)
#define SIGN (1U << 18)
#define RESERVED 0xfff0f309U /* must be zero */

#define CURVE_P256 0x0003 /* TPM_ECC_CURVE: part 2, 6.4 */
#define CURVE_P384 0x0004
#define EXPONENT_DEFAULT 65537U

static void cleanup_pubkey(struct pubkey **key)
{
	pubkey_free(*key);
	*key = NULL;
}
#define AUTO_PUBLIC CLEANUP(cleanup_pubkey) struct pubkey *

/* TPM2B of at most max bytes. */
static int take_2b(struct rd *in, uint8_t *ret_data, size_t max, size_t *ret_len, struct err *err)
{
	size_t len = rd_be16(in);
	const uint8_t *at = rd_bytes(in, len);

	if (!rd_ok(in))
		return err_set(err, "it ends too early");
	if (len > max)
		return err_set(err, "a field of %zu bytes (%zu)", len, max);
	if (len)
		memcpy(ret_data, at, len);
	*ret_len = len;
	return 0;
}

/* TPMT_SYM_DEF_OBJECT: part 2, 11.1.7. */
static int take_symmetric(struct rd *in, struct tpm_public *p, struct err *err)
{
	p->symmetric = rd_be16(in);
	if (p->symmetric == TPM_NULL)
		return 0;
	if (p->symmetric != TPM_AES)
		return err_set(err, "symmetric algorithm 0x%04x is not supported", p->symmetric);
	p->symmetric_bits = rd_be16(in);
	if (rd_be16(in) != TPM_CFB)
		return err_set(err, "a symmetric mode that is not CFB");
	return 0;
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME: part 2, 11.2.4.2, 11.2.5.6. */
static int take_scheme(struct rd *in, struct tpm_public *p, struct err *err)
{
	p->scheme = rd_be16(in);
	switch (p->scheme) {
	case TPM_NULL:
	case TPM_RSAES:
		return 0;
	case TPM_RSASSA:
	case TPM_RSAPSS:
	case TPM_OAEP:
	case TPM_ECDSA:
		return tpm_alg_hash(rd_be16(in), &p->scheme_hash, err);
	default:
		return err_set(err, "scheme 0x%04x is not supported", p->scheme);
	}
}

static int take_rsa(struct rd *in, struct tpm_public *p, struct err *err)
{
	unsigned int bits;

	if (take_symmetric(in, p, err) < 0 || take_scheme(in, p, err) < 0)
		return -1;
	bits = rd_be16(in);
	p->exponent = rd_be32(in);
	if (p->exponent == 0)
		p->exponent = EXPONENT_DEFAULT;
	if (take_2b(in, p->x, sizeof(p->x), &p->x_len, err) < 0)
		return -1;
	if (p->x_len * 8 != bits || p->x_len == 0 || !(p->x[0] & 0x80))
		return err_set(err, "not a modulus of %u bits", bits);
	return 0;
}

static int take_ecc(struct rd *in, struct tpm_public *p, struct err *err)
{
	if (take_symmetric(in, p, err) < 0 || take_scheme(in, p, err) < 0)
		return -1;
	p->curve = rd_be16(in);
	if (rd_be16(in) != TPM_NULL)
		return err_set(err, "a key derivation scheme, which keys of ours have not");
	if (take_2b(in, p->x, sizeof(p->x), &p->x_len, err) < 0)
		return -1;
	return take_2b(in, p->y, sizeof(p->y), &p->y_len, err);
}

static int take_all(struct rd *in, struct tpm_public *p, struct err *err)
{
	unsigned int type = rd_be16(in);

	if (tpm_alg_hash(rd_be16(in), &p->name_algo, err) < 0)
		return -1;
	p->attributes = rd_be32(in);
	if (p->attributes & RESERVED)
		return err_set(err, "attributes 0x%08x that are not known", p->attributes);
	if (take_2b(in, p->auth_policy, sizeof(p->auth_policy), &p->auth_policy_len, err) < 0)
		return -1;
	switch (type) {
	case PUBLIC_RSA:
		p->type = PUBLIC_RSA;
		return take_rsa(in, p, err);
	case PUBLIC_ECC:
		p->type = PUBLIC_ECC;
		return take_ecc(in, p, err);
	default:
		return err_set(err, "type 0x%04x is not RSA or ECC", type);
	}
}

/* Over the bytes as they came, so that nothing of them is outside the name. */
static int make_name(struct tpm_public *p, const void *data, size_t len, struct err *err)
{
	uint16_t alg = tpm_alg_of_hash(p->name_algo);
	struct digest digest;

	if (hash_bytes(p->name_algo, data, len, &digest, err) < 0)
		return -1;
	p->name[0] = (uint8_t)(alg >> 8);
	p->name[1] = (uint8_t)alg;
	memcpy(p->name + 2, digest.data, digest.len);
	p->name_len = 2 + digest.len;
	return 0;
}

int public_decode(const void *data, size_t len, struct tpm_public *ret_public, struct err *err)
{
	struct rd in = rd_init(data, len);
	struct tpm_public p = { .type = 0 };

	if (len > PUBLIC_MAX)
		return err_set(err, "public area: larger than %d bytes", PUBLIC_MAX);
	if (take_all(&in, &p, err) < 0)
		return err_prepend(err, "public area");
	if (!rd_done(&in))
		return err_set(err, "public area: %s",
			       rd_ok(&in) ? "something follows it" : "it ends too early");
	if (make_name(&p, data, len, err) < 0)
		return -1;
	*ret_public = p;
	return 0;
}

static int check_attributes(uint32_t attributes, uint32_t must, uint32_t must_not, struct err *err)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ FIXED_TPM, "fixedTPM" },    { FIXED_PARENT, "fixedParent" },
		{ RESTRICTED, "restricted" }, { DATA_ORIGIN, "sensitiveDataOrigin" },
		{ DECRYPT, "decrypt" },	      { SIGN, "sign" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (must & names[i].bit && !(attributes & names[i].bit))
			return err_set(err, "it lacks %s", names[i].name);
		if (must_not & names[i].bit && attributes & names[i].bit)
			return err_set(err, "it has %s", names[i].name);
	}
	return 0;
}

static bool is_long_enough(enum hash_algo algo)
{
	return algo == HASH_SHA256 || algo == HASH_SHA384 || algo == HASH_SHA512;
}

static struct pubkey_point point_of(const struct tpm_public *p)
{
	return (struct pubkey_point){
		.curve = p->curve == CURVE_P256 ? CERT_P256 : CERT_P384,
		.x = p->x,
		.x_len = p->x_len,
		.y = p->y,
		.y_len = p->y_len,
	};
}

int public_key(const struct tpm_public *p, struct pubkey **ret_key, struct err *err)
{
	const struct pubkey_point point = point_of(p);

	if (p->type == PUBLIC_RSA)
		return pubkey_from_rsa(p->x, p->x_len, p->exponent, ret_key, err);
	if (p->curve != CURVE_P256 && p->curve != CURVE_P384)
		return err_set(err, "curve 0x%04x is not P-256 or P-384", p->curve);
	return pubkey_from_point(&point, ret_key, err);
}

static int check_name_algo(const struct tpm_public *p, struct err *err)
{
	if (!is_long_enough(p->name_algo))
		return err_set(err, "its name is made by %s", hash_algo_name(p->name_algo));
	return 0;
}

static int check_numbers(const struct tpm_public *p, struct err *err)
{
	AUTO_PUBLIC key = NULL;

	return public_key(p, &key, err);
}

static int check_ak_terms(const struct tpm_public *ak, struct err *err)
{
	uint16_t scheme = ak->type == PUBLIC_RSA ? TPM_RSASSA : TPM_ECDSA;

	if (check_attributes(ak->attributes,
			     FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | RESTRICTED | SIGN, DECRYPT,
			     err) < 0)
		return -1;
	if (ak->scheme != scheme || !is_long_enough(ak->scheme_hash) || ak->symmetric != TPM_NULL)
		return err_set(err, "its scheme is not %s with SHA-256 or longer",
			       ak->type == PUBLIC_RSA ? "RSASSA" : "ECDSA");
	return check_name_algo(ak, err);
}

int public_check_ak_terms(const struct tpm_public *ak, struct err *err)
{
	if (check_ak_terms(ak, err) < 0)
		return err_prepend(err, "not an attestation key");
	return 0;
}

int public_check_ak(const struct tpm_public *ak, struct err *err)
{
	if (check_ak_terms(ak, err) < 0 || check_numbers(ak, err) < 0)
		return err_prepend(err, "not an attestation key");
	return 0;
}

static int check_ek(const struct tpm_public *ek, struct err *err)
{
	if (check_attributes(ek->attributes,
			     FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | RESTRICTED | DECRYPT, SIGN,
			     err) < 0)
		return -1;
	if (ek->symmetric != TPM_AES || (ek->symmetric_bits != 128 && ek->symmetric_bits != 256) ||
	    ek->scheme != TPM_NULL)
		return err_set(err, "it protects nothing by AES in CFB");
	return check_name_algo(ek, err) < 0 ? -1 : check_numbers(ek, err);
}

int public_check_ek(const struct tpm_public *ek, struct err *err)
{
	if (check_ek(ek, err) < 0)
		return err_prepend(err, "not an endorsement key");
	return 0;
}

/* TPMT_SIGNATURE: part 2, 11.3.4; as what OpenSSL takes. */
struct signature {
	enum hash_algo hash;
	size_t len;
	uint8_t data[PUBLIC_RSA_MAX];
};

static int take_ecdsa(struct rd *in, struct signature *sig, struct err *err)
{
	uint8_t r[ECDSA_HALF_MAX], s[ECDSA_HALF_MAX];
	struct ecdsa_rs rs = { .r = r, .s = s };

	if (take_2b(in, r, sizeof(r), &rs.r_len, err) < 0 ||
	    take_2b(in, s, sizeof(s), &rs.s_len, err) < 0)
		return -1;
	return ecdsa_to_der(&rs, sig->data, &sig->len, err);
}

static int take_signature(const struct tpm_public *ak, struct rd *in, struct signature *sig,
			  struct err *err)
{
	if (rd_be16(in) != ak->scheme)
		return err_set(err, "not by the key's scheme");
	if (tpm_alg_hash(rd_be16(in), &sig->hash, err) < 0)
		return -1;
	if (sig->hash != ak->scheme_hash)
		return err_set(err, "over %s, not %s", hash_algo_name(sig->hash),
			       hash_algo_name(ak->scheme_hash));
	if (ak->type == PUBLIC_ECC)
		return take_ecdsa(in, sig, err);
	return take_2b(in, sig->data, sizeof(sig->data), &sig->len, err);
}

static int verify(const struct tpm_public *ak, const struct digest *digest,
		  const struct signature *sig, struct err *err)
{
	const struct pubkey_point point = point_of(ak);
	AUTO_PUBLIC key = NULL;

	if (ak->p256 && ak->type == PUBLIC_ECC && ak->curve == CURVE_P256)
		return pubkey_curve_verify(ak->p256, &point, digest,
					   &(struct pubkey_sig){ sig->data, sig->len }, err);
	if (public_key(ak, &key, err) < 0)
		return -1;
	return pubkey_verify(key, digest, sig->data, sig->len, err);
}

int public_verify(const struct tpm_public *ak, const void *data, size_t len, const void *sig,
		  size_t sig_len, struct err *err)
{
	struct rd in = rd_init(sig, sig_len);
	struct signature decoded;
	struct digest digest;

	if (take_signature(ak, &in, &decoded, err) < 0)
		return err_prepend(err, "signature");
	if (!rd_done(&in))
		return err_set(err, "signature: something follows it");
	if (hash_bytes(decoded.hash, data, len, &digest, err) < 0 ||
	    verify(ak, &digest, &decoded, err) < 0)
		return err_prepend(err, "signature");
	return 0;
}

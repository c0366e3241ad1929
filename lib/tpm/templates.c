/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What attestation and endorsement keys are made from. */
#include <string.h>

#include "base/attr.h"
#include "crypto/ek_policy.h"
#include "tpm/keys.h"

/* 32 bytes: the key of no other program that makes one from such a template. */
#define AK_LABEL "assay attestation key, version 1"

#define AK_ATTRIBUTES \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | \
	 TPMA_OBJECT_SIGN_ENCRYPT)

/* TCG EK Credential Profile 2.5, B.3 (L) and B.4 (H). */
#define EK_LOW \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
#define EK_HIGH (EK_LOW | TPMA_OBJECT_USERWITHAUTH)

static void set_policy(TPMT_PUBLIC *t, const uint8_t *policy, size_t len)
{
	t->authPolicy.size = (UINT16)len;
	memcpy(t->authPolicy.buffer, policy, len);
}

static void set_aes(TPMT_SYM_DEF_OBJECT *symmetric, UINT16 bits)
{
	symmetric->algorithm = TPM2_ALG_AES;
	symmetric->keyBits.aes = bits;
	symmetric->mode.aes = TPM2_ALG_CFB;
}

static void fill_rsa(TPMT_PUBLIC *t, TPM2_ALG_ID name_alg, TPMA_OBJECT attributes, UINT16 bits)
{
	memset(t, 0, sizeof(*t));
	t->type = TPM2_ALG_RSA;
	t->nameAlg = name_alg;
	t->objectAttributes = attributes;
	t->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	t->parameters.rsaDetail.keyBits = bits;
}

static void fill_ecc(TPMT_PUBLIC *t, TPM2_ALG_ID name_alg, TPMA_OBJECT attributes,
		     TPM2_ECC_CURVE curve)
{
	memset(t, 0, sizeof(*t));
	t->type = TPM2_ALG_ECC;
	t->nameAlg = name_alg;
	t->objectAttributes = attributes;
	t->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	t->parameters.eccDetail.curveID = curve;
	t->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
}

void ak_template_p256(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	_Static_assert(sizeof(AK_LABEL) == 33, "the label is as long as a coordinate");
	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA256, AK_ATTRIBUTES, TPM2_ECC_NIST_P256);
	t->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	t->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	t->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	t->unique.ecc.x.size = t->unique.ecc.y.size = 32;
	memcpy(t->unique.ecc.x.buffer, AK_LABEL, 32);
}

void ak_template_rsa(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA256, AK_ATTRIBUTES, 2048);
	t->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	t->parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	t->parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	t->unique.rsa.size = 256;
	memcpy(t->unique.rsa.buffer, AK_LABEL, 32);
}

static void ek_l1(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA256, EK_LOW, 2048);
	set_policy(t, ek_policy_a_sha256, sizeof(ek_policy_a_sha256));
	set_aes(&t->parameters.rsaDetail.symmetric, 128);
	t->unique.rsa.size = 256;
}

static void ek_l2(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA256, EK_LOW, TPM2_ECC_NIST_P256);
	set_policy(t, ek_policy_a_sha256, sizeof(ek_policy_a_sha256));
	set_aes(&t->parameters.eccDetail.symmetric, 128);
	t->unique.ecc.x.size = t->unique.ecc.y.size = 32;
}

static void ek_h1(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA256, EK_HIGH, 2048);
	set_policy(t, ek_policy_b_sha256, sizeof(ek_policy_b_sha256));
	set_aes(&t->parameters.rsaDetail.symmetric, 128);
}

static void ek_h2(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA256, EK_HIGH, TPM2_ECC_NIST_P256);
	set_policy(t, ek_policy_b_sha256, sizeof(ek_policy_b_sha256));
	set_aes(&t->parameters.eccDetail.symmetric, 128);
}

static void ek_h3(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA384, EK_HIGH, TPM2_ECC_NIST_P384);
	set_policy(t, ek_policy_b_sha384, sizeof(ek_policy_b_sha384));
	set_aes(&t->parameters.eccDetail.symmetric, 256);
}

static void ek_h6(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA384, EK_HIGH, 3072);
	set_policy(t, ek_policy_b_sha384, sizeof(ek_policy_b_sha384));
	set_aes(&t->parameters.rsaDetail.symmetric, 256);
}

/* TCG Registry of Reserved TPM 2.0 Handles and Localities; EK Credential Profile 2.5, 2.2.1.4. */
const struct ek_slot ek_slots[] = {
	[EK_SLOT_RSA] = { "L-1", 0x81010001, 0x01c00002, ek_l1 },
	[EK_SLOT_P256] = { "L-2", 0x81010002, 0x01c0000a, ek_l2 },
	{ "H-1", 0x81010012, 0x01c00012, ek_h1 },
	{ "H-2", 0x81010014, 0x01c00014, ek_h2 },
	{ "H-3", 0x81010016, 0x01c00016, ek_h3 },
	{ "H-6", 0x8101001c, 0x01c0001c, ek_h6 },
};
const size_t n_ek_slots = ARRAY_LEN(ek_slots);

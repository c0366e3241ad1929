/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What attestation and endorsement keys are made from. */
#include <string.h>

#include "base/attr.h"
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

/* PolicyA: TPM2_PolicySecret(TPM_RH_ENDORSEMENT); PolicyB: that, or one that an NV index holds. */
static const uint8_t policy_a_sha256[] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
	0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
	0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
};
static const uint8_t policy_b_sha256[] = {
	0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34,
	0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd,
	0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0, 0xb7, 0xa0,
};
static const uint8_t policy_b_sha384[] = {
	0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc,
	0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4,
	0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09,
	0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12,
};

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
	set_policy(t, policy_a_sha256, sizeof(policy_a_sha256));
	set_aes(&t->parameters.rsaDetail.symmetric, 128);
	t->unique.rsa.size = 256;
}

static void ek_l2(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA256, EK_LOW, TPM2_ECC_NIST_P256);
	set_policy(t, policy_a_sha256, sizeof(policy_a_sha256));
	set_aes(&t->parameters.eccDetail.symmetric, 128);
	t->unique.ecc.x.size = t->unique.ecc.y.size = 32;
}

static void ek_h1(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA256, EK_HIGH, 2048);
	set_policy(t, policy_b_sha256, sizeof(policy_b_sha256));
	set_aes(&t->parameters.rsaDetail.symmetric, 128);
}

static void ek_h2(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA256, EK_HIGH, TPM2_ECC_NIST_P256);
	set_policy(t, policy_b_sha256, sizeof(policy_b_sha256));
	set_aes(&t->parameters.eccDetail.symmetric, 128);
}

static void ek_h3(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_ecc(t, TPM2_ALG_SHA384, EK_HIGH, TPM2_ECC_NIST_P384);
	set_policy(t, policy_b_sha384, sizeof(policy_b_sha384));
	set_aes(&t->parameters.eccDetail.symmetric, 256);
}

static void ek_h6(TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *t = &ret_template->publicArea;

	ret_template->size = 0;
	fill_rsa(t, TPM2_ALG_SHA384, EK_HIGH, 3072);
	set_policy(t, policy_b_sha384, sizeof(policy_b_sha384));
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The templates of endorsement keys: TCG EK Credential Profile 2.5, B.3 (L) and B.4 (H). */
#include <string.h>

#include "attest/enrol.h"

#define EK_LOW 0x000300b2U  /* fixedTPM to decrypt, adminWithPolicy */
#define EK_HIGH 0x000300f2U /* and userWithAuth */

#define CURVE_P256 0x0003
#define CURVE_P384 0x0004
#define RSA_2048 256 /* bytes */
#define RSA_3072 384
#define RSA_4096 512
#define EXPONENT 65537U

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

static const struct {
	enum public_type type;
	size_t size; /* of the modulus, 0: a point's */
	uint16_t curve;
	uint16_t aes_bits;
	uint32_t attributes;
	enum hash_algo name_algo;
	const uint8_t *policy;
	size_t policy_len;
} templates[] = {
	{ PUBLIC_RSA, RSA_2048, 0, 128, EK_LOW, HASH_SHA256, policy_a_sha256, 32 },    /* L-1 */
	{ PUBLIC_ECC, 0, CURVE_P256, 128, EK_LOW, HASH_SHA256, policy_a_sha256, 32 },  /* L-2 */
	{ PUBLIC_RSA, RSA_2048, 0, 128, EK_HIGH, HASH_SHA256, policy_b_sha256, 32 },   /* H-1 */
	{ PUBLIC_ECC, 0, CURVE_P256, 128, EK_HIGH, HASH_SHA256, policy_b_sha256, 32 }, /* H-2 */
	{ PUBLIC_ECC, 0, CURVE_P384, 256, EK_HIGH, HASH_SHA384, policy_b_sha384, 48 }, /* H-3 */
	{ PUBLIC_RSA, RSA_3072, 0, 256, EK_HIGH, HASH_SHA384, policy_b_sha384, 48 },   /* H-6 */
	{ PUBLIC_RSA, RSA_4096, 0, 256, EK_HIGH, HASH_SHA384, policy_b_sha384, 48 },   /* H-7 */
};

static bool is_of(const struct tpm_public *ek, size_t i)
{
	return ek->type == templates[i].type &&
	       (ek->type == PUBLIC_ECC || ek->x_len == templates[i].size) &&
	       (ek->type == PUBLIC_RSA || ek->curve == templates[i].curve) &&
	       ek->symmetric_bits == templates[i].aes_bits &&
	       ek->attributes == templates[i].attributes &&
	       ek->name_algo == templates[i].name_algo &&
	       ek->auth_policy_len == templates[i].policy_len &&
	       memcmp(ek->auth_policy, templates[i].policy, templates[i].policy_len) == 0;
}

/* A coordinate with a zero in front is as long as the others of its curve. */
static bool has_one_form(const struct tpm_public *ek)
{
	size_t len = ek->curve == CURVE_P256 ? 32 : 48;

	if (ek->type == PUBLIC_RSA)
		return ek->exponent == EXPONENT;
	return ek->x_len && ek->y_len && (ek->x[0] || ek->x_len == len) &&
	       (ek->y[0] || ek->y_len == len);
}

int ek_check_template(const struct tpm_public *ek, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (is_of(ek, i) && has_one_form(ek))
			return 0;
	return err_set(err, "not an endorsement key of the TCG's templates");
}

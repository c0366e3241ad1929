/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The templates of endorsement keys: TCG EK Credential Profile 2.5, B.3 (L) and B.4 (H). */
#include <string.h>

#include "attest/enrol.h"
#include "crypto/ek_policy.h"

#define EK_LOW 0x000300b2U  /* fixedTPM to decrypt, adminWithPolicy */
#define EK_HIGH 0x000300f2U /* and userWithAuth */

#define CURVE_P256 0x0003
#define CURVE_P384 0x0004
#define RSA_2048 256 /* bytes */
#define RSA_3072 384
#define RSA_4096 512
#define EXPONENT 65537U

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
	{ PUBLIC_RSA, RSA_2048, 0, 128, EK_LOW, HASH_SHA256, ek_policy_a_sha256, 32 },	  /* L-1 */
	{ PUBLIC_ECC, 0, CURVE_P256, 128, EK_LOW, HASH_SHA256, ek_policy_a_sha256, 32 },  /* L-2 */
	{ PUBLIC_RSA, RSA_2048, 0, 128, EK_HIGH, HASH_SHA256, ek_policy_b_sha256, 32 },	  /* H-1 */
	{ PUBLIC_ECC, 0, CURVE_P256, 128, EK_HIGH, HASH_SHA256, ek_policy_b_sha256, 32 }, /* H-2 */
	{ PUBLIC_ECC, 0, CURVE_P384, 256, EK_HIGH, HASH_SHA384, ek_policy_b_sha384, 48 }, /* H-3 */
	{ PUBLIC_RSA, RSA_3072, 0, 256, EK_HIGH, HASH_SHA384, ek_policy_b_sha384, 48 },	  /* H-6 */
	{ PUBLIC_RSA, RSA_4096, 0, 256, EK_HIGH, HASH_SHA384, ek_policy_b_sha384, 48 },	  /* H-7 */
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

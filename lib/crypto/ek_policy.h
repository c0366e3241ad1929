/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policies of the TCG's endorsement keys, for who makes such keys and who checks them. */
#ifndef ASSAY_CRYPTO_EK_POLICY_H
#define ASSAY_CRYPTO_EK_POLICY_H

#include <stdint.h>

#define EK_POLICY_SHA256_SIZE 32 /* bytes */
#define EK_POLICY_SHA384_SIZE 48

/*
 * TCG EK Credential Profile 2.5, B.6.  PolicyA: TPM2_PolicySecret(TPM_RH_ENDORSEMENT); PolicyB:
 * that, or one that an NV index holds.
 */
extern const uint8_t ek_policy_a_sha256[EK_POLICY_SHA256_SIZE];
extern const uint8_t ek_policy_b_sha256[EK_POLICY_SHA256_SIZE];
extern const uint8_t ek_policy_b_sha384[EK_POLICY_SHA384_SIZE];

#endif

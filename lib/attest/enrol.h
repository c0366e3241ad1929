/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose TPM it is: EK certificates, MakeCredential in software, and the tokens of the verifier. */
#ifndef ASSAY_ATTEST_ENROL_H
#define ASSAY_ATTEST_ENROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/evidence.h"
#include "attest/public.h"
#include "base/buf.h"
#include "base/err.h"

#define TOKEN_KEY_SIZE 32
#define EK_CA_SIZE 32 /* SHA-256 of a CA's certificate */
#define NONCE_SIZE 56 /* order, time, random (8 each), HMAC-SHA-256 (32) */

/* The CAs that may sign EK certificates. */
struct ek_trust;
MUST_USE int ek_trust_load(const char *dir, struct ek_trust **ret_trust, struct err *err);
void ek_trust_free(struct ek_trust *trust);
/* Whoever it vouched for counts no longer when it is not there any more. */
bool ek_trust_holds(const struct ek_trust *trust, const uint8_t ca[static EK_CA_SIZE]);

/*
 * Fails unless the EK is what its TPM makes of a template of the TCG EK Credential Profile 2.5
 * (L-1, L-2, H-1, H-2, H-3, H-6, H-7).  A certificate vouches for the key alone: with attributes
 * and policy of one's choice beside it, one TPM could be as many hosts as it likes.
 */
MUST_USE int ek_check_template(const struct tpm_public *ek, struct err *err);

/* What a host says of its EK: the certificate is DER. */
struct ek_claim {
	const void *cert;
	size_t len;
	const struct tpm_public *ek;
};

/* 0 only if the certificate chains to a CA at the time (seconds since the epoch), is an EK's, and
 * holds this key, which is of a template; ret_ca: the CA that signed it.  TCG EK Credential Profile
 * 2.5: critical SAN and the like are understood, and keys that are marked for RSAES-OAEP. */
MUST_USE int ek_cert_verify(const struct ek_trust *trust, const struct ek_claim *claim, int64_t now,
			    uint8_t ret_ca[static EK_CA_SIZE], struct err *err);

/* TPM2_MakeCredential in software (part 1, 24): for the EK, about the AK's Name. */
struct credential {
	struct buf blob;   /* TPM2B_ID_OBJECT */
	struct buf secret; /* TPM2B_ENCRYPTED_SECRET */
};
MUST_USE int credential_make(const struct tpm_public *ek, const struct tpm_public *ak,
			     const uint8_t secret[static EVIDENCE_SECRET_MAX],
			     struct credential *ret_credential, struct err *err);
void credential_done(struct credential *credential);

/*
 * An enrolment's challenge, which the verifier need not remember: AES-256-GCM by its key over what
 * was asked (EK, AK, name, whether a certificate vouched), the secret and the time.
 */
struct challenge {
	uint8_t host[EVIDENCE_HOST_SIZE];
	uint8_t secret[EVIDENCE_SECRET_MAX];
	int64_t time;		/* seconds since the epoch */
	bool certified;		/* a certificate vouched for the EK */
	uint8_t ca[EK_CA_SIZE]; /* by this CA; else zero */
	char name[EVIDENCE_NAME_MAX];
	uint8_t ak[PUBLIC_MAX]; /* TPMT_PUBLIC */
	size_t ak_len;
};
MUST_USE int challenge_seal(const uint8_t key[static TOKEN_KEY_SIZE],
			    const struct challenge *challenge, struct buf *out, struct err *err);
MUST_USE int challenge_open(const uint8_t key[static TOKEN_KEY_SIZE], const void *token, size_t len,
			    struct challenge *ret_challenge, struct err *err);

/* SHA-256 of the EK's Name. */
MUST_USE int enrol_host_id(const struct tpm_public *ek, uint8_t ret_host[static EVIDENCE_HOST_SIZE],
			   struct err *err);

/* Microseconds since the epoch.  They differ after a clock that went back. */
struct nonce_times {
	int64_t order; /* it is used up when the host's last one is not older */
	int64_t made;  /* by the clock: how old it is */
};

/* A nonce that the verifier need not remember: bound to the host and the times. */
MUST_USE int nonce_make(const uint8_t key[static TOKEN_KEY_SIZE],
			const uint8_t host[static EVIDENCE_HOST_SIZE],
			const struct nonce_times *times, uint8_t ret_nonce[static NONCE_SIZE],
			struct err *err);
MUST_USE int nonce_open(const uint8_t key[static TOKEN_KEY_SIZE],
			const uint8_t host[static EVIDENCE_HOST_SIZE], const void *nonce,
			size_t len, struct nonce_times *ret_times, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys by which a TPM is known to a verifier: its endorsement key and Assay's attestation key.
 */
#ifndef ASSAY_TPM_IDENTITY_H
#define ASSAY_TPM_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Where the attestation key is kept: of the owner's range that no profile gives to anything (TCG
 * Registry of Reserved TPM 2.0 Handles and Localities, 2.3.1); its end is "AS".
 */
#define IDENTITY_AK_HANDLE 0x81024153U

#define IDENTITY_PUBLIC_MAX 1024 /* bytes of a marshalled TPMT_PUBLIC */
#define IDENTITY_NAME_MAX 66	 /* bytes of a Name: nameAlg and its digest */
#define IDENTITY_CERT_MAX 8192	 /* bytes of an EK certificate */
#define IDENTITY_SECRET_MAX 64	 /* bytes of what ActivateCredential gives */

struct identity_key {
	uint8_t area[IDENTITY_PUBLIC_MAX]; /* TPMT_PUBLIC */
	size_t area_len;		   /* 0: not there yet */
	uint8_t name[IDENTITY_NAME_MAX];
	size_t name_len;
	uint32_t handle; /* where the TPM keeps it; 0: made for as long as this is open */
};

/* A connection to the TPM, open until it is freed: what opened it may drop its privileges then. */
struct tpm_identity;

MUST_USE int tpm_identity_open(struct tpm_identity **ret_identity, struct err *err);
void tpm_identity_free(struct tpm_identity *identity); /* NULL is taken */

/*
 * The attestation key: ECC P-256 with ECDSA over SHA-256, restricted, signing (RSA-2048 with RSASSA
 * where the TPM has no such curve).  A primary key of the endorsement hierarchy from a fixed
 * template, so that a host that is installed anew has the same.  Taken from IDENTITY_AK_HANDLE,
 * else made, and kept there if keep, if the TPM has room and its owner no password.  Fails where
 * that handle holds another kind of key.
 */
MUST_USE int tpm_identity_load_ak(struct tpm_identity *identity, bool keep, struct err *err);

/*
 * The endorsement key by the default templates of the TCG EK Credential Profile 2.5 (annex B): the
 * first of L-1, L-2, H-1, H-2, H-3, H-6 that has a certificate in the TPM's NV; where none has,
 * L-2, or L-1 without that curve.  One that the TPM keeps is taken only if it is of the template.
 */
MUST_USE int tpm_identity_load_ek(struct tpm_identity *identity, struct err *err);

/* After it was loaded; owned by the identity. */
const struct identity_key *tpm_identity_ak(const struct tpm_identity *identity);
const struct identity_key *tpm_identity_ek(const struct tpm_identity *identity);
const struct buf *tpm_identity_cert(const struct tpm_identity *identity); /* DER; len 0: none */

/*
 * TPM2_ActivateCredential (part 3, 12.5): the secret that credential (TPM2B_ID_OBJECT) and secret
 * (TPM2B_ENCRYPTED_SECRET) hold for these two keys.  Both keys must have been loaded.  It comes
 * through a session that is salted by the EK and encrypts it.
 */
struct identity_credential {
	const void *credential;
	size_t credential_len;
	const void *secret;
	size_t secret_len;
};
MUST_USE int tpm_identity_activate(struct tpm_identity *identity,
				   const struct identity_credential *credential,
				   uint8_t ret_secret[static IDENTITY_SECRET_MAX], size_t *ret_len,
				   struct err *err);

#endif

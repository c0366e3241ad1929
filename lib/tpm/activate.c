/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proving that the attestation key lives beside the endorsement key. */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "tpm/keys.h"

static void free_digest(TPM2B_DIGEST **digest)
{
	if (*digest)
		explicit_bzero(*digest, sizeof(**digest));
	Esys_Free(*digest);
}

/* A session, flushed at the end. */
struct session {
	ESYS_CONTEXT *esys;
	ESYS_TR tr;
};

static void end_session(struct session *s)
{
	if (s->tr != ESYS_TR_NONE)
		(void)Esys_FlushContext(s->esys, s->tr);
}

/* Salted by the EK, so that only this TPM can encrypt with it. */
static int start_session(struct session *s, const struct tpm_identity *identity, TPM2_SE kind,
			 struct err *err)
{
	const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES,
				   .keyBits.aes = 128,
				   .mode.aes = TPM2_ALG_CFB };
	TPMI_ALG_HASH hash = identity->ek.public.publicArea.nameAlg;
	TSS2_RC rc =
		Esys_StartAuthSession(s->esys, identity->ek.tr, ESYS_TR_NONE, ESYS_TR_NONE,
				      ESYS_TR_NONE, ESYS_TR_NONE, NULL, kind, &aes, hash, &s->tr);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(
			s->esys, s->tr, TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT, 0xff);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(err, "start a session", rc);
}

/* The authorization that the EK's template asks for. */
static int authorize(struct session *s, const struct tpm_identity *identity, struct err *err)
{
	TSS2_RC rc;

	if (start_session(s, identity, identity->ek_by_password ? TPM2_SE_HMAC : TPM2_SE_POLICY,
			  err) < 0)
		return -1;
	if (identity->ek_by_password)
		return 0;
	rc = Esys_PolicySecret(s->esys, ESYS_TR_RH_ENDORSEMENT, s->tr, ESYS_TR_PASSWORD,
			       ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(err, "endorsement hierarchy", rc);
}

static int decode(const struct identity_credential *in, TPM2B_ID_OBJECT *ret_blob,
		  TPM2B_ENCRYPTED_SECRET *ret_secret, struct err *err)
{
	size_t at = 0;

	if (Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(in->credential, in->credential_len, &at, ret_blob) !=
		    TSS2_RC_SUCCESS ||
	    at != in->credential_len)
		return err_set(err, "credential: is no TPM2B_ID_OBJECT");
	at = 0;
	if (Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(in->secret, in->secret_len, &at, ret_secret) !=
		    TSS2_RC_SUCCESS ||
	    at != in->secret_len)
		return err_set(err, "credential: its secret is no TPM2B_ENCRYPTED_SECRET");
	return 0;
}

int tpm_identity_activate(struct tpm_identity *identity,
			  const struct identity_credential *credential,
			  uint8_t ret_secret[static IDENTITY_SECRET_MAX], size_t *ret_len,
			  struct err *err)
{
	CLEANUP(end_session) struct session s = { identity->ctx.esys, ESYS_TR_NONE };
	CLEANUP(free_digest) TPM2B_DIGEST *info = NULL;
	TPM2B_ID_OBJECT blob;
	TPM2B_ENCRYPTED_SECRET secret;
	TSS2_RC rc;

	if (decode(credential, &blob, &secret, err) < 0 || authorize(&s, identity, err) < 0)
		return err_prepend(err, "activate the credential");
	rc = Esys_ActivateCredential(s.esys, identity->ak.tr, identity->ek.tr, ESYS_TR_PASSWORD,
				     s.tr, ESYS_TR_NONE, &blob, &secret, &info);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "activate the credential", rc);
	if (info->size > IDENTITY_SECRET_MAX)
		return err_set(err, "activate the credential: more than %d bytes",
			       IDENTITY_SECRET_MAX);
	memcpy(ret_secret, info->buffer, info->size);
	*ret_len = info->size;
	return 0;
}

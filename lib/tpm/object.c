/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storage primary, sessions, and objects in the form in which they are kept. */
#include "tpm/object.h"

#include <string.h>

#include <tss2/tss2_mu.h>

#include "tpm/patience.h"

#define COORDINATE_SIZE 32 /* bytes: P-256 */

bool tpm_rc_is(TSS2_RC rc, TPM2_RC want)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
	TSS2_RC code = rc & ~TSS2_RC_LAYER_MASK;

	if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER)
		return false;
	/* Part 2, 6.6.2: behind a format-one code stand parameter, handle or session. */
	if (code & TPM2_RC_FMT1)
		code &= TPM2_RC_FMT1 | 0x3f;
	return code == want;
}

/* TCG TPM v2.0 Provisioning Guidance 1.0, 7.5.1: storage, ECC NIST P-256. */
static void storage_template(TPM2B_PUBLIC *ret_template)
{
	TPMS_ECC_PARMS *ecc = &ret_template->publicArea.parameters.eccDetail;

	memset(ret_template, 0, sizeof(*ret_template));
	ret_template->publicArea.type = TPM2_ALG_ECC;
	ret_template->publicArea.nameAlg = TPM2_ALG_SHA256;
	ret_template->publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
						    TPMA_OBJECT_SENSITIVEDATAORIGIN |
						    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
						    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
	ecc->symmetric.algorithm = TPM2_ALG_AES;
	ecc->symmetric.keyBits.aes = 128;
	ecc->symmetric.mode.aes = TPM2_ALG_CFB;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
	ret_template->publicArea.unique.ecc.x.size = COORDINATE_SIZE;
	ret_template->publicArea.unique.ecc.y.size = COORDINATE_SIZE;
}

void tpm_flush(ESYS_CONTEXT *esys, ESYS_TR *handle)
{
	TPM2_HANDLE real = 0;

	if (*handle == ESYS_TR_NONE)
		return;
	if (Esys_TR_GetTpmHandle(esys, *handle, &real) == TSS2_RC_SUCCESS &&
	    real >> TPM2_HR_SHIFT == TPM2_HT_PERSISTENT)
		(void)Esys_TR_Close(esys, handle);
	else if (Esys_FlushContext(esys, *handle) != TSS2_RC_SUCCESS)
		(void)Esys_TR_Close(esys, handle);
	*handle = ESYS_TR_NONE;
}

int tpm_name_of(ESYS_CONTEXT *esys, ESYS_TR object, uint8_t ret_name[static TPM_NAME_SIZE],
		struct err *err)
{
	AUTO_ESYS TPM2B_NAME *name = NULL;
	TSS2_RC rc = Esys_TR_GetName(esys, object, &name);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "Name", rc);
	if (name->size != TPM_NAME_SIZE || name->name[0] != 0 || name->name[1] != TPM2_ALG_SHA256)
		return err_set(err, "Name: not made with SHA-256");
	memcpy(ret_name, name->name, TPM_NAME_SIZE);
	return 0;
}

/* Could it be a parent?  One that takes an authorization of its owner's choice is not for us. */
static bool is_storage_key(ESYS_CONTEXT *esys, ESYS_TR key)
{
	static const TPMA_OBJECT must = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
					TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;
	AUTO_ESYS TPM2B_PUBLIC *public = NULL;

	return Esys_ReadPublic(esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL,
			       NULL) == TSS2_RC_SUCCESS &&
	       (public->publicArea.objectAttributes & must) == must &&
	       public->publicArea.nameAlg == TPM2_ALG_SHA256;
}

static bool is_wanted(ESYS_CONTEXT *esys, ESYS_TR key, const uint8_t *want)
{
	uint8_t name[TPM_NAME_SIZE];

	return tpm_name_of(esys, key, name, NULL) == 0 &&
	       (!want || memcmp(name, want, sizeof(name)) == 0);
}

static int create_primary(ESYS_CONTEXT *esys, ESYS_TR *ret_primary, struct err *err)
{
	static const TPM2B_SENSITIVE_CREATE no_sensitive;
	static const TPM2B_DATA no_info;
	static const TPML_PCR_SELECTION no_pcrs;
	TPM2B_PUBLIC template;
	unsigned int tries = 0;
	TSS2_RC rc;

	storage_template(&template);
	do
		rc = Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &no_sensitive, &template, &no_info, &no_pcrs,
					ret_primary, NULL, NULL, NULL, NULL);
	while (tpm_try_again(rc, &tries));
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return err_set(err,
			       "storage key: the TPM's owner has set a password, and there is no "
			       "storage key at 0x%08x that works without it [0x%08x]",
			       TPM_STORAGE_KEY, rc);
	return tpm_fail(err, "storage key", rc);
}

int tpm_primary_open(ESYS_CONTEXT *esys, const uint8_t *want, ESYS_TR *ret_primary, bool *ret_there,
		     struct err *err)
{
	ESYS_TR key = ESYS_TR_NONE;
	unsigned int tries = 0;
	TSS2_RC rc;

	do
		rc = Esys_TR_FromTPMPublic(esys, TPM_STORAGE_KEY, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &key);
	while (tpm_try_again(rc, &tries));
	*ret_there =
		rc == TSS2_RC_SUCCESS && is_storage_key(esys, key) && is_wanted(esys, key, want);
	if (!*ret_there) {
		tpm_flush(esys, &key);
		if (create_primary(esys, &key, err) < 0)
			return -1;
		*ret_there = is_wanted(esys, key, want);
	}
	if (*ret_there)
		*ret_primary = key;
	else
		tpm_flush(esys, &key);
	return 0;
}

int tpm_session_start(ESYS_CONTEXT *esys, ESYS_TR primary, TPM2_SE type, ESYS_TR *ret_session,
		      struct err *err)
{
	static const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES,
		.keyBits = { .aes = 128 },
		.mode = { .aes = TPM2_ALG_CFB },
	};
	static const TPMA_SESSION flags =
		TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
	ESYS_TR session = ESYS_TR_NONE;
	unsigned int tries = 0;
	TSS2_RC rc;

	do
		rc = Esys_StartAuthSession(esys, primary, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, NULL, type, &aes, TPM2_ALG_SHA256,
					   &session);
	while (tpm_try_again(rc, &tries));
	if (rc == TSS2_RC_SUCCESS) {
		rc = Esys_TRSess_SetAttributes(esys, session, flags, 0xff);
		if (rc != TSS2_RC_SUCCESS)
			tpm_flush(esys, &session);
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "session", rc);
	*ret_session = session;
	return 0;
}

int tpm_public_unmarshal(const uint8_t *data, size_t len, TPM2B_PUBLIC *ret_public, struct err *err)
{
	size_t at = 0;
	TSS2_RC rc;

	memset(ret_public, 0, sizeof(*ret_public));
	rc = Tss2_MU_TPMT_PUBLIC_Unmarshal(data, len, &at, &ret_public->publicArea);
	if (rc != TSS2_RC_SUCCESS || at != len)
		return err_set(err, "public area: not one of a TPM object [0x%08x]", rc);
	return 0;
}

int tpm_public_marshal(const TPMT_PUBLIC *public, uint8_t ret_data[static TPM_PUBLIC_MAX],
		       size_t *ret_len, struct err *err)
{
	size_t at = 0;
	TSS2_RC rc = Tss2_MU_TPMT_PUBLIC_Marshal(public, ret_data, TPM_PUBLIC_MAX, &at);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "public area", rc);
	*ret_len = at;
	return 0;
}

int tpm_object_create(const struct tpm_new *what, struct tpm_sealed *ret_object, struct err *err)
{
	static const TPM2B_DATA no_info;
	static const TPML_PCR_SELECTION no_pcrs;
	AUTO_ESYS TPM2B_PRIVATE *private = NULL;
	AUTO_ESYS TPM2B_PUBLIC *public = NULL;
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;

	if (tpm_session_start(what->esys, what->primary, TPM2_SE_HMAC, &session, err) < 0)
		return -1;
	rc = Esys_Create(what->esys, what->primary, session, ESYS_TR_NONE, ESYS_TR_NONE,
			 what->sensitive, what->template, &no_info, &no_pcrs, &private, &public,
			 NULL, NULL, NULL);
	tpm_flush(what->esys, &session);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "create", rc);
	if (private->size > TPM_PRIVATE_MAX)
		return err_set(err, "create: the TPM's object is larger than %d bytes",
			       TPM_PRIVATE_MAX);
	memset(ret_object, 0, sizeof(*ret_object));
	memcpy(ret_object->private, private->buffer, private->size);
	ret_object->private_len = private->size;
	if (tpm_name_of(what->esys, what->primary, ret_object->parent, err) < 0)
		return -1;
	return tpm_public_marshal(&public->publicArea, ret_object->public, &ret_object->public_len,
				  err);
}

TSS2_RC tpm_object_load(ESYS_CONTEXT *esys, ESYS_TR primary, ESYS_TR session,
			const struct tpm_sealed *object, ESYS_TR *ret_handle)
{
	TPM2B_PRIVATE private = { .size = (UINT16)object->private_len };
	TPM2B_PUBLIC public;

	if (object->private_len > sizeof(private.buffer) ||
	    tpm_public_unmarshal(object->public, object->public_len, &public, NULL) < 0)
		return TPM2_RC_INTEGRITY;
	memcpy(private.buffer, object->private, object->private_len);
	return Esys_Load(esys, primary, session, ESYS_TR_NONE, ESYS_TR_NONE, &private, &public,
			 ret_handle);
}

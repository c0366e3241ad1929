/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Primary keys: found, made, compared with their templates. */
#include "tpm/keys.h"

#include <stdlib.h>
#include <string.h>

#include <tss2/tss2_mu.h>

#include "tpm/object.h"

int tpm_has_p256(ESYS_CONTEXT *esys, bool *ret_has, struct err *err)
{
	AUTO_ESYS TPMS_CAPABILITY_DATA *cap = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_ECC_CURVES, TPM2_ECC_NIST_P256, 1, &more, &cap);

	*ret_has = false;
	/* A TPM without ECC need not know the question. */
	if (tpm_rc_is(rc, TPM2_RC_VALUE))
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "list of curves", rc);
	*ret_has = cap->data.eccCurves.count == 1 &&
		   cap->data.eccCurves.eccCurves[0] == TPM2_ECC_NIST_P256;
	return 0;
}

/* Name and public area in the form that leaves the host. */
static int describe(ESYS_CONTEXT *esys, struct tpm_key *key, struct err *err)
{
	AUTO_ESYS TPM2B_NAME *name = NULL;
	size_t len = 0;
	TSS2_RC rc = Esys_TR_GetName(esys, key->tr, &name);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "name", rc);
	if (name->size > sizeof(key->id.name))
		return err_set(err, "name: longer than %zu bytes", sizeof(key->id.name));
	rc = Tss2_MU_TPMT_PUBLIC_Marshal(&key->public.publicArea, key->id.area,
					 sizeof(key->id.area), &len);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "public area", rc);
	key->id.area_len = len;
	key->id.name_len = name->size;
	memcpy(key->id.name, name->name, name->size);
	return 0;
}

int tpm_key_find(ESYS_CONTEXT *esys, TPM2_HANDLE handle, struct tpm_key *ret_key, bool *ret_there,
		 struct err *err)
{
	AUTO_ESYS TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc = Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   &ret_key->tr);

	*ret_there = false;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return 0;
	ret_key->id.handle = handle;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(esys, ret_key->tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		(void)tpm_fail(err, "read", rc);
		return err_prepend(err, "key 0x%08x", handle);
	}
	ret_key->public = *public;
	if (describe(esys, ret_key, err) < 0)
		return err_prepend(err, "key 0x%08x", handle);
	*ret_there = true;
	return 0;
}

bool tpm_key_fits(const TPM2B_PUBLIC *key, const TPM2B_PUBLIC *template)
{
	uint8_t a[IDENTITY_PUBLIC_MAX];
	uint8_t b[IDENTITY_PUBLIC_MAX];
	TPMT_PUBLIC bare = key->publicArea;
	size_t a_len = 0;
	size_t b_len = 0;

	bare.unique = template->publicArea.unique;
	return Tss2_MU_TPMT_PUBLIC_Marshal(&bare, a, sizeof(a), &a_len) == TSS2_RC_SUCCESS &&
	       Tss2_MU_TPMT_PUBLIC_Marshal(&template->publicArea, b, sizeof(b), &b_len) ==
		       TSS2_RC_SUCCESS &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
}

int tpm_key_make(ESYS_CONTEXT *esys, const TPM2B_PUBLIC *template, struct tpm_key *ret_key,
		 struct err *err)
{
	AUTO_ESYS TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_CREATE sensitive;
	const TPM2B_DATA outside = { .size = 0 };
	const TPML_PCR_SELECTION none = { .count = 0 };
	TSS2_RC rc;

	memset(&sensitive, 0, sizeof(sensitive));
	rc = Esys_CreatePrimary(esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &sensitive, template, &outside, &none, &ret_key->tr,
				&public, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "make", rc);
	ret_key->id.handle = 0;
	ret_key->public = *public;
	return describe(esys, ret_key, err);
}

void tpm_key_done(ESYS_CONTEXT *esys, struct tpm_key *key)
{
	if (key->tr == ESYS_TR_NONE)
		return;
	if (key->id.handle)
		(void)Esys_TR_Close(esys, &key->tr);
	else
		(void)Esys_FlushContext(esys, key->tr);
	key->tr = ESYS_TR_NONE;
	key->id.area_len = 0;
}

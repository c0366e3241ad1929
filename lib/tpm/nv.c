/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter that revokes. */
#include "tpm/nv.h"

#include <string.h>

#include "tpm/object.h"

#define COUNTER_SIZE 8 /* bytes: part 2, 13.2 */

static const TPMA_NV counter_attributes = TPMA_NV_AUTHWRITE | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA |
					  TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE |
					  (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);

/* Not there, or not with that Name: *ret_nv stays ESYS_TR_NONE. */
static int open_counter(ESYS_CONTEXT *esys, const struct tpm_counter *counter, ESYS_TR *ret_nv,
			struct err *err)
{
	ESYS_TR nv = ESYS_TR_NONE;
	uint8_t name[TPM_NAME_SIZE];
	TSS2_RC rc = Esys_TR_FromTPMPublic(esys, counter->index, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &nv);

	if (tpm_rc_is(rc, TPM2_RC_HANDLE) || tpm_rc_is(rc, TPM2_RC_VALUE))
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "counter", rc);
	if (tpm_name_of(esys, nv, name, NULL) == 0 &&
	    memcmp(name, counter->name, sizeof(name)) == 0)
		*ret_nv = nv;
	else
		(void)Esys_TR_Close(esys, &nv);
	return 0;
}

static int define(ESYS_CONTEXT *esys, uint32_t index, ESYS_TR *ret_nv, struct err *err)
{
	static const TPM2B_AUTH no_auth;
	TPM2B_NV_PUBLIC public = {
		.nvPublic = { .nvIndex = index,
			      .nameAlg = TPM2_ALG_SHA256,
			      .attributes = counter_attributes,
			      .dataSize = COUNTER_SIZE },
	};
	TSS2_RC rc = Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					 ESYS_TR_NONE, &no_auth, &public, ret_nv);

	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (tpm_rc_is(rc, TPM2_RC_NV_SPACE))
		return err_set(err,
			       "counter: the TPM's NV memory is full: remove indices that nobody "
			       "needs (tpm2_nvreadpublic lists them) [0x%08x]",
			       rc);
	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return err_set(err, "counter: the TPM's owner has set a password [0x%08x]", rc);
	return tpm_fail(err, "counter", rc);
}

static int first_free(ESYS_CONTEXT *esys, uint32_t *ret_index, struct err *err)
{
	for (uint32_t i = TPM_COUNTER_FIRST; i < TPM_COUNTER_FIRST + TPM_COUNTER_TRIES; i++) {
		ESYS_TR nv = ESYS_TR_NONE;
		TSS2_RC rc = Esys_TR_FromTPMPublic(esys, i, ESYS_TR_NONE, ESYS_TR_NONE,
						   ESYS_TR_NONE, &nv);

		if (rc == TSS2_RC_SUCCESS) {
			(void)Esys_TR_Close(esys, &nv);
			continue;
		}
		if (!tpm_rc_is(rc, TPM2_RC_HANDLE) && !tpm_rc_is(rc, TPM2_RC_VALUE))
			return tpm_fail(err, "counter", rc);
		*ret_index = i;
		return 0;
	}
	return err_set(err, "counter: all NV indices from 0x%08x to 0x%08x are taken",
		       TPM_COUNTER_FIRST, TPM_COUNTER_FIRST + TPM_COUNTER_TRIES - 1);
}

static int increment(ESYS_CONTEXT *esys, ESYS_TR nv, ESYS_TR session, struct err *err)
{
	TSS2_RC rc = Esys_NV_Increment(esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(err, "counter: count", rc);
}

int tpm_counter_make(struct tpm_counter *ret_counter, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	struct tpm_counter counter = { .index = 0 };
	ESYS_TR nv = ESYS_TR_NONE;

	if (tpm_ctx_open(&ctx, err) < 0 || first_free(ctx.esys, &counter.index, err) < 0 ||
	    define(ctx.esys, counter.index, &nv, err) < 0)
		return -1;
	/* Its Name has the attribute TPMA_NV_WRITTEN from now on. */
	if (increment(ctx.esys, nv, ESYS_TR_PASSWORD, err) < 0 ||
	    tpm_name_of(ctx.esys, nv, counter.name, err) < 0) {
		(void)Esys_NV_UndefineSpace(ctx.esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE);
		return -1;
	}
	*ret_counter = counter;
	return 0;
}

int tpm_counter_read(const struct tpm_counter *counter, uint64_t *ret_value, bool *ret_there,
		     struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	AUTO_ESYS TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR nv = ESYS_TR_NONE;
	uint64_t value = 0;
	TSS2_RC rc;

	if (tpm_ctx_open(&ctx, err) < 0 || open_counter(ctx.esys, counter, &nv, err) < 0)
		return -1;
	*ret_there = nv != ESYS_TR_NONE;
	if (!*ret_there)
		return 0;
	rc = Esys_NV_Read(ctx.esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			  COUNTER_SIZE, 0, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "counter: read", rc);
	if (data->size != COUNTER_SIZE)
		return err_set(err, "counter: the TPM gave %u bytes of it", data->size);
	for (unsigned int i = 0; i < COUNTER_SIZE; i++)
		value = value << 8 | data->buffer[i];
	*ret_value = value;
	return 0;
}

/* Authorized by HMAC with a salted session: a device on the bus can't pretend that it counted. */
static int increment_salted(ESYS_CONTEXT *esys, ESYS_TR nv, struct err *err)
{
	ESYS_TR primary = ESYS_TR_NONE;
	ESYS_TR session = ESYS_TR_NONE;
	bool there = false;
	int rc;

	if (tpm_primary_open(esys, NULL, &primary, &there, err) < 0)
		return -1;
	rc = tpm_session_start(esys, primary, TPM2_SE_HMAC, &session, err);
	if (rc == 0)
		rc = increment(esys, nv, session, err);
	tpm_flush(esys, &session);
	tpm_flush(esys, &primary);
	return rc;
}

int tpm_counter_increment(const struct tpm_counter *counter, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	ESYS_TR nv = ESYS_TR_NONE;

	if (tpm_ctx_open(&ctx, err) < 0 || open_counter(ctx.esys, counter, &nv, err) < 0)
		return -1;
	if (nv == ESYS_TR_NONE)
		return err_set(err, "counter: NV index 0x%08x is gone, or another", counter->index);
	return increment_salted(ctx.esys, nv, err);
}

int tpm_counter_remove(const struct tpm_counter *counter, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	ESYS_TR nv = ESYS_TR_NONE;
	TSS2_RC rc;

	if (tpm_ctx_open(&ctx, err) < 0 || open_counter(ctx.esys, counter, &nv, err) < 0)
		return -1;
	if (nv == ESYS_TR_NONE)
		return 0;
	rc = Esys_NV_UndefineSpace(ctx.esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				   ESYS_TR_NONE);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(err, "counter: remove", rc);
}

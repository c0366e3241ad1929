/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading NV indices. */
#include "tpm/nv_read.h"

#include "tpm/ctx.h"
#include "tpm/keys.h"
#include "tpm/object.h"

/* Bytes a command: every TPM takes so many (TPM_PT_NV_BUFFER_MAX is 512 at least). */
#define NV_CHUNK 512

struct nv_index {
	ESYS_CONTEXT *esys;
	ESYS_TR tr;
	ESYS_TR by; /* whose authorization reads it */
	uint16_t size;
};

static void close_index(struct nv_index *at)
{
	if (at->tr != ESYS_TR_NONE)
		(void)Esys_TR_Close(at->esys, &at->tr);
}

static int open_index(struct nv_index *at, TPM2_HANDLE index, bool *ret_there, struct err *err)
{
	AUTO_ESYS TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc = Esys_TR_FromTPMPublic(at->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &at->tr);

	*ret_there = false;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return 0;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_ReadPublic(at->esys, at->tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					&public, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "find", rc);
	*ret_there = (public->nvPublic.attributes & TPMA_NV_WRITTEN) != 0;
	at->by = public->nvPublic.attributes & TPMA_NV_AUTHREAD ? at->tr : ESYS_TR_RH_OWNER;
	at->size = public->nvPublic.dataSize;
	return 0;
}

static int read_all(const struct nv_index *at, struct buf *out, struct err *err)
{
	for (uint16_t done = 0; done < at->size;) {
		AUTO_ESYS TPM2B_MAX_NV_BUFFER *data = NULL;
		uint16_t left = (uint16_t)(at->size - done);
		uint16_t n = left < NV_CHUNK ? left : NV_CHUNK;
		TSS2_RC rc = Esys_NV_Read(at->esys, at->by, at->tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					  ESYS_TR_NONE, n, done, &data);

		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(err, "read", rc);
		if (data->size != n)
			return err_set(err, "read: %u bytes instead of %u", data->size, n);
		if (buf_put(out, data->buffer, n, err) < 0)
			return -1;
		done = (uint16_t)(done + n);
	}
	return 0;
}

int tpm_nv_read(ESYS_CONTEXT *esys, TPM2_HANDLE index, struct buf *out, bool *ret_there,
		struct err *err)
{
	CLEANUP(close_index) struct nv_index at = { .esys = esys, .tr = ESYS_TR_NONE };

	if (open_index(&at, index, ret_there, err) < 0 ||
	    (*ret_there && read_all(&at, out, err) < 0))
		return err_prepend(err, "NV index 0x%08x", index);
	return 0;
}

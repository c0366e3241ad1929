/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and closing the TPM, and its response codes in words. */
#include "tpm/ctx.h"

#include <stdlib.h>

#include <tss2/tss2_tcti_device.h>

#include "tpm/pcr.h"

struct rc_words {
	TSS2_RC rc;
	const char *words;
};

static const struct rc_words tpm_words[] = {
	{ TPM2_RC_LOCKOUT, "the TPM is locked out after failed authorizations: wait, or clear it" },
	{ TPM2_RC_INITIALIZE, "the TPM was not started: the firmware left it alone" },
	{ TPM2_RC_FAILURE, "the TPM is in failure mode: power the machine off and on" },
	{ TPM2_RC_LOCALITY, "this PCR is not for software to extend" },
	{ TPM2_RC_RETRY, "the TPM is busy" },
	{ TPM2_RC_YIELDED, "the TPM is busy" },
	{ TPM2_RC_NV_RATE, "the TPM is busy: too many writes to its NV memory" },
	{ TPM2_RC_NV_SPACE, "the TPM's NV memory is full" },
	{ TPM2_RC_PCR_CHANGED, "its PCRs do not stop changing" },
	{ TPM2_RC_SESSION_MEMORY, "the TPM is out of memory for sessions" },
	{ TPM2_RC_OBJECT_MEMORY, "the TPM is out of memory for objects" },
	{ TPM2_RC_TESTING, "the TPM is still testing itself" },
	{ TPM2_RC_MEMORY, "the TPM is out of memory" },
	{ TPM2_RC_OBJECT_MEMORY, "the TPM has no room for one more key" },
	{ TPM2_RC_SESSION_MEMORY, "the TPM has no room for one more session" },
	{ TPM2_RC_NV_SPACE, "the TPM's memory is full: something that it keeps must go" },
	{ TPM2_RC_BAD_AUTH, "the TPM wants a password that is not known here" },
	{ TPM2_RC_AUTH_FAIL, "the TPM wants a password that is not known here" },
	{ TPM2_RC_HIERARCHY, "the firmware has switched this hierarchy off" },
	{ TSS2_BASE_RC_IO_ERROR, "the device does not answer" },
	{ TSS2_BASE_RC_NO_CONNECTION, "the device does not answer" },
};

/* Part 2, 6.6.3: bit 7 says format one, bits 8-11 and bit 6 whose fault it is. */
#define RC_FORMAT_ONE 0x080U
#define RC_WHOSE 0xf40U

TSS2_RC tpm_rc_plain(TSS2_RC rc)
{
	TSS2_RC base = rc & ~TSS2_RC_LAYER_MASK;

	return base & RC_FORMAT_ONE ? base & ~RC_WHOSE : base;
}

int tpm_fail(struct err *err, const char *what, TSS2_RC rc)
{
	TSS2_RC base = tpm_rc_plain(rc);

	for (size_t i = 0; i < ARRAY_LEN(tpm_words); i++)
		if (base == tpm_words[i].rc)
			return err_set(err, "%s: %s [0x%08x]", what, tpm_words[i].words, rc);
	return err_set(err, "%s: the TPM refused [0x%08x]", what, rc);
}

static int open_tcti(TSS2_TCTI_CONTEXT **ret_tcti, struct err *err)
{
	AUTO_MEM TSS2_TCTI_CONTEXT *tcti = NULL;
	size_t size = 0;
	TSS2_RC rc = Tss2_Tcti_Device_Init(NULL, &size, TPM_DEVICE);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, TPM_DEVICE, rc);
	tcti = calloc(1, size);
	if (!tcti)
		return err_errno(err, TPM_DEVICE);
	rc = Tss2_Tcti_Device_Init(tcti, &size, TPM_DEVICE);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, TPM_DEVICE ": open", rc);
	*ret_tcti = take_ptr(&tcti);
	return 0;
}

int tpm_ctx_open(struct tpm_ctx *ctx, struct err *err)
{
	TSS2_RC rc;

	if (setenv("TSS2_LOG", "all+none", 0) < 0)
		return err_errno(err, "TSS2_LOG");
	if (open_tcti(&ctx->tcti, err) < 0)
		return -1;
	rc = Esys_Initialize(&ctx->esys, ctx->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, TPM_DEVICE ": start a session", rc);
	return 0;
}

void tpm_ctx_done(struct tpm_ctx *ctx)
{
	Esys_Finalize(&ctx->esys);
	if (ctx->tcti) {
		Tss2_Tcti_Finalize(ctx->tcti);
		free(ctx->tcti);
		ctx->tcti = NULL;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection to the TPM through the kernel's resource manager; lib/tpm only. */
#ifndef ASSAY_TPM_CTX_H
#define ASSAY_TPM_CTX_H

#include <tss2/tss2_esys.h>

#include "base/attr.h"
#include "base/err.h"

struct tpm_ctx {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

#define TPM_CTX_INIT \
	{ \
		.tcti = NULL, .esys = NULL \
	}
#define AUTO_TPM CLEANUP(tpm_ctx_done) struct tpm_ctx

/* Opens TPM_DEVICE directly: no loader of transports, no environment, no log of the TSS. */
MUST_USE int tpm_ctx_open(struct tpm_ctx *ctx, struct err *err);
void tpm_ctx_done(struct tpm_ctx *ctx);

/* A response code of format one (part 2, 6.6.3) without the number of what it is about. */
TSS2_RC tpm_rc_plain(TSS2_RC rc);

/* "what: sentence [code]" for a response code; returns -1. */
int tpm_fail(struct err *err, const char *what, TSS2_RC rc);

#endif

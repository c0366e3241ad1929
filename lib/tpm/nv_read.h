/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading NV indices (TPM 2.0 Library part 3, 31); lib/tpm only. */
#ifndef ASSAY_TPM_NV_READ_H
#define ASSAY_TPM_NV_READ_H

#include <stdbool.h>

#include <tss2/tss2_esys.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends what the index holds, read by the index' own empty authorization or the owner's.
 * *ret_there false: no such index, or nothing was written to it.  More than the buffer's maximum
 * fails.
 */
MUST_USE int tpm_nv_read(ESYS_CONTEXT *esys, TPM2_HANDLE index, struct buf *out, bool *ret_there,
			 struct err *err);

#endif

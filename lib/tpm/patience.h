/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of the TPM that pass: it is busy, or something changed while we asked. */
#ifndef ASSAY_TPM_PATIENCE_H
#define ASSAY_TPM_PATIENCE_H

#include <stdbool.h>

#include <tss2/tss2_esys.h>

/*
 * Is it worth trying again?  Then it has paused for a random time that grows with *tries, which is
 * counted up; at most TPM_UNSEAL_TRIES times.  TPM_RC_PCR_CHANGED is such an answer too, for a
 * caller whose session begins anew.
 *
 *	do
 *		rc = Esys_...;
 *	while (tpm_try_again(rc, &tries));
 */
bool tpm_try_again(TSS2_RC rc, unsigned int *tries);

#endif

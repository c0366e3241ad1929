/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading many PCRs: not in pcr.c, so that assay-boot is not linked with what sessions need. */
#include <string.h>

#include "tpm/object.h"
#include "tpm/patience.h"
#include "tpm/pcr.h"

static bool was_given(const TPMS_PCR_SELECTION *selection, unsigned int pcr)
{
	return pcr / 8 < selection->sizeofSelect && pcr / 8 < TPM2_PCR_SELECT_MAX &&
	       (selection->pcrSelect[pcr / 8] >> (pcr % 8) & 1) != 0;
}

/* As many as the TPM gives at once (part 3, 22.4): those that it gave are in *ret_given. */
static int read_some(ESYS_CONTEXT *esys, uint32_t mask, struct tpm_pcrs *pcrs, uint32_t *ret_given,
		     struct err *err)
{
	AUTO_ESYS TPML_DIGEST *values = NULL;
	AUTO_ESYS TPML_PCR_SELECTION *given = NULL;
	TPML_PCR_SELECTION selection = { .count = 1 };
	TPMS_PCR_SELECTION *one = &selection.pcrSelections[0];
	unsigned int tries = 0;
	UINT32 n = 0;
	TSS2_RC rc;

	one->hash = TPM2_ALG_SHA256;
	one->sizeofSelect = 3;
	for (unsigned int i = 0; i < 3; i++)
		one->pcrSelect[i] = (BYTE)(mask >> (8 * i));
	do
		rc = Esys_PCR_Read(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection, NULL,
				   &given, &values);
	while (tpm_try_again(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "PCR read", rc);
	*ret_given = 0;
	for (unsigned int i = 0; i < TPM_PCRS && n < values->count && given->count == 1; i++) {
		if (!was_given(&given->pcrSelections[0], i) || !(mask >> i & 1) ||
		    values->digests[n].size != TPM_DIGEST_SIZE)
			continue;
		memcpy(pcrs->value[i], values->digests[n++].buffer, TPM_DIGEST_SIZE);
		*ret_given |= 1U << i;
	}
	return *ret_given ? 0 : err_set(err, "PCR read: this TPM has no SHA-256 bank of them");
}

int tpm_pcrs_read(uint32_t mask, struct tpm_pcrs *ret_pcrs, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	uint32_t left = mask;

	if (!mask || mask >> TPM_PCRS)
		return err_set(err, "PCR read: no PCR, or one that there is not");
	memset(ret_pcrs, 0, sizeof(*ret_pcrs));
	if (tpm_ctx_open(&ctx, err) < 0)
		return -1;
	while (left) {
		uint32_t given;

		if (read_some(ctx.esys, left, ret_pcrs, &given, err) < 0)
			return -1;
		left &= ~given;
	}
	ret_pcrs->mask = mask;
	return 0;
}

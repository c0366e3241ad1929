/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extending and reading PCRs. */
#include "tpm/pcr.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tpm/ctx.h"

struct bank {
	TPM2_ALG_ID id;
	enum hash_algo algo;
};

static const struct bank banks[] = {
	{ TPM2_ALG_SHA1, HASH_SHA1 },
	{ TPM2_ALG_SHA256, HASH_SHA256 },
	{ TPM2_ALG_SHA384, HASH_SHA384 },
	{ TPM2_ALG_SHA512, HASH_SHA512 },
};

static const struct bank *bank_by_id(TPM2_ALG_ID id)
{
	for (size_t i = 0; i < ARRAY_LEN(banks); i++)
		if (banks[i].id == id)
			return &banks[i];
	return NULL;
}

static void free_capability(TPMS_CAPABILITY_DATA **data)
{
	Esys_Free(*data);
}

static void free_digests(TPML_DIGEST **digests)
{
	Esys_Free(*digests);
}

static bool has_pcr(const TPMS_PCR_SELECTION *selection, unsigned int pcr)
{
	return pcr / 8 < selection->sizeofSelect && pcr / 8 < TPM2_PCR_SELECT_MAX &&
	       (selection->pcrSelect[pcr / 8] >> (pcr % 8) & 1) != 0;
}

int tpm_present(bool *ret_present, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;

	if (access(TPM_DEVICE, F_OK) < 0) {
		if (errno != ENOENT)
			return err_errno(err, "%s", TPM_DEVICE);
		*ret_present = false;
		return 0;
	}
	if (tpm_ctx_open(&ctx, err) < 0)
		return -1;
	*ret_present = true;
	return 0;
}

struct bytes {
	const void *data;
	size_t len;
};

static int put_digest(TPMT_HA *at, const struct bank *bank, struct bytes bytes, struct err *err)
{
	struct digest digest;

	if (hash_bytes(bank->algo, bytes.data, bytes.len, &digest, err) < 0)
		return -1;
	at->hashAlg = bank->id;
	memcpy(&at->digest, digest.data, digest.len);
	return 0;
}

/* One digest for every bank that holds the PCR, but for those of hashes that are not known here. */
static int make_digests(ESYS_CONTEXT *esys, unsigned int pcr, struct bytes bytes,
			TPML_DIGEST_VALUES *ret_values, struct err *err)
{
	CLEANUP(free_capability) TPMS_CAPABILITY_DATA *cap = NULL;
	bool strong = false;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_PCRS, 0, 1, &more, &cap);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "list of PCR banks", rc);
	memset(ret_values, 0, sizeof(*ret_values));
	for (UINT32 i = 0; i < cap->data.assignedPCR.count; i++) {
		const TPMS_PCR_SELECTION *sel = &cap->data.assignedPCR.pcrSelections[i];
		const struct bank *bank = bank_by_id(sel->hash);

		if (!has_pcr(sel, pcr) || !bank)
			continue;
		if (ret_values->count == TPM2_NUM_PCR_BANKS)
			return err_set(err, "PCR %u: more banks than a TPM has", pcr);
		strong |= bank->id != TPM2_ALG_SHA1;
		if (put_digest(&ret_values->digests[ret_values->count++], bank, bytes, err) < 0)
			return -1;
	}
	if (!strong)
		return err_set(err,
			       "PCR %u: no SHA-256, SHA-384 or SHA-512 bank of this TPM holds it",
			       pcr);
	return 0;
}

int tpm_pcr_extend(unsigned int pcr, const void *data, size_t len, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	TPML_DIGEST_VALUES values;
	TSS2_RC rc;

	if (tpm_ctx_open(&ctx, err) < 0)
		return -1;
	if (make_digests(ctx.esys, pcr, (struct bytes){ data, len }, &values, err) < 0)
		return -1;
	rc = Esys_PCR_Extend(ctx.esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			     ESYS_TR_NONE, &values);
	if (rc != TSS2_RC_SUCCESS) {
		(void)tpm_fail(err, "extend", rc);
		return err_prepend(err, "PCR %u", pcr);
	}
	return 0;
}

static int select_one(unsigned int pcr, enum hash_algo algo, TPML_PCR_SELECTION *ret_sel,
		      struct err *err)
{
	if (pcr >= TPM2_MAX_PCRS)
		return err_set(err, "PCR %u: there is no such PCR", pcr);
	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		if (banks[i].algo != algo)
			continue;
		memset(ret_sel, 0, sizeof(*ret_sel));
		ret_sel->count = 1;
		ret_sel->pcrSelections[0].hash = banks[i].id;
		ret_sel->pcrSelections[0].sizeofSelect = 3;
		ret_sel->pcrSelections[0].pcrSelect[pcr / 8] = (BYTE)(1U << (pcr % 8));
		return 0;
	}
	return err_set(err, "PCR bank %s: not supported", hash_algo_name(algo));
}

int tpm_pcr_read(unsigned int pcr, enum hash_algo bank, struct digest *ret_value, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	CLEANUP(free_digests) TPML_DIGEST *values = NULL;
	TPML_PCR_SELECTION selection;
	TSS2_RC rc;

	if (select_one(pcr, bank, &selection, err) < 0 || tpm_ctx_open(&ctx, err) < 0)
		return -1;
	rc = Esys_PCR_Read(ctx.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection, NULL,
			   NULL, &values);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "PCR read", rc);
	if (values->count != 1 || values->digests[0].size != hash_algo_size(bank))
		return err_set(err, "PCR %u: this TPM has no bank %s", pcr, hash_algo_name(bank));
	ret_value->algo = bank;
	ret_value->len = values->digests[0].size;
	memcpy(ret_value->data, values->digests[0].buffer, ret_value->len);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A quote, and the values that it is over. */
#include "tpm/quote.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <tss2/tss2_mu.h>

#include "crypto/hash.h"
#include "tpm/keys.h"
#include "tpm/object.h"

#define READ_PCRS 8	      /* TPM2_PCR_Read gives no more at a time (part 3, 22.4) */
#define PAUSE_MIN_NS 1000000L /* before all is done anew: 1 to 17 ms, so that two who wait */
#define PAUSE_BITS 24	      /* for each other do not meet again */

/* What one try came to. */
enum outcome { OUTCOME_DONE, OUTCOME_AGAIN };

static void select_pcrs(TPML_PCR_SELECTION *ret_sel, unsigned int first, unsigned int n)
{
	memset(ret_sel, 0, sizeof(*ret_sel));
	ret_sel->count = 1;
	ret_sel->pcrSelections[0].hash = TPM2_ALG_SHA256;
	ret_sel->pcrSelections[0].sizeofSelect = 3;
	for (unsigned int pcr = first; pcr < first + n; pcr++)
		ret_sel->pcrSelections[0].pcrSelect[pcr / 8] |= (BYTE)(1U << (pcr % 8));
}

/* The TPM has something else to do, or the PCRs were changed under the command. */
static bool is_busy(TSS2_RC rc)
{
	TSS2_RC base = rc & ~TSS2_RC_LAYER_MASK;

	return base == TPM2_RC_RETRY || base == TPM2_RC_YIELDED || base == TPM2_RC_TESTING ||
	       base == TPM2_RC_PCR_CHANGED;
}

static int read_pcrs(struct tpm_identity *identity, enum outcome *ret_outcome, struct err *err)
{
	identity->pcrs.read = false;
	for (unsigned int first = 0; first < TPM_QUOTE_PCRS; first += READ_PCRS) {
		AUTO_ESYS TPML_DIGEST *values = NULL;
		TPML_PCR_SELECTION sel;
		TSS2_RC rc;

		select_pcrs(&sel, first, READ_PCRS);
		rc = Esys_PCR_Read(identity->ctx.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &sel, NULL, NULL, &values);
		*ret_outcome = is_busy(rc) ? OUTCOME_AGAIN : OUTCOME_DONE;
		if (is_busy(rc))
			return 0;
		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(err, "PCR read", rc);
		if (values->count != READ_PCRS)
			return err_set(err, "PCR read: this TPM has no bank of SHA-256; switch it "
					    "on in the firmware's setup");
		for (unsigned int i = 0; i < READ_PCRS; i++) {
			if (values->digests[i].size != sizeof(identity->pcrs.value[0]))
				return err_set(err, "PCR read: PCR %u is no SHA-256", first + i);
			memcpy(identity->pcrs.value[first + i], values->digests[i].buffer,
			       sizeof(identity->pcrs.value[0]));
		}
	}
	identity->pcrs.read = true;
	return 0;
}

static int store(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *sig, struct tpm_quote *quote,
		 struct err *err)
{
	size_t len = 0;
	TSS2_RC rc = Tss2_MU_TPMT_SIGNATURE_Marshal(sig, quote->sig, sizeof(quote->sig), &len);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "signature", rc);
	if (attest->size > sizeof(quote->attest))
		return err_set(err, "longer than %zu bytes", sizeof(quote->attest));
	quote->sig_len = len;
	quote->attest_len = attest->size;
	memcpy(quote->attest, attest->attestationData, attest->size);
	return 0;
}

static int sign(const struct tpm_identity *identity, const TPM2B_DATA *nonce,
		struct tpm_quote *quote, enum outcome *ret_outcome, struct err *err)
{
	const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	AUTO_ESYS TPM2B_ATTEST *attest = NULL;
	AUTO_ESYS TPMT_SIGNATURE *sig = NULL;
	TPML_PCR_SELECTION sel;
	TSS2_RC rc;

	select_pcrs(&sel, 0, TPM_QUOTE_PCRS);
	rc = Esys_Quote(identity->ctx.esys, identity->ak.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, nonce, &scheme, &sel, &attest, &sig);
	*ret_outcome = is_busy(rc) ? OUTCOME_AGAIN : OUTCOME_DONE;
	if (is_busy(rc))
		return 0;
	return rc == TSS2_RC_SUCCESS ? store(attest, sig, quote, err) : tpm_fail(err, "sign", rc);
}

/* Is the digest of the values that were read what was quoted? */
static int compare(struct tpm_identity *identity, struct tpm_quote *quote,
		   enum outcome *ret_outcome, struct err *err)
{
	TPMS_ATTEST attest;
	struct digest digest;
	size_t at = 0;
	TSS2_RC rc = Tss2_MU_TPMS_ATTEST_Unmarshal(quote->attest, quote->attest_len, &at, &attest);

	*ret_outcome = OUTCOME_AGAIN;
	if (rc != TSS2_RC_SUCCESS || attest.type != TPM2_ST_ATTEST_QUOTE)
		return err_set(err, "the TPM's answer is no quote");
	tpm_clock_take(&attest.clockInfo, &identity->clock.last);
	identity->clock.quoted = true;
	if (!identity->pcrs.read)
		return 0;
	memcpy(quote->value, identity->pcrs.value, sizeof(quote->value));
	if (hash_bytes(HASH_SHA256, quote->value, sizeof(quote->value), &digest, err) < 0)
		return -1;
	if (attest.attested.quote.pcrDigest.size == digest.len &&
	    memcmp(attest.attested.quote.pcrDigest.buffer, digest.data, digest.len) == 0)
		*ret_outcome = OUTCOME_DONE;
	return 0;
}

/* Values that were read before are looked at first: where nothing was extended since, the quote is
 * all that the TPM has to do. */
static int try_once(struct tpm_identity *identity, const TPM2B_DATA *nonce, struct tpm_quote *quote,
		    enum outcome *ret_outcome, struct err *err)
{
	if (sign(identity, nonce, quote, ret_outcome, err) < 0)
		return -1;
	if (*ret_outcome == OUTCOME_AGAIN)
		return 0;
	if (compare(identity, quote, ret_outcome, err) < 0)
		return -1;
	if (*ret_outcome == OUTCOME_DONE)
		return 0;
	if (read_pcrs(identity, ret_outcome, err) < 0)
		return -1;
	return *ret_outcome == OUTCOME_AGAIN ? 0 : compare(identity, quote, ret_outcome, err);
}

static void pause_a_moment(void)
{
	struct timespec t = { .tv_nsec = PAUSE_MIN_NS };
	unsigned int more = 0;

	if (getrandom(&more, sizeof(more), GRND_NONBLOCK) == (ssize_t)sizeof(more))
		t.tv_nsec += (long)(more & ((1U << PAUSE_BITS) - 1));
	(void)nanosleep(&t, NULL);
}

int tpm_quote_make(struct tpm_identity *identity, const void *nonce, size_t len,
		   struct tpm_quote *ret_quote, struct err *err)
{
	enum outcome outcome = OUTCOME_AGAIN;
	TPM2B_DATA data;

	if (len > TPM_QUOTE_NONCE_MAX || len > sizeof(data.buffer))
		return err_set(err, "quote: the nonce has more than %d bytes", TPM_QUOTE_NONCE_MAX);
	memset(&data, 0, sizeof(data));
	data.size = (UINT16)len;
	memcpy(data.buffer, nonce, len);
	for (int i = 0; i < TPM_QUOTE_TRIES; i++) {
		if (i > 0)
			pause_a_moment();
		if (try_once(identity, &data, ret_quote, &outcome, err) < 0)
			return err_prepend(err, "quote");
		if (outcome == OUTCOME_DONE)
			return 0;
	}
	return err_set(err, "quote: the PCRs changed, or the TPM was busy, %d times in a row",
		       TPM_QUOTE_TRIES);
}

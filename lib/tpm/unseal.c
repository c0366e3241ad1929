/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing, and unsealing under an approved policy. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tpm/object.h"
#include "tpm/patience.h"

#define COUNTER_SIZE 8
#define SELECT_SIZE 3

struct tpm_unsealer {
	struct tpm_ctx ctx;
	struct tpm_unseal_input input;
	ESYS_TR primary;
	ESYS_TR object;
	ESYS_TR key; /* the authority's */
};

/* What one try of a session came to. */
struct attempt {
	const struct tpm_approved *approved;
	const TPMT_TK_VERIFIED *ticket;
	ESYS_TR session;
	ESYS_TR counter;
	enum tpm_answer answer;
	const char *step; /* for the error */
};

static void seal_template(const uint8_t *policy, TPM2B_PUBLIC *ret_template)
{
	TPMT_PUBLIC *p = &ret_template->publicArea;

	memset(ret_template, 0, sizeof(*ret_template));
	p->type = TPM2_ALG_KEYEDHASH;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_NODA;
	p->authPolicy.size = TPM_DIGEST_SIZE;
	memcpy(p->authPolicy.buffer, policy, TPM_DIGEST_SIZE);
	p->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
}

int tpm_seal(const void *secret, size_t len, const uint8_t policy[static TPM_DIGEST_SIZE],
	     struct tpm_sealed *ret_sealed, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	TPM2B_PUBLIC template;
	ESYS_TR primary = ESYS_TR_NONE;
	bool there = false;
	int rc;

	if (len == 0 || len > TPM_SEAL_MAX)
		return err_set(err, "seal: %zu bytes: not 1 to %d", len, TPM_SEAL_MAX);
	if (tpm_ctx_open(&ctx, err) < 0 ||
	    tpm_primary_open(ctx.esys, NULL, &primary, &there, err) < 0)
		return err_prepend(err, "seal");
	seal_template(policy, &template);
	memcpy(sensitive.sensitive.data.buffer, secret, len);
	sensitive.sensitive.data.size = (UINT16)len;
	rc = tpm_object_create(&(struct tpm_new){ ctx.esys, primary, &template, &sensitive },
			       ret_sealed, err);
	explicit_bzero(&sensitive, sizeof(sensitive));
	tpm_flush(ctx.esys, &primary);
	return rc < 0 ? err_prepend(err, "seal") : 0;
}

void tpm_unsealer_free(struct tpm_unsealer *u)
{
	if (!u)
		return;
	if (u->ctx.esys) {
		tpm_flush(u->ctx.esys, &u->key);
		tpm_flush(u->ctx.esys, &u->object);
		tpm_flush(u->ctx.esys, &u->primary);
	}
	tpm_ctx_done(&u->ctx);
	free(u);
}

static int answer(enum tpm_answer what, const char *words, enum tpm_answer *ret_answer,
		  struct err *err)
{
	*ret_answer = what;
	(void)err_set(err, "%s", words);
	return 0;
}

/* Answers that are about the object, whichever of its parts the TPM complains of. */
static bool is_about_object(TSS2_RC rc)
{
	static const TPM2_RC codes[] = { TPM2_RC_INTEGRITY, TPM2_RC_BINDING,	 TPM2_RC_SENSITIVE,
					 TPM2_RC_SIZE,	    TPM2_RC_ATTRIBUTES,	 TPM2_RC_HASH,
					 TPM2_RC_KDF,	    TPM2_RC_SCHEME,	 TPM2_RC_SYMMETRIC,
					 TPM2_RC_TYPE,	    TPM2_RC_KEY,	 TPM2_RC_VALUE,
					 TPM2_RC_SELECTOR,  TPM2_RC_INSUFFICIENT };

	if (rc == TPM2_RC_INTEGRITY)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (tpm_rc_is(rc, codes[i]))
			return true;
	return false;
}

static int load_object(struct tpm_unsealer *u, enum tpm_answer *ret_answer, struct err *err)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	do
		rc = tpm_object_load(u->ctx.esys, u->primary, ESYS_TR_PASSWORD, u->input.sealed,
				     &u->object);
	while (tpm_try_again(rc, &tries));
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (is_about_object(rc))
		return answer(TPM_DAMAGED, "the sealed object is damaged, or is not this TPM's",
			      ret_answer, err);
	return tpm_fail(err, "load the sealed object", rc);
}

static int load_key(struct tpm_unsealer *u, struct err *err)
{
	TPM2B_PUBLIC public;
	unsigned int tries = 0;
	TSS2_RC rc;

	if (tpm_public_unmarshal(u->input.authority->data, u->input.authority->len, &public, err) <
	    0)
		return -1;
	do
		rc = Esys_LoadExternal(u->ctx.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
				       &public, ESYS_TR_RH_OWNER, &u->key);
	while (tpm_try_again(rc, &tries));
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(err, "load the authority's key", rc);
}

int tpm_unsealer_open(const struct tpm_unseal_input *input, struct tpm_unsealer **ret_u,
		      enum tpm_answer *ret_answer, struct err *err)
{
	struct tpm_unsealer *u = calloc(1, sizeof(*u));
	bool there = false;
	int rc;

	if (!u)
		return err_set(err, "out of memory");
	u->input = *input;
	u->primary = u->object = u->key = ESYS_TR_NONE;
	*ret_answer = TPM_UNSEALED;
	rc = tpm_ctx_open(&u->ctx, err);
	if (rc == 0)
		rc = tpm_primary_open(u->ctx.esys, input->sealed->parent, &u->primary, &there, err);
	if (rc == 0 && !there)
		rc = answer(TPM_OTHER,
			    "another TPM than the one that was sealed to, or it was "
			    "cleared since",
			    ret_answer, err);
	else if (rc == 0)
		rc = load_object(u, ret_answer, err);
	if (rc == 0 && *ret_answer == TPM_UNSEALED)
		rc = load_key(u, err);
	if (rc == 0 && *ret_answer == TPM_UNSEALED) {
		*ret_u = u;
		return 0;
	}
	tpm_unsealer_free(u);
	return rc;
}

/* The TPM's ticket for the authority's signature over the approved policy. */
static int verify(struct tpm_unsealer *u, const struct tpm_approved *a, TPMT_TK_VERIFIED **ret,
		  enum tpm_answer *ret_answer, struct err *err)
{
	TPMT_SIGNATURE sig = { .sigAlg = TPM2_ALG_RSASSA };
	TPM2B_DIGEST digest = { .size = TPM_DIGEST_SIZE };
	unsigned int tries = 0;
	TSS2_RC rc;

	if (tpm_policy_to_sign(a->policy, u->input.ref, digest.buffer, err) < 0)
		return -1;
	if (a->sig_len == sizeof(sig.signature.rsassa.sig.buffer) / 2) {
		sig.signature.rsassa.hash = TPM2_ALG_SHA256;
		sig.signature.rsassa.sig.size = (UINT16)a->sig_len;
		memcpy(sig.signature.rsassa.sig.buffer, a->sig, a->sig_len);
	} else if (a->sig_len == 64) {
		sig.sigAlg = TPM2_ALG_ECDSA;
		sig.signature.ecdsa.hash = TPM2_ALG_SHA256;
		sig.signature.ecdsa.signatureR.size = 32;
		sig.signature.ecdsa.signatureS.size = 32;
		memcpy(sig.signature.ecdsa.signatureR.buffer, a->sig, 32);
		memcpy(sig.signature.ecdsa.signatureS.buffer, a->sig + 32, 32);
	} else {
		return answer(TPM_UNSIGNED, "not signed by the lock authority", ret_answer, err);
	}
	do
		rc = Esys_VerifySignature(u->ctx.esys, u->key, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &digest, &sig, ret);
	while (tpm_try_again(rc, &tries));
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (tpm_rc_is(rc, TPM2_RC_SIGNATURE) || tpm_rc_is(rc, TPM2_RC_SCHEME) ||
	    tpm_rc_is(rc, TPM2_RC_VALUE))
		return answer(TPM_UNSIGNED, "not signed by the lock authority", ret_answer, err);
	return tpm_fail(err, "verify the approval", rc);
}

static int open_counter(struct tpm_unsealer *u, struct attempt *at, enum tpm_answer *ret_answer,
			struct err *err)
{
	const struct tpm_counter *counter = at->approved->counter;
	uint8_t name[TPM_NAME_SIZE];
	unsigned int tries = 0;
	TSS2_RC rc;

	do
		rc = Esys_TR_FromTPMPublic(u->ctx.esys, counter->index, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &at->counter);
	while (tpm_try_again(rc, &tries));
	if (rc == TSS2_RC_SUCCESS && tpm_name_of(u->ctx.esys, at->counter, name, NULL) == 0 &&
	    memcmp(name, counter->name, sizeof(name)) == 0)
		return 0;
	if (rc == TSS2_RC_SUCCESS || tpm_rc_is(rc, TPM2_RC_HANDLE) || tpm_rc_is(rc, TPM2_RC_VALUE))
		return answer(TPM_NO_COUNTER,
			      "the TPM's counter of revocations was deleted or replaced",
			      ret_answer, err);
	return tpm_fail(err, "counter", rc);
}

static TSS2_RC policy_counter(ESYS_CONTEXT *esys, struct attempt *at)
{
	TPM2B_OPERAND bound = { .size = COUNTER_SIZE };
	TSS2_RC rc;

	for (unsigned int i = 0; i < COUNTER_SIZE; i++)
		bound.buffer[i] = (BYTE)(at->approved->bound >> (8 * (COUNTER_SIZE - 1 - i)));
	at->step = "counter";
	rc = Esys_PolicyNV(esys, at->counter, at->counter, at->session, ESYS_TR_PASSWORD,
			   ESYS_TR_NONE, ESYS_TR_NONE, &bound, 0, TPM2_EO_UNSIGNED_LE);
	if (tpm_rc_is(rc, TPM2_RC_POLICY))
		at->answer = TPM_REVOKED;
	else if (tpm_rc_is(rc, TPM2_RC_NV_UNINITIALIZED) || tpm_rc_is(rc, TPM2_RC_BAD_AUTH) ||
		 tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		at->answer = TPM_NO_COUNTER;
	return rc;
}

static TSS2_RC policy_pcr(ESYS_CONTEXT *esys, struct attempt *at)
{
	static const TPM2B_DIGEST any;
	TPML_PCR_SELECTION selection = { .count = 1 };

	selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
	selection.pcrSelections[0].sizeofSelect = SELECT_SIZE;
	for (unsigned int i = 0; i < SELECT_SIZE; i++)
		selection.pcrSelections[0].pcrSelect[i] = (BYTE)(at->approved->pcr_mask >> (8 * i));
	at->step = "PCRs";
	return Esys_PolicyPCR(esys, at->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &any,
			      &selection);
}

static TSS2_RC policy_authorize(struct tpm_unsealer *u, struct attempt *at)
{
	TPM2B_DIGEST approved = { .size = TPM_DIGEST_SIZE };
	TPM2B_NONCE ref = { .size = TPM_DIGEST_SIZE };
	TPM2B_NAME name = { .size = TPM_NAME_SIZE };
	TSS2_RC rc;

	memcpy(approved.buffer, at->approved->policy, TPM_DIGEST_SIZE);
	memcpy(ref.buffer, u->input.ref, TPM_DIGEST_SIZE);
	memcpy(name.name, u->input.authority->name, TPM_NAME_SIZE);
	at->step = "approval";
	rc = Esys_PolicyAuthorize(u->ctx.esys, at->session, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &approved, &ref, &name, at->ticket);
	if (tpm_rc_is(rc, TPM2_RC_VALUE))
		at->answer = TPM_PCRS_DIFFER;
	return rc;
}

static TSS2_RC unseal(struct tpm_unsealer *u, struct attempt *at, uint8_t *ret_secret)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	TSS2_RC rc;

	at->step = "unseal";
	rc = Esys_Unseal(u->ctx.esys, u->object, at->session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (tpm_rc_is(rc, TPM2_RC_POLICY_FAIL))
		at->answer = TPM_DAMAGED;
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (data->size == TPM_SEAL_MAX) {
		memcpy(ret_secret, data->buffer, TPM_SEAL_MAX);
		at->answer = TPM_UNSEALED;
	}
	explicit_bzero(data, sizeof(*data));
	Esys_Free(data);
	return rc;
}

/* The window in which a change of any PCR spoils it is from policy_pcr to unseal, and no longer. */
static TSS2_RC attempt_in(struct tpm_unsealer *u, struct attempt *at, uint8_t *ret_secret)
{
	TSS2_RC rc = policy_counter(u->ctx.esys, at);

	if (rc == TSS2_RC_SUCCESS)
		rc = policy_pcr(u->ctx.esys, at);
	if (rc == TSS2_RC_SUCCESS)
		rc = policy_authorize(u, at);
	if (rc == TSS2_RC_SUCCESS)
		rc = unseal(u, at, ret_secret);
	return rc;
}

static int give_answer(const struct attempt *at, enum tpm_answer *ret_answer, struct err *err)
{
	switch (at->answer) {
	case TPM_UNSEALED:
		*ret_answer = TPM_UNSEALED;
		return 0;
	case TPM_NO_COUNTER:
		return answer(TPM_NO_COUNTER, "the TPM's counter of revocations was replaced",
			      ret_answer, err);
	case TPM_REVOKED:
		return answer(TPM_REVOKED, "the approval was revoked", ret_answer, err);
	case TPM_PCRS_DIFFER:
		return answer(TPM_PCRS_DIFFER, "the PCRs are not those of the approval", ret_answer,
			      err);
	case TPM_DAMAGED:
		return answer(TPM_DAMAGED, "sealed for another lock or another authority",
			      ret_answer, err);
	case TPM_OTHER:
	case TPM_UNSIGNED:
		break;
	}
	return err_set(err, "unseal: no answer");
}

#define NO_ANSWER TPM_OTHER /* none that an attempt has */

/*
 * A session of its own at first; then the same, back at its beginning (part 3, TPM2_PolicyRestart):
 * an agreement on a new salt takes a TPM longer than all the rest of a try.
 */
static int begin_session(struct tpm_unsealer *u, struct attempt *at, struct err *err)
{
	if (at->session != ESYS_TR_NONE &&
	    Esys_PolicyRestart(u->ctx.esys, at->session, ESYS_TR_NONE, ESYS_TR_NONE,
			       ESYS_TR_NONE) == TSS2_RC_SUCCESS)
		return 0;
	tpm_flush(u->ctx.esys, &at->session);
	return tpm_session_start(u->ctx.esys, u->primary, TPM2_SE_POLICY, &at->session, err);
}

/* As often as patience lasts; -1: no session can be had. */
static int attempts(struct tpm_unsealer *u, struct attempt *at, uint8_t *ret_secret,
		    TSS2_RC *ret_rc, struct err *err)
{
	unsigned int tries = 0;
	bool stopped = false;
	int r;

	*ret_rc = TSS2_RC_SUCCESS;
	do {
		if (u->input.stop_others && !stopped && tries >= TPM_UNSEAL_TRIES_BESIDE &&
		    tpm_rc_is(*ret_rc, TPM2_RC_PCR_CHANGED))
			stopped = kill(-1, SIGSTOP) == 0;
		at->answer = NO_ANSWER;
		r = begin_session(u, at, err);
		if (r == 0)
			*ret_rc = attempt_in(u, at, ret_secret);
	} while (r == 0 && at->answer == NO_ANSWER && tpm_try_again(*ret_rc, &tries));
	if (stopped)
		(void)kill(-1, SIGCONT);
	return r;
}

static int attempt(struct tpm_unsealer *u, struct attempt *at, uint8_t *ret_secret,
		   enum tpm_answer *ret_answer, struct err *err)
{
	TSS2_RC rc;
	int r = attempts(u, at, ret_secret, &rc, err);

	tpm_flush(u->ctx.esys, &at->session);
	if (r < 0)
		return -1;
	if (at->answer != NO_ANSWER)
		return give_answer(at, ret_answer, err);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, at->step, rc);
	return err_set(err, "unseal: not %d bytes", TPM_SEAL_MAX);
}

int tpm_unsealer_try(struct tpm_unsealer *u, const struct tpm_approved *approved,
		     uint8_t ret_secret[static TPM_SEAL_MAX], enum tpm_answer *ret_answer,
		     struct err *err)
{
	AUTO_ESYS TPMT_TK_VERIFIED *ticket = NULL;
	struct attempt at = { .approved = approved,
			      .session = ESYS_TR_NONE,
			      .counter = ESYS_TR_NONE };

	*ret_answer = TPM_UNSEALED;
	if (verify(u, approved, &ticket, ret_answer, err) < 0)
		return -1;
	if (*ret_answer != TPM_UNSEALED)
		return 0;
	at.ticket = ticket;
	if (open_counter(u, &at, ret_answer, err) < 0)
		return -1;
	if (*ret_answer != TPM_UNSEALED)
		return 0;
	return attempt(u, &at, ret_secret, ret_answer, err);
}

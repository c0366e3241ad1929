/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A round: what is proven, in the order in which one thing rests on another, and then the verdict.
 */
#include "attest/appraise.h"

#include <stdlib.h>
#include <string.h>

#include "attest/appraise_parts.h"

#define PCR_IMA 10
#define CODE_LEN 10 /* "[03000086]" */

bool appraise_same_boot(const struct appraise_state *state, uint32_t reset_count,
			uint32_t restart_count)
{
	return state->known && state->reset_count == reset_count &&
	       state->restart_count == restart_count;
}

/* An error of OpenSSL's, which a line ends with in brackets: of an answer that is no there is none.
 */
static bool has_code(const char *text, size_t len)
{
	return len > CODE_LEN && text[len - 1] == ']' && text[len - CODE_LEN] == '[' &&
	       strspn(text + len - CODE_LEN + 1, "0123456789abcdef") == CODE_LEN - 2;
}

bool appraise_lacked_memory(const struct err *why)
{
	static const char *const ends[] = { "out of memory", "refused by OpenSSL" };
	size_t len = strlen(why->text);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (len >= strlen(ends[i]) &&
		    strcmp(why->text + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return has_code(why->text, len);
}

/* Nothing else is the host's word until this is. */
static int check_quote(struct appraisal *a, struct err *err)
{
	const struct msg_evidence *e = a->evidence;
	uint8_t qualifying[EVIDENCE_QUALIFYING_SIZE];
	struct quote_input quote = {
		.ak = a->in->ak,
		.attest = e->attest.data,
		.attest_len = e->attest.len,
		.sig = e->sig.data,
		.sig_len = e->sig.len,
		.nonce = qualifying,
		.nonce_len = sizeof(qualifying),
		.pcrs = &e->pcrs,
	};
	struct err why = ERR_INIT;

	if (evidence_qualifying(e, qualifying, err) < 0)
		return -1;
	if (public_check_ak_terms(a->in->ak, &why) < 0)
		(void)verdict_add(a->verdict, VERDICT_IDENTITY, VERDICT_NO_ENTRY, "%s", why.text);
	else if (e->pcrs.bank != HASH_SHA256 || e->pcrs.mask != APPRAISE_QUOTE_MASK)
		(void)verdict_add(a->verdict, VERDICT_QUOTE, VERDICT_NO_ENTRY,
				  "not of PCRs 0 to 15 of the SHA-256 bank");
	else if (quote_verify(&quote, &a->quote, &why) < 0)
		(void)verdict_add(a->verdict, VERDICT_QUOTE, VERDICT_NO_ENTRY, "%s", why.text);
	else
		a->checked |= CHECK_QUOTE;
	return 0;
}

/* TPMS_CLOCK_INFO, part 2, 10.11.1: resetCount and restartCount only grow; the clock does while
 * they stay, and where it is safe. */
static void check_counters(struct appraisal *a)
{
	const struct appraise_state *s = &a->was;
	const struct proven_quote *q = &a->quote;
	bool same = appraise_same_boot(s, q->reset_count, q->restart_count);

	if (s->known && (q->reset_count < s->reset_count ||
			 (q->reset_count == s->reset_count && q->restart_count < s->restart_count)))
		(void)verdict_add(
			a->verdict, VERDICT_RESET, VERDICT_NO_ENTRY,
			"the TPM was reset %u times and restarted %u times, and was %u and "
			"%u before",
			q->reset_count, q->restart_count, s->reset_count, s->restart_count);
	else if (s->known && (same || q->safe) && q->clock < s->clock)
		(void)verdict_add(a->verdict, VERDICT_RESET, VERDICT_NO_ENTRY,
				  "the TPM's clock went back by %llu ms",
				  (unsigned long long)(s->clock - q->clock));
	else
		a->checked |= CHECK_COUNTERS;
}

/* What the state is of from now on. */
static void begin_boot(struct appraisal *a)
{
	struct appraise_state *s = &a->in->state;

	if (!appraise_same_boot(s, a->quote.reset_count, a->quote.restart_count))
		*s = (struct appraise_state){ .reset_count = a->quote.reset_count,
					      .restart_count = a->quote.restart_count };
	s->known = true;
	s->clock = a->quote.clock;
}

static int hash_quoted(const struct pcr_set *pcrs, struct digest *ret_digest, struct err *err)
{
	AUTO_BUF text = BUF_INIT(QUOTE_PCRS * HASH_SIZE_MAX);

	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (i != PCR_IMA && pcrs->mask >> i & 1 &&
		    buf_put(&text, pcrs->value[i], hash_algo_size(pcrs->bank), err) < 0)
			return -1;
	return hash_bytes(HASH_SHA256, text.data, text.len, ret_digest, err);
}

/* Of nothing that was not stored it can be said that it changed; the counters tell of a reboot. */
static bool has_changed(const struct appraise_state *s, const struct digest *quoted)
{
	static const uint8_t none[sizeof(s->quoted)];

	return memcmp(s->quoted, none, sizeof(none)) != 0 &&
	       memcmp(s->quoted, quoted->data, sizeof(s->quoted)) != 0;
}

static bool has_boot(const struct msg_evidence *e)
{
	return e->boot_log.len || e->record.len;
}

/* A reboot, another verifier or a change of what is trusted came between question and answer. */
static bool is_partial(const struct appraisal *a, bool judge_boot)
{
	const struct msg_evidence *e = a->evidence;
	bool asked = appraise_same_boot(&a->was, a->quote.reset_count, a->quote.restart_count) &&
		     !a->was.boot_ok;

	if (e->list_offset != 0 && e->list_offset != a->in->state.list.offset)
		return true;
	return judge_boot && !has_boot(e) && !asked;
}

static int judge_boot(struct appraisal *a, const struct digest *quoted, struct err *err)
{
	struct appraise_state *s = &a->in->state;

	s->boot_ok = false;
	s->enforcing = false;
	s->modules_enforced = false;
	s->record_pcr = 0;
	if (appraise_record(a, err) < 0 || appraise_boot(a, err) < 0)
		return -1;
	s->boot_ok = (a->checked & CHECK_RECORD) && (a->checked & CHECK_BOOT);
	memcpy(s->quoted, quoted->data, sizeof(s->quoted));
	return 0;
}

static int judge(struct appraisal *a, struct err *err)
{
	struct appraise_state *s = &a->in->state;
	struct digest quoted;
	bool anew;

	if (hash_quoted(&a->quote.pcrs, &quoted, err) < 0)
		return -1;
	begin_boot(a);
	if (has_changed(s, &quoted))
		s->boot_ok = false;
	anew = !s->boot_ok || a->in->boot_wanted || has_boot(a->evidence);
	if (is_partial(a, anew)) {
		/* The next answer to msg_begin asks for the boot, and then it must come. */
		s->boot_ok = s->boot_ok && !anew;
		a->in->more = true;
		return 0;
	}
	if (!anew)
		a->checked |= CHECK_RECORD | CHECK_BOOT;
	else if (judge_boot(a, &quoted, err) < 0)
		return -1;
	appraise_terms(a);
	return appraise_list(a, err);
}

static bool is_trusting_nobody(const struct appraise_input *in)
{
	return !in->policy || !in->policy->certs || in->policy->certs->n == 0 || !in->judge;
}

static int round_of(struct appraisal *a, struct err *err)
{
	if (check_quote(a, err) < 0)
		return -1;
	if (!(a->checked & CHECK_QUOTE))
		return 0;
	if (is_trusting_nobody(a->in)) {
		(void)verdict_add(a->verdict, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY,
				  "no certificate is trusted");
		return 0;
	}
	check_counters(a);
	return a->checked & CHECK_COUNTERS ? judge(a, err) : 0;
}

int appraise_round(struct appraise_input *input, struct verdict *ret_verdict, struct err *err)
{
	AUTO_MEM struct appraisal *a = calloc(1, sizeof(*a));

	verdict_init(ret_verdict);
	input->more = false;
	if (!a)
		return err_set(err, "out of memory");
	a->in = input;
	a->policy = input->policy;
	a->evidence = input->evidence;
	a->verdict = ret_verdict;
	a->was = input->state;
	if (round_of(a, err) < 0)
		return -1;
	if (ret_verdict->n)
		input->more = false;
	/* The one place where a host passes. */
	ret_verdict->pass = a->checked == CHECK_ALL && ret_verdict->n == 0 && !input->more;
	return 0;
}

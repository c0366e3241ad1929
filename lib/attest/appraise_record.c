/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record in evidence: whole, measured, and of those who are trusted. */
#include <string.h>

#include "attest/appraise_parts.h"

static int refuse(struct appraisal *a, const struct err *why)
{
	return verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY, "%s", why->text);
}

/* PCR = H(00...00 || H(text)) and whatever assay-boot adds at its end: PROTOCOL.record, 4. */
static int check_pcr(struct appraisal *a)
{
	const struct bytes *text = &a->evidence->record;
	unsigned int pcr = a->record.settings.pcr;
	struct err why = ERR_INIT;
	struct digest want;

	if (record_pcr_value(text->data, text->len, &want, &why) < 0)
		return refuse(a, &why);
	if (pcr >= QUOTE_PCRS || !(a->quote.pcrs.mask >> pcr & 1) ||
	    memcmp(want.data, a->quote.pcrs.value[pcr], want.len) != 0)
		return verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY,
				   "PCR %u does not hold the record: it was not measured, or "
				   "something else was",
				   pcr);
	return 0;
}

static bool is_trusted(const struct cert_set *certs, const struct digest *of)
{
	for (size_t i = 0; i < certs->n; i++) {
		struct digest digest;
		const uint8_t *der;
		size_t len;

		cert_der(certs->cert[i], &der, &len);
		if (hash_bytes(of->algo, der, len, &digest, NULL) == 0 && digest.len == of->len &&
		    memcmp(digest.data, of->data, of->len) == 0)
			return true;
	}
	return false;
}

/* They fill the key rings of the host: whoever holds one of them decides what it runs. */
static int check_certs(struct appraisal *a)
{
	int status = 0;

	for (size_t i = 0; i < a->record.n_certs; i++)
		if (!is_trusted(a->policy->certs, &a->record.certs[i].digest))
			status = verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY,
					     "it lets the host run what %s signs, which is not "
					     "trusted",
					     a->record.certs[i].name);
	return status;
}

static int check_text(struct appraisal *a)
{
	const struct msg_evidence *e = a->evidence;
	struct err why = ERR_INIT;

	if (record_parse((const char *)e->record.data, e->record.len, &a->record, &why) < 0 ||
	    record_verify(e->record.data, e->record.len, e->record_sig.data, e->record_sig.len,
			  a->policy->certs, &why) < 0)
		return refuse(a, &why);
	return 0;
}

static int fill(struct appraisal *a, struct err *err)
{
	struct appraise_state *s = &a->in->state;
	struct digest digest;

	if (hash_bytes(HASH_SHA256, a->evidence->record.data, a->evidence->record.len, &digest,
		       err) < 0)
		return -1;
	memcpy(s->record, digest.data, sizeof(s->record));
	memcpy(s->policy, a->record.policy.data, sizeof(s->policy));
	s->epoch = a->record.epoch;
	s->record_pcr = a->record.settings.pcr;
	memcpy(s->level, a->record.level, sizeof(s->level));
	s->enforcing = a->record.settings.mode == MODE_ENFORCE;
	return 0;
}

int appraise_record(struct appraisal *a, struct err *err)
{
	if (a->evidence->record.len == 0) {
		(void)verdict_add(a->verdict, VERDICT_NOT_ENFORCING, VERDICT_NO_ENTRY,
				  "no enforcement record was sent");
		return 0;
	}
	if (check_text(a) < 0 || check_pcr(a) < 0)
		return 0;
	a->record_proven = true;
	if (fill(a, err) < 0)
		return -1;
	if (check_certs(a) == 0)
		a->checked |= CHECK_RECORD;
	return 0;
}

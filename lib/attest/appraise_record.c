/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record in evidence: whole, measured, and of those who are trusted. */
#include <string.h>

#include "attest/appraise_parts.h"

/* *ret_good stays false; fails for want of memory only, as all of these do. */
static int refuse(struct appraisal *a, const struct err *why, struct err *err)
{
	if (appraise_lacked_memory(why))
		return err_set(err, "%s", why->text);
	(void)verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY, "%s", why->text);
	return 0;
}

/* PROTOCOL.record, 4. */
static int check_pcr(struct appraisal *a, bool *ret_good, struct err *err)
{
	const struct bytes *text = &a->evidence->record;
	unsigned int pcr = a->record.settings.pcr;
	struct digest want;

	if (record_pcr_value(text->data, text->len, &want, err) < 0)
		return -1;
	*ret_good = pcr < QUOTE_PCRS && a->quote.pcrs.mask >> pcr & 1 &&
		    memcmp(want.data, a->quote.pcrs.value[pcr], want.len) == 0;
	if (!*ret_good)
		(void)verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY,
				  "PCR %u does not hold the record: it was not measured, or "
				  "something else was",
				  pcr);
	return 0;
}

static int is_trusted(const struct cert_set *certs, const struct digest *of, bool *ret_trusted,
		      struct err *err)
{
	*ret_trusted = false;
	for (size_t i = 0; i < certs->n && !*ret_trusted; i++) {
		struct digest digest;
		const uint8_t *der;
		size_t len;

		cert_der(certs->cert[i], &der, &len);
		if (hash_bytes(of->algo, der, len, &digest, err) < 0)
			return -1;
		*ret_trusted = digest.len == of->len && memcmp(digest.data, of->data, of->len) == 0;
	}
	return 0;
}

/* They fill the key rings of the host: whoever holds one of them decides what it runs. */
static int check_certs(struct appraisal *a, bool *ret_good, struct err *err)
{
	*ret_good = true;
	for (size_t i = 0; i < a->record.n_certs; i++) {
		const struct record_file *file = &a->record.certs[i];
		bool trusted;

		if (is_trusted(a->policy->certs, &file->digest, &trusted, err) < 0)
			return -1;
		if (trusted)
			continue;
		*ret_good = false;
		(void)verdict_add(a->verdict, VERDICT_RECORD, VERDICT_NO_ENTRY,
				  "it lets the host run what %s signs, which is not trusted",
				  file->name);
	}
	return 0;
}

static int check_text(struct appraisal *a, bool *ret_good, struct err *err)
{
	const struct msg_evidence *e = a->evidence;
	struct err why = ERR_INIT;

	*ret_good =
		record_parse((const char *)e->record.data, e->record.len, &a->record, &why) == 0 &&
		record_verify(e->record.data, e->record.len, e->record_sig.data, e->record_sig.len,
			      a->policy->certs, &why) == 0;
	return *ret_good ? 0 : refuse(a, &why, err);
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
	s->modules_enforced = a->record.settings.module_signatures;
	return 0;
}

int appraise_record(struct appraisal *a, struct err *err)
{
	bool good = false;

	if (a->evidence->record.len == 0) {
		(void)verdict_add(a->verdict, VERDICT_NOT_ENFORCING, VERDICT_NO_ENTRY,
				  "no enforcement record was sent");
		return 0;
	}
	if (check_text(a, &good, err) < 0)
		return -1;
	if (good && check_pcr(a, &good, err) < 0)
		return -1;
	if (!good)
		return 0;
	a->record_proven = true;
	if (fill(a, err) < 0 || check_certs(a, &good, err) < 0)
		return -1;
	if (good)
		a->checked |= CHECK_RECORD;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attacks on a round: each is refused in its words, and what is not the host's moves nothing. */
#include "unit/host_world.h"

/* Evidence that is whole, to be changed behind the quote's back. */
static struct host *quoted_host(void)
{
	AUTO_HOST h = host_new();

	if (!h)
		return NULL;
	host_gather(h, true);
	return host_quote(h) < 0 ? NULL : take_ptr(&h);
}

static int judge(struct host *h)
{
	return appraise_round(&h->in, &h->verdict, &h->err);
}

/* Refused before anything of it is believed: the state is as it was. */
#define UNPROVEN(h, code, part) \
	do { \
		struct appraise_state was_ = (h)->in.state; \
		REFUSES(h, judge(h), code, part); \
		CHECK((h)->verdict.n == 1); \
		CHECK(memcmp(&was_, &(h)->in.state, sizeof(was_)) == 0); \
	} while (0)

static void unchanged_it_passes(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	PASSES(h, judge(h));
}

static void a_quote_over_another_nonce(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	h->msg.nonce = (struct bytes){ (const uint8_t *)"the nonce of next round", 23 };
	UNPROVEN(h, VERDICT_QUOTE, "not over the nonce");
}

static void evidence_of_another_host(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	h->msg.host[0] ^= 1;
	UNPROVEN(h, VERDICT_QUOTE, "not over the nonce");
}

static void a_round_that_is_told_twice(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	PASSES(h, judge(h));
	h->msg.nonce = (struct bytes){ (const uint8_t *)"the nonce of next round", 23 };
	UNPROVEN(h, VERDICT_QUOTE, "not over the nonce");
}

static void a_quote_by_another_tpm(void)
{
	AUTO_SOFT_AK other = { .pkey = NULL };
	AUTO_HOST h = quoted_host();

	CHECK(h);
	CHECK_OK(soft_ak_new(&other, &h->err), &h->err);
	buf_reset(&h->sig);
	CHECK(soft_sign(&other, h->attest.data, h->attest.len, &h->sig) == 0);
	h->msg.sig = host_bytes(&h->sig);
	UNPROVEN(h, VERDICT_QUOTE, "does not match");
}

static void a_key_that_is_not_an_attestation_key(void)
{
	AUTO_SOFT_AK other = { .pkey = NULL };
	AUTO_HOST h = quoted_host();

	CHECK(h);
	CHECK_OK(soft_ak_shaped(&(struct soft_shape){ .attributes = 0x00040072 }, &other, &h->err),
		 &h->err);
	buf_reset(&h->sig);
	CHECK(soft_sign(&other, h->attest.data, h->attest.len, &h->sig) == 0);
	h->msg.sig = host_bytes(&h->sig);
	h->in.ak = &other.public;
	UNPROVEN(h, VERDICT_IDENTITY, "it lacks restricted");
}

static void pcrs_that_were_not_quoted(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	h->msg.pcrs.value[HOST_RECORD_PCR][0] ^= 1;
	UNPROVEN(h, VERDICT_QUOTE, "not those that were quoted");
}

/* What is not quoted can't be asked about. */
static void a_quote_of_fewer_pcrs(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	host_gather(h, true);
	h->pcrs.mask = 1 << 10 | 1 << HOST_RECORD_PCR;
	CHECK_OK(host_quote(h), &h->err);
	UNPROVEN(h, VERDICT_QUOTE, "not of PCRs 0 to 15");
}

static void a_quote_of_sha1(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	host_gather(h, true);
	h->pcrs.bank = HASH_SHA1;
	CHECK_OK(host_quote(h), &h->err);
	UNPROVEN(h, VERDICT_QUOTE, "SHA-256 bank");
}

static void what_is_bound_is_not_changed_after_the_quote(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
#define CHANGED(change, back) \
	do { \
		change; \
		UNPROVEN(h, VERDICT_QUOTE, "not over the nonce"); \
		back; \
	} while (0)
	CHANGED(h->msg.list_offset = 5, h->msg.list_offset = 0);
	CHANGED(h->msg.boot_log.len = 0, h->msg.boot_log.len = h->log.len);
	CHANGED(h->msg.record.len = 0, h->msg.record.len = h->record.len);
	CHANGED(h->msg.record_sig.len--, h->msg.record_sig.len++);
	PASSES(h, judge(h));
}

static void nobody_is_trusted(void)
{
	struct cert_set none = CERT_SET_INIT;
	AUTO_HOST h = quoted_host();

	CHECK(h);
	h->policy.certs = &none;
	REFUSES(h, judge(h), VERDICT_NOTHING_CHECKED, "no certificate is trusted");
	h->policy.certs = NULL;
	REFUSES(h, judge(h), VERDICT_NOTHING_CHECKED, "no certificate is trusted");
	h->policy.certs = &h->w->certs;
	h->in.judge = NULL;
	REFUSES(h, judge(h), VERDICT_NOTHING_CHECKED, "no certificate is trusted");
	h->in.judge = h->w->judge;
	h->in.policy = NULL;
	REFUSES(h, judge(h), VERDICT_NOTHING_CHECKED, "no certificate is trusted");
}

static void no_boot_is_approved(void)
{
	AUTO_HOST h = quoted_host();

	CHECK(h);
	h->in.n_boots = 0;
	REFUSES(h, judge(h), VERDICT_BOOT_STATE, "is not approved");
	h->in.n_boots = 1;
	h->boot.algo = HASH_SHA1;
	REFUSES(h, judge(h), VERDICT_BOOT_STATE, "is not approved");
	h->boot.algo = HASH_SHA256;
	h->boot.len = 20;
	REFUSES(h, judge(h), VERDICT_BOOT_STATE, "is not approved");
}

static void counters_that_went_back(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	h->reset = 7;
	h->restart = 3;
	PASSES(h, host_round(h, true));
	h->reset = 6;
	REFUSES(h, host_round(h, true), VERDICT_RESET, "was reset 6 times");
	h->reset = 7;
	h->restart = 2;
	REFUSES(h, host_round(h, true), VERDICT_RESET, "was reset 7 times and restarted 2 times");
	h->restart = 3;
	h->clock = 5;
	REFUSES(h, host_round(h, false), VERDICT_RESET, "the TPM's clock went back by");
	CHECK(h->in.state.reset_count == 7 && h->in.state.restart_count == 3);
	h->clock = 9999;
	PASSES(h, host_round(h, false));
}

/* The events of the log, one at a time: left out, told twice, or with another digest. */
static void a_log_that_is_not_what_was_measured(void)
{
	AUTO_HOST h = host_new();
	AUTO_BUF whole = BUF_INIT(BOOT_LOG_MAX);

	CHECK(h);
	CHECK_OK(buf_put(&whole, h->log.data, h->log.len, &h->err), &h->err);
	h->log.data[h->log.len - 30] ^= 1;
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "does not give the quoted PCR 9");
	h->log.data[h->log.len - 30] ^= 1;
	made_separator(&h->log, 7);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "does not give the quoted PCR 7");
	h->log.len = whole.len - 10;
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "boot log");
	buf_reset(&h->log);
	made_begin(&h->log);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "does not give the quoted PCR 0");
	buf_reset(&h->log);
	CHECK_OK(buf_put(&h->log, "garbage", 7, &h->err), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "boot log");
	buf_reset(&h->log);
	CHECK_OK(buf_put(&h->log, whole.data, whole.len, &h->err), &h->err);
	PASSES(h, host_round(h, true));
}

static void another_kernel(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	made_event(&h->log, &(struct made){ 4, BOOT_EV_APPLICATION, "evil", 4, "path", 4 });
	CHECK_OK(host_set_pcrs(h), &h->err);
	CHECK_OK(host_begin_list(h), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_STATE, "is not approved");
	CHECK(h->verdict.n == 1);
}

static void another_initramfs(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	made_tag(&h->log, MADE_TAG_INITRD, "another", 7);
	CHECK_OK(host_set_pcrs(h), &h->err);
	CHECK_OK(host_begin_list(h), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_STATE, "is not approved");
}

static int boot_as(struct host *h, struct host_shape shape)
{
	if (host_boot(h, shape) < 0 || host_approve(h) < 0)
		return -1;
	return host_round(h, true);
}

static void a_record_by_a_key_that_is_not_trusted(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .foreign_record = true }), VERDICT_RECORD,
		"record.sig");
	CHECK(!h->in.state.enforcing && !h->in.state.boot_ok);
}

static void a_record_that_trusts_another_key(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .foreign_cert = true }), VERDICT_RECORD,
		"foreign.der signs, which is not trusted");
}

/* The booted system enforces nothing and shows the record of a boot that did. */
static void a_record_that_was_not_measured(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .unmeasured_record = true }), VERDICT_RECORD,
		"PCR 13 does not hold");
	CHECK(!h->in.state.enforcing);
}

static void a_record_of_another_boot(void)
{
	AUTO_HOST h = host_new();
	AUTO_BUF old = BUF_INIT(RECORD_MAX), old_sig = BUF_INIT(EVIDENCE_RECORD_SIG_MAX);

	CHECK(h);
	CHECK_OK(buf_put(&old, h->record.data, h->record.len, &h->err), &h->err);
	CHECK_OK(buf_put(&old_sig, h->record_sig.data, h->record_sig.len, &h->err), &h->err);
	CHECK_OK(host_boot(h, (struct host_shape){ .mode = MODE_LOG }), &h->err);
	host_gather(h, true);
	h->msg.record = host_bytes(&old);
	h->msg.record_sig = host_bytes(&old_sig);
	CHECK_OK(host_quote(h), &h->err);
	REFUSES(h, judge(h), VERDICT_RECORD, "PCR 13 does not hold");
}

static void a_record_that_is_damaged(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	h->record.data[h->record.len - 1] = ' ';
	REFUSES(h, host_round(h, true), VERDICT_RECORD, "record");
	h->record.data[h->record.len - 1] = '\n';
	h->record_sig.data[h->record_sig.len - 1] ^= 1;
	REFUSES(h, host_round(h, true), VERDICT_RECORD, "record.sig");
	h->record_sig.len = 0;
	REFUSES(h, host_round(h, true), VERDICT_RECORD, "record.sig");
}

static void no_record(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .no_record = true }), VERDICT_NOT_ENFORCING,
		"no enforcement record");
}

static void a_host_that_only_logs(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .mode = MODE_LOG }), VERDICT_NOT_ENFORCING,
		"the enforcement record says log");
	REFUSES(h, host_round(h, false), VERDICT_NOT_ENFORCING, "says log");
}

static void a_level_that_is_not_enough(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	REFUSES(h, boot_as(h, (struct host_shape){ .other_level = true }), VERDICT_LEVEL, "'any'");
}

static void a_file_without_a_signature(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(world_add(h->w, (struct told){ .name = "/tmp/x", .unsigned_ = true }), &h->w->err);
	REFUSES(h, host_round(h, false), VERDICT_UNSIGNED, "/tmp/x");
	CHECK(h->verdict.reasons[0].entry == 3);
	/* It latches, through rounds and a list that is told anew. */
	REFUSES(h, host_round(h, false), VERDICT_LIST, "in a round before");
	h->in.state.list.offset = 0;
	REFUSES(h, host_round(h, true), VERDICT_UNSIGNED, "/tmp/x");
}

static void a_file_by_a_foreign_key(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/x", .by = &h->w->foreign }), &h->w->err);
	REFUSES(h, host_round(h, true), VERDICT_UNKNOWN_KEY, "/x");
}

/* After the quote, which is over the whole. */
static void a_list_that_was_cut_or_changed(void)
{
	AUTO_HOST h = quoted_host();
	size_t len;

	CHECK(h);
	len = h->msg.list.len;
	for (h->msg.list.len = 0; h->msg.list.len < len; h->msg.list.len += 97)
		REFUSES(h, judge(h), VERDICT_LIST, "");
	h->msg.list.len = len;
	for (size_t i = 4; i < len; i += 61) {
		h->w->list.data[i] ^= 1;
		CHECK_OK(judge(h), &h->err);
		/* the template digest of SHA-1 and the lengths are not in the SHA-256 bank */
		CHECK(!h->verdict.pass ||
		      memcmp(h->in.state.list.sha256, h->pcrs.value[10], 32) == 0);
		h->in.state = (struct appraise_state){ .known = false };
		h->w->list.data[i] ^= 1;
	}
	PASSES(h, judge(h));
}

static void a_list_in_another_order(void)
{
	AUTO_HOST h = quoted_host();
	AUTO_BUF other = BUF_INIT(LIST_TEXT_MAX);
	struct digest aggregate;
	struct buf mine;

	CHECK(h);
	aggregate = h->w->aggregate;
	mine = h->w->list;
	h->w->list = (struct buf)BUF_INIT(LIST_TEXT_MAX);
	CHECK_OK(world_add_aggregate(h->w, &aggregate), &h->w->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/sh" }), &h->w->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/sbin/init" }), &h->w->err);
	other = h->w->list;
	h->w->list = mine;
	h->msg.list = host_bytes(&other);
	REFUSES(h, judge(h), VERDICT_LIST, "does not replay");
}

static void boot_aggregates(void)
{
	AUTO_HOST h = host_new();
	struct digest aggregate;

	CHECK(h);
	aggregate = h->w->aggregate;
	CHECK_OK(world_add_aggregate(h->w, &aggregate), &h->w->err);
	REFUSES(h, host_round(h, true), VERDICT_AGGREGATE, "a second");
	h->in.state = (struct appraise_state){ .known = false };
	buf_reset(&h->w->list);
	aggregate.data[5] ^= 1;
	CHECK_OK(world_add_aggregate(h->w, &aggregate), &h->w->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/sbin/init" }), &h->w->err);
	REFUSES(h, host_round(h, true), VERDICT_AGGREGATE, "not that of the quoted PCRs");
}

static void a_list_of_nothing(void)
{
	AUTO_HOST h = host_new();
	struct digest aggregate;

	CHECK(h);
	aggregate = h->w->aggregate;
	buf_reset(&h->w->list);
	REFUSES(h, host_round(h, true), VERDICT_NOTHING_CHECKED, "is empty");
	CHECK_OK(world_add_aggregate(h->w, &aggregate), &h->w->err);
	REFUSES(h, host_round(h, true), VERDICT_NOTHING_CHECKED, "boot_aggregate alone");
}

/* The old boot's list does not fit the new boot's PCR 10. */
static void the_list_of_another_boot(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/x" }), &h->w->err);
	PASSES(h, host_round(h, true));
	CHECK_OK(host_boot(h, h->shape), &h->err);
	host_gather(h, true);
	CHECK_OK(host_quote(h), &h->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/x" }), &h->w->err);
	h->msg.list = (struct bytes){ h->w->list.data + 100, h->w->list.len - 100 };
	REFUSES(h, judge(h), VERDICT_LIST, "");
}

static void a_kernel_for_kexec_and_a_violation(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(world_add_text(h->w, "kexec-cmdline", "ro"), &h->w->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/w", .violation = true }), &h->w->err);
	REFUSES(h, host_round(h, true), VERDICT_KEXEC, "kexec");
	CHECK(host_says(h, VERDICT_VIOLATION, "/w"));
}

static const struct unit_case cases[] = {
	CASE(unchanged_it_passes),
	CASE(a_quote_over_another_nonce),
	CASE(evidence_of_another_host),
	CASE(a_round_that_is_told_twice),
	CASE(a_quote_by_another_tpm),
	CASE(a_key_that_is_not_an_attestation_key),
	CASE(pcrs_that_were_not_quoted),
	CASE(a_quote_of_fewer_pcrs),
	CASE(a_quote_of_sha1),
	CASE(what_is_bound_is_not_changed_after_the_quote),
	CASE(nobody_is_trusted),
	CASE(no_boot_is_approved),
	CASE(counters_that_went_back),
	CASE(a_log_that_is_not_what_was_measured),
	CASE(another_kernel),
	CASE(another_initramfs),
	CASE(a_record_by_a_key_that_is_not_trusted),
	CASE(a_record_that_trusts_another_key),
	CASE(a_record_that_was_not_measured),
	CASE(a_record_of_another_boot),
	CASE(a_record_that_is_damaged),
	CASE(no_record),
	CASE(a_host_that_only_logs),
	CASE(a_level_that_is_not_enough),
	CASE(a_file_without_a_signature),
	CASE(a_file_by_a_foreign_key),
	CASE(a_list_that_was_cut_or_changed),
	CASE(a_list_in_another_order),
	CASE(boot_aggregates),
	CASE(a_list_of_nothing),
	CASE(the_list_of_another_boot),
	CASE(a_kernel_for_kexec_and_a_violation),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds of a host: what passes, and in which words everything else does not. */
#include "unit/host_world.h"

static void a_host_as_it_should_be_passes(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK(h->in.state.known && h->in.state.boot_ok && h->in.state.enforcing);
	CHECK(h->in.state.reset_count == 1 && h->in.state.epoch == 5);
	CHECK(h->in.state.secure_boot == BOOT_YES && h->in.state.cmdline_known);
	CHECK_STR(h->in.state.cmdline, HOST_CMDLINE);
	CHECK_STR(h->in.state.level, "partner");
	CHECK_MEM(h->in.state.boot, h->boot.data, 32);
	CHECK(h->in.state.list.entries == 3 && h->in.state.list.offset == h->w->list.len);
}

static void then_rounds_are_small(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	PASSES(h, host_round(h, false));
	CHECK(h->msg.list.len == 0);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/new" }), &h->w->err);
	PASSES(h, host_round(h, false));
	CHECK(h->in.state.list.entries == 4);
}

/* Read after the quote, it is longer; that is for the next round. */
static void what_was_added_after_the_quote_is_for_the_next_round(void)
{
	AUTO_HOST h = host_new();
	size_t quoted;

	CHECK(h);
	host_gather(h, true);
	quoted = h->w->list.len;
	CHECK_OK(host_quote(h), &h->err);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/x", .unsigned_ = true }), &h->w->err);
	h->msg.list = host_bytes(&h->w->list);
	PASSES(h, appraise_round(&h->in, &h->verdict, &h->err));
	CHECK(h->in.state.list.offset == quoted);
	REFUSES(h, host_round(h, false), VERDICT_UNSIGNED, "/x");
}

static void a_reboot_is_judged_anew(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(host_boot(h, h->shape), &h->err);
	PASSES(h, host_round(h, true));
	CHECK(h->in.state.reset_count == 2 && h->in.state.list.entries == 3);
}

/* The host rebooted between the question and its answer. */
static void a_reboot_that_was_not_expected_is_asked_about(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(host_boot(h, h->shape), &h->err);
	WAITS(h, host_round(h, false));
	CHECK(h->in.state.known && !h->in.state.boot_ok && h->in.state.reset_count == 2);
	PASSES(h, host_round(h, true));
}

static void who_is_asked_and_does_not_tell_fails(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	WAITS(h, host_round(h, false));
	REFUSES(h, host_round(h, false), VERDICT_NOT_ENFORCING, "no enforcement record");
	CHECK(host_says(h, VERDICT_BOOT_LOG, "no boot log"));
}

static void a_part_from_elsewhere_is_asked_for_again(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	host_gather(h, false);
	h->msg.list_offset += 10;
	CHECK_OK(host_quote(h), &h->err);
	WAITS(h, appraise_round(&h->in, &h->verdict, &h->err));
	CHECK(h->in.state.boot_ok);
	PASSES(h, host_round(h, false));
}

static void the_list_may_begin_anew(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	host_gather(h, false);
	h->msg.list_offset = 0;
	h->msg.list = host_bytes(&h->w->list);
	CHECK_OK(host_quote(h), &h->err);
	PASSES(h, appraise_round(&h->in, &h->verdict, &h->err));
	CHECK(h->in.state.list.entries == 3);
}

/* Resumed from RAM: restartCount grows, PCRs and list stay. */
static void a_restart_is_judged_anew_too(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	h->restart++;
	PASSES(h, host_round(h, true));
}

static void a_boot_that_is_to_be_judged_again_is_asked_about(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	h->in.boot_wanted = true;
	WAITS(h, host_round(h, false));
	PASSES(h, host_round(h, true));
}

/* H(value || H(word)). */
static int extend(struct host *h, size_t pcr, const char *word)
{
	uint8_t both[64];
	struct digest d;

	if (hash_bytes(HASH_SHA256, word, strlen(word), &d, &h->err) < 0)
		return -1;
	memcpy(both, h->pcrs.value[pcr], 32);
	memcpy(both + 32, d.data, 32);
	if (hash_bytes(HASH_SHA256, both, 64, &d, &h->err) < 0)
		return -1;
	memcpy(h->pcrs.value[pcr], d.data, 32);
	return 0;
}

static void a_pcr_that_changes_later_is_asked_about(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(extend(h, 7, "by root"), &h->err);
	WAITS(h, host_round(h, false));
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "quoted PCR 7");
}

static void the_records_pcr_does_not_change_later(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(extend(h, HOST_RECORD_PCR, "by root"), &h->err);
	WAITS(h, host_round(h, false));
	REFUSES(h, host_round(h, true), VERDICT_RECORD, "PCR 13 does not hold");
}

/* systemd's words for how far a boot is, behind what the log has in PCR 11; no other words. */
static void phases_of_a_boot_are_no_other_boot(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	made_section(&h->log, ".linux", "kernel");
	CHECK_OK(host_set_pcrs(h), &h->err);
	CHECK_OK(host_begin_list(h), &h->err);
	CHECK_OK(host_approve(h), &h->err);
	PASSES(h, host_round(h, true));
	CHECK_OK(extend(h, 11, "enter-initrd"), &h->err);
	CHECK_OK(extend(h, 11, "leave-initrd"), &h->err);
	WAITS(h, host_round(h, false));
	PASSES(h, host_round(h, true));
	CHECK_OK(extend(h, 11, "ready"), &h->err);
	WAITS(h, host_round(h, false));
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "quoted PCR 11");
}

static void an_unmeasured_boot_takes_a_word(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	h->in.n_boots = 0;
	REFUSES(h, host_round(h, true), VERDICT_BOOT_STATE, "is not approved");
	h->policy.boot = APPRAISE_BOOT_UNMEASURED;
	PASSES(h, host_round(h, true));
	h->policy.require_secure_boot = false;
	CHECK_OK(host_boot(h, (struct host_shape){ .no_log = true }), &h->err);
	PASSES(h, host_round(h, true));
	CHECK(h->in.state.secure_boot == BOOT_NOT_TOLD && !h->in.state.cmdline_known);
}

static void the_log_is_sent_where_boots_are_approved(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	h->shape.no_log = true;
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "no boot log was sent");
}

/* What is required later is required of boots that were judged before. */
static void terms_are_asked_each_round(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	h->policy.min_epoch = 6;
	REFUSES(h, host_round(h, false), VERDICT_EPOCH, "epoch 5 of the record is below 6");
	h->policy.min_epoch = 5;
	h->policy.n_levels = 1;
	REFUSES(h, host_round(h, false), VERDICT_LEVEL, "'partner'");
	h->policy.n_levels = 0;
	PASSES(h, host_round(h, false));
	h->boot.data[0] ^= 1;
	REFUSES(h, host_round(h, false), VERDICT_BOOT_STATE, "is not approved");
}

static void secure_boot_is_on_where_it_is_required(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(host_boot(h, (struct host_shape){ .secure_boot = "\0" }), &h->err);
	CHECK_OK(host_approve(h), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_SECURE_BOOT, "Secure Boot is off");
	h->policy.require_secure_boot = false;
	PASSES(h, host_round(h, false));
}

/* EventType is not in the digest: with another one the event says the same, or nothing. */
static void an_event_type_proves_nothing(void)
{
	AUTO_HOST h = host_new();
	uint8_t *at;

	CHECK(h);
	CHECK_OK(host_boot(h, (struct host_shape){ .secure_boot = "\0" }), &h->err);
	CHECK_OK(host_approve(h), &h->err);
	at = memmem(h->log.data, h->log.len, "\7\0\0\0\1\0\0\x80", 8);
	CHECK(at);
	at[4] = 3;
	REFUSES(h, host_round(h, true), VERDICT_SECURE_BOOT, "Secure Boot");
}

static void another_command_line_is_shown(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	PASSES(h, host_round(h, true));
	CHECK_OK(host_boot(h, (struct host_shape){ .cmdline = HOST_CMDLINE " quiet" }), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_BOOT_STATE, "is not approved");
	CHECK(host_says(h, VERDICT_COMMAND_LINE,
			"it is \"" HOST_CMDLINE " quiet\", and was \"" HOST_CMDLINE "\""));
}

static void what_turns_enforcement_off_is_refused_though_approved(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(host_boot(h, (struct host_shape){ .cmdline = "ro ima_appraise=off" }), &h->err);
	CHECK_OK(host_approve(h), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_COMMAND_LINE, "ima_appraise=off");
}

/* What a boot loader measured is approved with the boot, but what it was nobody could look at. */
static void a_log_that_leaves_a_loader_out(void)
{
	AUTO_HOST h = host_new();

	CHECK(h);
	CHECK_OK(host_boot(h, (struct host_shape){ .cmdline = "ro ima_appraise=off" }), &h->err);
	CHECK_OK(host_approve(h), &h->err);
	REFUSES(h, host_round(h, true), VERDICT_COMMAND_LINE, "ima_appraise=off");
	buf_reset(&h->log);
	made_begin(&h->log);
	made_data(&h->log, 0, 8, "firmware", 8);
	made_secure_boot(&h->log, "\1");
	for (uint32_t i = 0; i < 8; i++)
		made_separator(&h->log, i);
	made_event(&h->log, &(struct made){ 4, BOOT_EV_APPLICATION, "kernel", 6, "path", 4 });
	h->in.state = (struct appraise_state){ .known = false };
	REFUSES(h, host_round(h, true), VERDICT_BOOT_LOG, "does not give the quoted PCR 9");
}

/* Names of files that are 4 KiB long, so that few signatures make a long list. */
static int add_much(struct host *h, size_t bytes, bool unsigned_)
{
	AUTO_MEM char *name = calloc(1, 4096);

	if (!name)
		return -1;
	memset(name, 'x', 4000);
	name[0] = '/';
	while (h->w->list.len < bytes)
		if (world_add(h->w, (struct told){ .name = name, .unsigned_ = unsigned_ }) < 0)
			return -1;
	return 0;
}

/* A round whose part ends at an entry, after so many bytes of the list. */
static int piece_round(struct host *h, bool boot, size_t bytes)
{
	host_gather(h, boot);
	h->msg.list.len = bytes - h->msg.list_offset;
	if (host_quote(h) < 0)
		return -1;
	return appraise_round(&h->in, &h->verdict, &h->err);
}

static void a_long_list_comes_in_pieces(void)
{
	AUTO_HOST h = host_new();
	size_t first;

	CHECK(h);
	CHECK_OK(add_much(h, EVIDENCE_PIECE_MIN, false), &h->w->err);
	first = h->w->list.len;
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/last" }), &h->w->err);
	WAITS(h, piece_round(h, true, first));
	CHECK(h->in.state.list.offset == first && h->in.state.boot_ok);
	PASSES(h, host_round(h, false));
	CHECK(h->in.state.list.offset == h->w->list.len);
}

static void a_short_part_is_no_piece(void)
{
	AUTO_HOST h = host_new();
	size_t first;

	CHECK(h);
	first = h->w->list.len;
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/last" }), &h->w->err);
	REFUSES(h, piece_round(h, true, first), VERDICT_LIST, "does not replay");
	CHECK(h->in.state.list.offset == 0);
}

static void a_piece_that_is_bad_fails_at_once(void)
{
	AUTO_HOST h = host_new();
	size_t first;

	CHECK(h);
	CHECK_OK(add_much(h, EVIDENCE_PIECE_MIN, true), &h->w->err);
	first = h->w->list.len;
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/last" }), &h->w->err);
	REFUSES(h, piece_round(h, true, first), VERDICT_UNSIGNED, "no signature");
}

/* Good entries that were never measured: the part that reaches the quote does not fit them. */
static void a_piece_that_is_invented_is_found_out(void)
{
	AUTO_HOST h = host_new();
	AUTO_BUF real = BUF_INIT(LIST_TEXT_MAX);
	size_t first;

	CHECK(h);
	CHECK_OK(buf_put(&real, h->w->list.data, h->w->list.len, &h->err), &h->err);
	CHECK_OK(add_much(h, EVIDENCE_PIECE_MIN, false), &h->w->err);
	first = h->w->list.len;
	CHECK_OK(world_add(h->w, (struct told){ .name = "/usr/bin/last" }), &h->w->err);
	WAITS(h, piece_round(h, true, first));
	/* its TPM knows the short list alone */
	host_gather(h, false);
	buf_reset(&h->w->list);
	CHECK_OK(buf_put(&h->w->list, real.data, real.len, &h->err), &h->err);
	h->msg.list.len = 0;
	CHECK_OK(host_quote(h), &h->err);
	REFUSES(h, appraise_round(&h->in, &h->verdict, &h->err), VERDICT_LIST, "does not replay");
}

static const struct unit_case cases[] = {
	CASE(a_host_as_it_should_be_passes),
	CASE(then_rounds_are_small),
	CASE(what_was_added_after_the_quote_is_for_the_next_round),
	CASE(a_reboot_is_judged_anew),
	CASE(a_reboot_that_was_not_expected_is_asked_about),
	CASE(who_is_asked_and_does_not_tell_fails),
	CASE(a_part_from_elsewhere_is_asked_for_again),
	CASE(the_list_may_begin_anew),
	CASE(a_restart_is_judged_anew_too),
	CASE(a_boot_that_is_to_be_judged_again_is_asked_about),
	CASE(a_pcr_that_changes_later_is_asked_about),
	CASE(the_records_pcr_does_not_change_later),
	CASE(phases_of_a_boot_are_no_other_boot),
	CASE(an_unmeasured_boot_takes_a_word),
	CASE(the_log_is_sent_where_boots_are_approved),
	CASE(terms_are_asked_each_round),
	CASE(secure_boot_is_on_where_it_is_required),
	CASE(an_event_type_proves_nothing),
	CASE(another_command_line_is_shown),
	CASE(what_turns_enforcement_off_is_refused_though_approved),
	CASE(a_log_that_leaves_a_loader_out),
	CASE(a_long_list_comes_in_pieces),
	CASE(a_short_part_is_no_piece),
	CASE(a_piece_that_is_bad_fails_at_once),
	CASE(a_piece_that_is_invented_is_found_out),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Predicting PCRs: files and strings; unified kernel images and grub.cfg have files of their own.
 */
#include "lock/predict.h"

#include <stdlib.h>
#include <string.h>

#include "attest/boot_text.h"
#include "base/buf.h"
#include "lock/predict_change.h"

#define OPTIONS_MAX 65536 /* bytes of a command line in UTF-16 */

bool lock_is_grub(const struct lock_events *events)
{
	return lock_events_find(events, 8, BOOT_KIND_STRING, 0) < events->n;
}

int lock_no_event(uint32_t pcr, const struct lock_change *change, struct err *err)
{
	return err_set(err,
		       "%s: PCR %u has no event of it as it was booted: nothing to predict from",
		       change->name, pcr);
}

int lock_whole_digests(const struct lock_events *events, const struct lock_change *change,
		       struct digest *ret_was, struct digest *ret_now, struct err *err)
{
	if (change->was && hash_bytes(events->bank, change->was, change->was_len, ret_was, err) < 0)
		return -1;
	return hash_bytes(events->bank, change->now, change->now_len, ret_now, err);
}

int lock_predict_file(struct lock_events *events, const struct lock_change *change, uint32_t mask,
		      struct err *err)
{
	struct digest was;
	struct digest now;
	size_t n;

	if (lock_whole_digests(events, change, &was, &now, err) < 0)
		return -1;
	if (change->was)
		n = lock_events_replace(events, 9, &was, &now);
	else if (lock_predict_file_named(events, change, &now, &n, err) < 0)
		return -1;
	return n || !lock_wants(mask, 9) ? 0 : lock_no_event(9, change, err);
}

static int options_digest(const struct lock_events *events, const char *text, bool nul,
			  struct digest *ret_digest, struct err *err)
{
	AUTO_BUF utf16 = BUF_INIT(OPTIONS_MAX);

	if (boot_text_put_utf16(&utf16, text, err) < 0)
		return -1;
	if (nul && buf_put(&utf16, "\0", 2, err) < 0)
		return -1;
	return hash_bytes(events->bank, utf16.data ? utf16.data : (const uint8_t *)"", utf16.len,
			  ret_digest, err);
}

int lock_predict_options(struct lock_events *events, uint32_t pcr, struct lock_texts texts,
			 size_t *ret_n, struct err *err)
{
	*ret_n = 0;
	for (int nul = 0; nul < 2; nul++) {
		struct digest old;
		struct digest new;

		if (options_digest(events, texts.was, nul, &old, err) < 0 ||
		    options_digest(events, texts.now, nul, &new, err) < 0)
			return -1;
		*ret_n += lock_events_replace(events, pcr, &old, &new);
	}
	return 0;
}

static int change_options(struct lock_events *events, const struct lock_change *change,
			  uint32_t pcr, size_t *ret_n, struct err *err)
{
	AUTO_STR was = strndup(change->was, change->was_len);
	AUTO_STR now = strndup(change->now, change->now_len);

	if (!was || !now)
		return err_set(err, "out of memory");
	if (strlen(was) != change->was_len || strlen(now) != change->now_len)
		return err_set(err, "%s: has a NUL", change->name);
	return lock_predict_options(events, pcr, (struct lock_texts){ was, now }, ret_n, err);
}

int lock_predict_cmdline(struct lock_events *events, const struct lock_change *change,
			 uint32_t mask, struct err *err)
{
	bool logged = lock_events_find(events, 12, BOOT_KIND_OPTIONS, 0) < events->n;
	size_t n = 0;

	if (lock_is_grub(events))
		return err_set(err, "%s: GRUB takes it from grub.cfg, whose change is to be told",
			       change->name);
	if (lock_events_set_cmdline(events, change->now, change->now_len, err) < 0 ||
	    change_options(events, change, 9, &n, err) < 0)
		return -1;
	if (lock_wants(mask, 9) && !n)
		return lock_no_event(9, change, err);
	if (!logged)
		return 0;
	if (change_options(events, change, 12, &n, err) < 0)
		return -1;
	return n || !lock_wants(mask, 12) ? 0 : lock_no_event(12, change, err);
}

static int apply(struct lock_events *events, const struct lock_change *change, uint32_t mask,
		 struct err *err)
{
	bool whole = change->kind == LOCK_CHANGE_CMDLINE || change->kind == LOCK_CHANGE_UKI ||
		     change->kind == LOCK_CHANGE_GRUB_CFG;

	if (!change->now || (whole && !change->was))
		return err_set(err, "%s: what was booted is to be told, too", change->name);
	switch (change->kind) {
	case LOCK_CHANGE_IMAGE:
		return lock_predict_image(events, change, mask, err);
	case LOCK_CHANGE_INITRD:
	case LOCK_CHANGE_GRUB_FILE:
		return lock_predict_file(events, change, mask, err);
	case LOCK_CHANGE_CMDLINE:
		return lock_predict_cmdline(events, change, mask, err);
	case LOCK_CHANGE_UKI:
		return lock_predict_uki(events, change, mask, err);
	case LOCK_CHANGE_GRUB_CFG:
		return lock_predict_grub_cfg(events, change, mask, err);
	}
	return err_set(err, "%s: no kind of change", change->name);
}

static int check_held(const struct lock_events *events, const struct lock_template *template,
		      struct err *err)
{
	size_t size = hash_algo_size(template->bank);
	struct pcr_set now;

	if (!template->held)
		return 0;
	if (template->held->bank != template->bank)
		return err_set(err, "PCRs of another bank");
	if (lock_events_replay(events, template->mask, &now, err) < 0)
		return -1;
	for (uint32_t i = 0; i < QUOTE_PCRS; i++) {
		if (!lock_wants(template->mask, i))
			continue;
		if (!lock_wants(template->held->mask, i) ||
		    memcmp(now.value[i], template->held->value[i], size) != 0)
			return err_set(err,
				       "PCR %u is not what the boot log leads to: something "
				       "else extended it",
				       i);
	}
	return 0;
}

static int predict(const struct lock_template *template, const struct lock_change *changes,
		   size_t n, struct lock_events *events, struct err *err)
{
	if (n > LOCK_CHANGES_MAX || template->mask > 0xffff)
		return err_set(err, "more than %d changes, or PCRs beyond 15", LOCK_CHANGES_MAX);
	if (lock_events_load(events, template->log, template->len, template->bank, err) < 0 ||
	    check_held(events, template, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (apply(events, &changes[i], template->mask, err) < 0)
			return -1;
	return 0;
}

int lock_predict(const struct lock_template *template, const struct lock_change *changes, size_t n,
		 struct pcr_set *ret_pcrs, struct err *err)
{
	AUTO_EVENTS events = LOCK_EVENTS_INIT;

	if (predict(template, changes, n, &events, err) < 0)
		return -1;
	return lock_events_replay(&events, template->mask, ret_pcrs, err);
}

int lock_predict_boot(const struct lock_template *template, const struct lock_change *changes,
		      size_t n, struct lock_boot *ret_boot, struct err *err)
{
	const struct boot_claim claim = {
		.data = template->log,
		.len = template->len,
		.bank = template->bank,
		.cmdline = template->cmdline,
	};
	AUTO_EVENTS events = LOCK_EVENTS_INIT;

	if (predict(template, changes, n, &events, err) < 0)
		return -1;
	return lock_boot_of_events(&claim, &events, ret_boot, err);
}

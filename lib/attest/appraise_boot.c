/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the host booted: a log that gives the quoted PCRs, and what it says then. */
#include <stdlib.h>
#include <string.h>

#include "attest/appraise_parts.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "proto/cmdline.h"

#define PCR_IMA 10
#define PCR_UKI 11
#define PCR_LOADER_MAX 9 /* extended through the firmware, which logs it */
#define PCRS 16

int appraise_boot_digest(const struct pcr_set *pcrs, uint32_t record_pcr, struct digest *ret_digest,
			 struct err *err)
{
	AUTO_BUF text = BUF_INIT(QUOTE_PCRS * (1 + HASH_SIZE_MAX));

	for (uint8_t i = 0; i < QUOTE_PCRS; i++) {
		if (!(APPRAISE_BOOT_MASK >> i & 1) ||
		    (record_pcr >= SETTINGS_PCR_MIN && i == record_pcr))
			continue;
		if (!(pcrs->mask >> i & 1))
			return err_set(err, "boot state: PCR %u was not quoted", i);
		if (buf_put_u8(&text, i, err) < 0 ||
		    buf_put(&text, pcrs->value[i], hash_algo_size(pcrs->bank), err) < 0)
			return -1;
	}
	return hash_bytes(HASH_SHA256, text.data, text.len, ret_digest, err);
}

/*
 * While it boots, systemd extends PCR 11 behind what the firmware logged, by words of its own
 * (systemd-pcrphase.service(8)).  They say how far the boot is, and nothing about what was booted.
 */
static int is_phase_of(const uint8_t *before, const uint8_t *after, bool *ret_is, struct err *err)
{
	static const char *const words[] = { "enter-initrd", "leave-initrd", "sysinit",
					     "ready",	     "shutdown",     "final" };
	struct digest value = { .algo = HASH_SHA256, .len = 32 };

	memcpy(value.data, before, value.len);
	*ret_is = false;
	for (size_t i = 0; i < ARRAY_LEN(words) && !*ret_is; i++) {
		uint8_t both[64];
		struct digest word;

		if (hash_bytes(HASH_SHA256, words[i], strlen(words[i]), &word, err) < 0)
			return -1;
		memcpy(both, value.data, 32);
		memcpy(both + 32, word.data, 32);
		if (hash_bytes(HASH_SHA256, both, sizeof(both), &value, err) < 0)
			return -1;
		*ret_is = memcmp(value.data, after, value.len) == 0;
	}
	return 0;
}

static bool is_zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

/* Of PCRs above a boot loader's, the log need not know: what is in them is for the boot's digest.
 */
static int is_explained(const struct pcr_set *log, const uint8_t *quoted, unsigned int pcr,
			bool *ret_is, struct err *err)
{
	if (!(log->mask >> pcr & 1))
		*ret_is = pcr > PCR_LOADER_MAX || is_zero(quoted, 32);
	else
		*ret_is = memcmp(log->value[pcr], quoted, 32) == 0;
	if (*ret_is || pcr != PCR_UKI)
		return 0;
	return is_phase_of(log->value[pcr], quoted, ret_is, err);
}

static int refuse(struct appraisal *a, const struct err *why, struct err *err)
{
	if (appraise_lacked_memory(why))
		return err_set(err, "%s", why->text);
	(void)verdict_add(a->verdict, VERDICT_BOOT_LOG, VERDICT_NO_ENTRY, "%s", why->text);
	return 0;
}

/* boot is what was quoted; it gets the log's value where more than the log is in it. */
static int compare(struct appraisal *a, const struct pcr_set *made, struct pcr_set *boot,
		   struct err *err)
{
	for (unsigned int i = 0; i < PCRS; i++) {
		bool explained;

		if (i == PCR_IMA || (a->record_proven && i == a->record.settings.pcr))
			continue;
		if (is_explained(made, a->quote.pcrs.value[i], i, &explained, err) < 0)
			return -1;
		if (!explained)
			(void)verdict_add(a->verdict, VERDICT_BOOT_LOG, VERDICT_NO_ENTRY,
					  "the boot log does not give the quoted PCR %u", i);
		else if (made->mask >> i & 1)
			memcpy(boot->value[i], made->value[i], 32);
	}
	return 0;
}

static int replay(struct appraisal *a, struct pcr_set *boot, struct err *err)
{
	const struct bytes *log = &a->evidence->boot_log;
	AUTO_MEM struct pcr_set *made = calloc(1, sizeof(*made));
	struct err why = ERR_INIT;

	if (!made)
		return err_set(err, "out of memory");
	if (boot_log_replay(log->data, log->len, HASH_SHA256, made, &why) < 0)
		return refuse(a, &why, err);
	return compare(a, made, boot, err);
}

static int read_facts(struct appraisal *a, struct err *err)
{
	AUTO_MEM char *cmdline = calloc(1, EVIDENCE_CMDLINE_MAX + 1);
	const struct bytes *claimed = &a->evidence->cmdline;
	struct boot_claim claim = {
		.data = a->evidence->boot_log.data,
		.len = a->evidence->boot_log.len,
		.bank = HASH_SHA256,
	};
	struct err why = ERR_INIT;

	if (!cmdline)
		return err_set(err, "out of memory");
	if (claimed->len && claimed->len <= EVIDENCE_CMDLINE_MAX &&
	    !memchr(claimed->data, '\0', claimed->len)) {
		memcpy(cmdline, claimed->data, claimed->len);
		claim.cmdline = cmdline;
	}
	if (boot_facts_claimed(&claim, &a->facts, &why) == 0)
		return 0;
	a->facts = (struct boot_facts){ .secure_boot = BOOT_NOT_TOLD };
	return refuse(a, &why, err);
}

/* assay-boot refuses these, too: that they are there says that it was not what booted. */
static int check_cmdline(struct appraisal *a, struct err *err)
{
	AUTO_MEM struct cmdline_refusal *refusal = calloc(1, sizeof(*refusal));
	size_t pos = 0;

	if (!refusal)
		return err_set(err, "out of memory");
	if (!a->facts.cmdline_known || !a->record_proven)
		return 0;
	while (cmdline_next_refusal(a->facts.cmdline, &a->record.settings, &pos, refusal))
		(void)verdict_add(a->verdict, VERDICT_COMMAND_LINE, VERDICT_NO_ENTRY,
				  "\"%.200s\" on the kernel command line: %s", refusal->param,
				  refusal->why);
	return 0;
}

static size_t reasons(const struct appraisal *a)
{
	return a->verdict->n + a->verdict->more;
}

static int judge_log(struct appraisal *a, struct pcr_set *boot, struct err *err)
{
	size_t before = reasons(a);

	if (a->evidence->boot_log.len == 0) {
		if (a->policy->boot != APPRAISE_BOOT_UNMEASURED)
			(void)verdict_add(a->verdict, VERDICT_BOOT_LOG, VERDICT_NO_ENTRY,
					  "no boot log was sent");
		return 0;
	}
	if (replay(a, boot, err) < 0)
		return -1;
	if (reasons(a) != before) {
		*boot = a->quote.pcrs;
		return 0;
	}
	return read_facts(a, err) < 0 ? -1 : check_cmdline(a, err);
}

static int fill(struct appraisal *a, const struct pcr_set *boot, struct err *err)
{
	struct appraise_state *s = &a->in->state;
	struct digest digest;

	if (appraise_boot_digest(boot, a->record_proven ? a->record.settings.pcr : 0, &digest,
				 err) < 0)
		return -1;
	memcpy(s->boot, digest.data, sizeof(s->boot));
	s->secure_boot = a->facts.secure_boot;
	s->cmdline_known = a->facts.cmdline_known;
	s->cmdline[0] = '\0';
	if (s->cmdline_known)
		(void)snprintf(s->cmdline, sizeof(s->cmdline), "%.*s", (int)sizeof(s->cmdline) - 1,
			       a->facts.cmdline);
	return 0;
}

int appraise_boot(struct appraisal *a, struct err *err)
{
	AUTO_MEM struct pcr_set *boot = malloc(sizeof(*boot));
	size_t before = reasons(a);

	if (!boot)
		return err_set(err, "out of memory");
	*boot = a->quote.pcrs;
	if (judge_log(a, boot, err) < 0 || fill(a, boot, err) < 0)
		return -1;
	if (reasons(a) == before)
		a->checked |= CHECK_BOOT;
	return 0;
}

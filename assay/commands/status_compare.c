/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configured against in force, and what stands open. */
#include <string.h>
#include <sys/stat.h>

#include "assay/checks/refusals.h"
#include "assay/next_boot/bundle.h"
#include "assay/commands/status.h"
#include "lock/blob.h"
#include "lock/word.h"
#include "proto/level.h"

#define EVM_X509 2L /* bits of /sys/kernel/security/evm (Documentation/ABI/testing/evm) */
#define EVM_METADATA_WRITES 4L

static void differs(struct report *r, const char *id, const char *what, const char *in_force,
		    const char *configured)
{
	(void)report_add(r, REPORT_REASON, id, NULL, "%s: %s is in force, %s is configured", what,
			 in_force, configured);
}

/* Off while something is in force may be a disable that did not reach the initramfs. */
static const char *mode_remedy(const struct host *host, const struct state *s)
{
	if (s->force == FORCE_UNKNOWN)
		return "an IMA policy that Assay did not load is in force: take ima_policy= off "
		       "the command line";
	if (s->config.settings.mode == MODE_OFF && !host_has(host, STATE_OFF_FILE))
		return "'assay disable' again, which makes every initramfs anew, then reboot";
	return "reboot";
}

static void compare_mode(const struct host *host, const struct state *s, struct report *r)
{
	const char *mode = settings_mode_name(s->config.settings.mode);
	const char *force = state_force_name(s->force);

	if (strcmp(mode, force) != 0)
		(void)report_add(r, REPORT_REASON, "mode", mode_remedy(host, s),
				 "mode: %s is in force, %s is configured for the next boot", force,
				 mode);
}

/* assay.conf against the bundle. */
static void compare_bundle(const struct host *host, const struct state *s, struct report *r)
{
	const char *mode = settings_mode_name(s->config.settings.mode);
	AUTO_STR disable = report_remedy("assay disable%s", r->root_option);
	AUTO_STR enable = report_remedy("assay enable%s", r->root_option);
	AUTO_STR anew =
		report_remedy("assay enable%s, which makes the bundle anew", r->root_option);

	if (s->config.settings.mode == MODE_OFF &&
	    (s->has_record || host_has(host, BUNDLE_OLD_DIR)))
		(void)report_add(r, REPORT_REASON, "bundle", disable,
				 "assay.conf says off, but a boot bundle is there: a disable was "
				 "cut off, and the next boot may enforce");
	if (s->has_record && s->config.settings.mode != MODE_OFF &&
	    s->config.settings.mode != s->record.settings.mode)
		(void)report_add(
			r, REPORT_REASON, "bundle", anew,
			"the boot bundle says %s, assay.conf says %s: the configuration was "
			"changed by hand",
			settings_mode_name(s->record.settings.mode), mode);
	if (s->has_record && s->config.settings.mode != MODE_OFF &&
	    strcmp(level_name(&s->config, level_of_host(&s->config)), s->record.level) != 0)
		(void)report_add(
			r, REPORT_REASON, "level", anew,
			"the boot bundle takes level %s and above, assay.conf %s and above",
			s->record.level, level_name(&s->config, level_of_host(&s->config)));
	if (!s->has_record && s->config.settings.mode != MODE_OFF)
		(void)report_add(r, REPORT_REASON, "bundle", enable,
				 "assay.conf says %s, but there is no boot bundle", mode);
}

static void compare_record(const struct state *s, struct report *r)
{
	if (s->force >= FORCE_LOG && s->has_record && !s->same_record)
		(void)report_add(r, REPORT_REASON, "record", "reboot",
				 "the record in force is not the one of the next boot%s",
				 s->proof != PROOF_UNKNOWN ? ""
							   : " (no TPM tells which one it is)");
}

static void compare_switches(const struct state *s, struct report *r)
{
	const struct settings *want = &s->record.settings;
	const struct facts *f = &s->facts;

	if (f->lockdown_known && f->lockdown < want->lockdown)
		differs(r, "lockdown", "kernel lockdown", settings_lockdown_name(f->lockdown),
			settings_lockdown_name(want->lockdown));
	if (want->module_signatures && f->sig_enforce == 0)
		differs(r, "module-signatures", "module signatures", "no", "yes");
	if (f->ptrace_scope != FACTS_UNKNOWN && f->ptrace_scope < (long)want->ptrace_scope)
		(void)report_add(r, REPORT_REASON, "ptrace-scope", NULL,
				 "ptrace scope: %ld is in force, %u is configured", f->ptrace_scope,
				 want->ptrace_scope);
	if (!want->kexec_load && f->kexec_load_disabled == 0)
		differs(r, "kexec-load", "kexec_load", "yes", "no");
	if (!want->unprivileged_bpf && f->unprivileged_bpf_disabled == 0)
		differs(r, "unprivileged-bpf", "unprivileged BPF", "yes", "no");
	if (want->deny_write_execute && f->deny_write_execute == 0)
		differs(r, "memory-deny-write-execute", "memory to write and execute", "yes", "no");
}

static void compare_keys(const struct state *s, struct report *r)
{
	const struct facts *f = &s->facts;
	/* log mode does not start EVM, whose refusals could not be only logged */
	bool evm = s->record.settings.evm != EVM_OFF && s->force == FORCE_ENFORCE;

	if (f->keyrings_known && !f->ima_keys.present)
		(void)report_add(r, REPORT_REASON, "keyring.ima", NULL, "there is no IMA keyring");
	if (f->keyrings_known && f->ima_keys.present && !f->ima_keys.restricted)
		(void)report_add(r, REPORT_REASON, "keyring.ima", NULL,
				 "the IMA keyring is not locked: root can add keys");
	if (f->keyrings_known && evm && (!f->evm_keys.present || !f->evm_keys.restricted))
		(void)report_add(r, REPORT_REASON, "keyring.evm", NULL, "the EVM keyring is %s",
				 f->evm_keys.present ? "not locked" : "not there");
	if (evm && f->evm != FACTS_UNKNOWN && (f->evm & EVM_X509) == 0)
		(void)report_add(r, REPORT_REASON, "evm", NULL, "EVM is not in force");
	if (evm && s->record.settings.evm == EVM_IMMUTABLE && f->evm != FACTS_UNKNOWN &&
	    (f->evm & EVM_METADATA_WRITES))
		(void)report_add(r, REPORT_REASON, "evm", NULL,
				 "EVM allows metadata writes, immutable is configured");
}

/* Seconds since the epoch when the file was last changed; 0: not there. */
static int64_t changed_at(const struct host *host, const char *path)
{
	struct stat st;

	return host_stat(host, path, &st) ? st.st_mtime : 0;
}

/* The word of assay-unlock is for the operator; root can write it, too. */
static void look_at_word(struct report *r, struct buf *word)
{
	static const char why[] = "why ";
	char *state = NULL, *line = buf_line(word, &state);

	if (!line || strcmp(line, "opened recovery") != 0)
		return;
	line = buf_line(word, &state);
	(void)report_add(r, REPORT_ADVICE, "lock", "assay lock reseal",
			 "this boot was opened by the recovery key: %s",
			 line && strncmp(line, why, strlen(why)) == 0 ? line + strlen(why) : "");
}

static void look_at_lock(const struct host *host, const struct state *s, struct report *r)
{
	AUTO_BUF word = BUF_INIT(HOST_TEXT_MAX);
	bool there = false;

	if (!host_has(host, LOCK_BLOB_PATH)) {
		if (s->force == FORCE_ENFORCE)
			(void)report_add(r, REPORT_ADVICE, "lock", NULL,
					 "no lock is set: root can disable enforcement for the "
					 "next boot");
		return;
	}
	if (host_read(host, LOCK_WORD_PATH, &word, &there, NULL) == 0 && there)
		look_at_word(r, &word);
	else
		(void)report_add(r, REPORT_ADVICE, "lock", "update-initramfs -u -k all, and reboot",
				 "the lock was not opened at this boot: the initramfs is older");
}

static void look_open(const struct host *host, const struct state *s, struct report *r)
{
	char initrd[FACTS_NAME_MAX + 32];
	int64_t made;

	(void)snprintf(initrd, sizeof(initrd), "/boot/initrd.img-%s", s->facts.release);
	made = changed_at(host, initrd);
	if (s->has_record && made && made < changed_at(host, BUNDLE_HOST_DIR "/record"))
		(void)report_add(r, REPORT_REASON, "initramfs", "update-initramfs -u -k all",
				 "%s is older than the boot bundle and does not carry it", initrd);
	if (s->facts.tpm_version != 2)
		(void)report_add(r, REPORT_ADVICE, "tpm", NULL,
				 "there is no TPM 2.0: nobody else can be shown what is in force");
	if (s->force == FORCE_ENFORCE && s->record.settings.profile == PROFILE_SIGNATURE &&
	    s->has_record)
		(void)report_add(
			r, REPORT_ADVICE, "profile",
			"a file system with the verity feature, see assay(8)",
			"signature profile: root with the disk device can change a file that "
			"was already appraised");
	if (s->force == FORCE_LOG)
		(void)report_add(r, REPORT_ADVICE, "log", "assay events, then assay enable",
				 "log mode: nothing is denied");
	look_at_lock(host, s, r);
	if (s->facts.violations > 0)
		(void)report_add(r, REPORT_ADVICE, "measurement", NULL,
				 "%ld measurement violations since boot: files were written while "
				 "they were measured",
				 s->facts.violations);
}

bool status_is_known(const struct host *host)
{
	return !*host->root || host_has(host, "/sys/kernel");
}

/* Where nothing is configured, what the kernel lacks is no difference. */
static void compare_kernel(const struct state *s, struct report *r)
{
	if (!s->facts.ima)
		(void)report_add(
			r, s->config.settings.mode == MODE_OFF ? REPORT_ADVICE : REPORT_REASON,
			"kernel", NULL, "%s",
			s->facts.securityfs ? "this kernel has no IMA"
					    : "no securityfs is mounted at /sys/kernel/security");
}

void status_compare(const struct host *host, const struct state *state, struct report *report)
{
	compare_bundle(host, state, report);
	if (!status_is_known(host))
		return;
	compare_kernel(state, report);
	compare_mode(host, state, report);
	compare_record(state, report);
	if (state->has_record && state->force >= FORCE_LOG) {
		if (state->force == FORCE_ENFORCE) /* log mode takes nothing away */
			compare_switches(state, report);
		compare_keys(state, report);
	}
	checks_refusals(state, false, report);
	look_open(host, state, report);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's one-way switches. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mdwe.h"
#include "initramfs/shared/boot.h"

#define VALUE_MAX 128 /* bytes of one switch's file */

/* Already at or beyond what is wanted counts as done: none of them can be turned back. */
static int set_number(struct boot *boot, const char *path, int want, struct err *err)
{
	char text[VALUE_MAX];

	if (env_read(boot->dirs.proc, path, text, sizeof(text), err) < 0)
		return -1;
	if (atoi(text) >= want)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", want);
	if (env_write(boot->dirs.proc, path, text, err) < 0 ||
	    env_read(boot->dirs.proc, path, text, sizeof(text), err) < 0)
		return -1;
	if (atoi(text) != want)
		return err_set(err, "%s: is %s after %d was set", path, text, want);
	return 0;
}

/* security/lockdown/lockdown.c: "none [integrity] confidentiality". */
static int lockdown_level(const struct boot *boot, enum settings_lockdown *ret_level,
			  struct err *err)
{
	char text[VALUE_MAX];

	if (env_read(boot->dirs.security, "lockdown", text, sizeof(text), err) < 0)
		return -1;
	if (strstr(text, "[confidentiality]"))
		*ret_level = LOCKDOWN_CONFIDENTIALITY;
	else if (strstr(text, "[integrity]"))
		*ret_level = LOCKDOWN_INTEGRITY;
	else
		*ret_level = LOCKDOWN_OFF;
	return 0;
}

int switches_lockdown(struct boot *boot, struct err *err)
{
	enum settings_lockdown want = boot->record.settings.lockdown;
	enum settings_lockdown now;

	if (boot->record.settings.mode != MODE_ENFORCE || want == LOCKDOWN_OFF)
		return 0;
	if (lockdown_level(boot, &now, err) < 0)
		return -1;
	if (now >= want)
		return 0;
	if (env_write(boot->dirs.security, "lockdown", settings_lockdown_name(want), err) < 0 ||
	    lockdown_level(boot, &now, err) < 0)
		return -1;
	if (now < want)
		return err_set(err, "lockdown: did not take %s", settings_lockdown_name(want));
	return 0;
}

static int module_signatures(struct boot *boot, struct err *err)
{
	static const char path[] = "module/module/parameters/sig_enforce";
	char text[VALUE_MAX];

	if (!boot->record.settings.module_signatures)
		return 0;
	if (env_write(boot->dirs.sys, path, "Y", err) < 0 ||
	    env_read(boot->dirs.sys, path, text, sizeof(text), err) < 0)
		return -1;
	if (strcmp(text, "Y") != 0)
		return err_set(err, "%s: is %s after Y was set", path, text);
	return 0;
}

static int ptrace_scope(struct boot *boot, struct err *err)
{
	unsigned int want = boot->record.settings.ptrace_scope;

	return want == 0 ? 0 : set_number(boot, "sys/kernel/yama/ptrace_scope", (int)want, err);
}

/* A kernel without kexec or BPF has no such file, and nothing to switch off. */
static int disable(struct boot *boot, bool allowed, const char *path, struct err *err)
{
	char text[VALUE_MAX];

	if (allowed ||
	    (env_read(boot->dirs.proc, path, text, sizeof(text), NULL) < 0 && errno == ENOENT))
		return 0;
	if (env_write(boot->dirs.proc, path, "1", err) < 0)
		return -1;
	return set_number(boot, path, 1, err);
}

static int kexec_load(struct boot *boot, struct err *err)
{
	return disable(boot, boot->record.settings.kexec_load, "sys/kernel/kexec_load_disabled",
		       err);
}

static int unprivileged_bpf(struct boot *boot, struct err *err)
{
	return disable(boot, boot->record.settings.unprivileged_bpf,
		       "sys/kernel/unprivileged_bpf_disabled", err);
}

/* Of this process, which becomes init, and of whatever that executes: kernel/sys.c, Linux 6.3. */
static int deny_write_execute(struct boot *boot, struct err *err)
{
	if (!boot->record.settings.deny_write_execute)
		return 0;
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0UL, 0UL, 0UL) < 0)
		return err_errno(err, "prctl: PR_SET_MDWE (Linux 6.3 and later)");
	return 0;
}

struct one_way {
	const char *name; /* the record's term */
	boot_step_fn set;
};

static const struct one_way one_ways[] = {
	{ "lockdown", switches_lockdown },
	{ "module-signatures", module_signatures },
	{ "ptrace-scope", ptrace_scope },
	{ "kexec-load", kexec_load },
	{ "unprivileged-bpf", unprivileged_bpf },
	{ "memory-deny-write-execute", deny_write_execute },
};

/* In log mode nothing is taken away; but no denial may be lost to the rate limit of messages. */
int switches_set(struct boot *boot, struct err *err)
{
	struct err why = ERR_INIT;

	if (env_write(boot->dirs.proc, "sys/kernel/printk_ratelimit", "0", &why) < 0)
		say(boot, "assay: messages may be lost: %s", why.text);
	for (size_t i = 0; i < ARRAY_LEN(one_ways); i++) {
		if (boot->record.settings.mode != MODE_ENFORCE) {
			report_line(boot, "switch %s left", one_ways[i].name);
			continue;
		}
		if (one_ways[i].set(boot, err) < 0)
			return err_prepend(err, "%s", one_ways[i].name);
		report_line(boot, "switch %s as recorded", one_ways[i].name);
	}
	return 0;
}

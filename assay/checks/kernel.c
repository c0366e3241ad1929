/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can the installed kernels enforce? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/checks/checks.h"
#include "assay/host/trust.h"
#include "assay/essential/essential.h"
#include "ima/kernel_version.h"
#include "proto/kernel_config.h"

#define CONFIG_PREFIX "/boot/config-"
#define KERNEL_PREFIX "/boot/vmlinuz-"

static bool has_ecdsa_key(const struct checks *c)
{
	struct cert_set set = CERT_SET_INIT;
	bool found = false;

	if (trust_load(c->host, c->config, &set, NULL) == 0)
		found = kernel_config_wants_ecdsa(&set);
	cert_set_done(&set);
	return found;
}

struct kernels {
	const struct checks *checks;
	size_t n;
	struct kernel_wants wants;
};

/* "module_blacklist=a,b": kernel/module/main.c, blacklisted(), obeys it whoever loads. */
static bool is_blacklisted(const char *cmdline, const char *module)
{
	static const char option[] = "module_blacklist=";
	const char *list = NULL;

	for (const char *at = strstr(cmdline, option); at; at = strstr(at + 1, option))
		list = at + sizeof(option) - 1; /* the last counts */
	while (list) {
		size_t len = strcspn(list, ", \n");

		if (len == strlen(module) && strncmp(list, module, len) == 0)
			return true;
		list = list[len] == ',' ? list + len + 1 : NULL;
	}
	return false;
}

/*
 * drivers/mtd/devices (Linux 6.1): their parameters name physical addresses, which /dev/mtd0 then
 * reads and writes; lockdown does not look at them, and Debian signs them.
 */
static void check_memory_modules(struct kernels *k, const char *release, const char *text)
{
	static const struct {
		const char *option, *module;
	} modules[] = { { "MTD_SLRAM", "slram" }, { "MTD_PHRAM", "phram" } };

	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (kernel_config_value(text, modules[i].option) != 'n' &&
		    !is_blacklisted(k->checks->facts->cmdline, modules[i].module))
			(void)report_add(k->checks->report, REPORT_ADVICE, "kernel.memory",
					 "module_blacklist=slram,phram on the kernel command line",
					 "kernel %s: by its module %s root reads and writes the "
					 "kernel's memory, and ends enforcement",
					 release, modules[i].module);
}

static int check_config(const struct host *host, const char *path, void *ctx, struct err *err)
{
	struct kernels *k = ctx;
	struct report *r = k->checks->report;
	const char *release = path + strlen(CONFIG_PREFIX);
	AUTO_BUF text = BUF_INIT(KERNEL_CONFIG_MAX);
	struct kernel_version version;
	struct kernel_lack lack;
	size_t pos = 0;
	size_t before = r->reasons;
	bool there;

	if (host_read(host, path, &text, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	k->n++;
	if (kernel_version_parse(release, &version, NULL) < 0)
		(void)report_add(r, REPORT_REASON, "kernel.version", "remove it",
				 "kernel %s: older than 5.10", release);
	else if (k->checks->config->settings.deny_write_execute &&
		 !kernel_version_from(version, 6, 3))
		(void)report_add(
			r, REPORT_REASON, "kernel.mdwe",
			"another kernel, or 'memory-deny-write-execute = no' in assay.conf",
			"kernel %s: has no PR_SET_MDWE, which is of 6.3 and later", release);
	while (kernel_config_next_lack(buf_text(&text), &k->wants, &pos, &lack))
		(void)report_add(r, REPORT_REASON, "kernel.config", lack.remedy,
				 "kernel %s: built without %s (CONFIG_%s)", release, lack.what,
				 lack.option);
	check_memory_modules(k, release, buf_text(&text));
	if (kernel_config_value(buf_text(&text), "TCG_TPM") != 'y')
		(void)report_add(r, REPORT_ADVICE, "kernel.tpm", NULL,
				 "kernel %s: no TPM support built in: IMA measures into no PCR",
				 release);
	if (r->reasons == before)
		(void)report_add(r, REPORT_FACT, "kernel.config", NULL,
				 "kernel %s: has all that is needed", release);
	return 0;
}

struct ages {
	char old[FACTS_NAME_MAX]; /* "": there is none */
	bool newer;
};

static int note_age(const struct host *host, const char *path, void *ctx, struct err *err)
{
	const char *release = path + strlen(KERNEL_PREFIX);
	struct ages *ages = ctx;
	struct kernel_version v;

	(void)host;
	(void)err;
	if (kernel_version_parse(release, &v, NULL) < 0)
		return 0;
	if (kernel_version_from(v, 5, 19))
		ages->newer = true;
	else
		(void)snprintf(ages->old, sizeof(ages->old), "%s", release);
	return 0;
}

/* The bundle's policy is written for the oldest kernel: see put_foreign and by_owner in
 * lib/ima/policy_gen.c for what that leaves out. */
static void check_ages(const struct checks *c, struct err *err)
{
	struct ages ages = { .newer = false };
	AUTO_STR remedy = NULL;

	if (c->profile == PROFILE_VERITY)
		return;
	if (essential_glob(c->host, KERNEL_PREFIX "*", note_age, &ages, err) < 0)
		(void)report_add(c->report, REPORT_REASON, "kernel.old", NULL, "%s", err->text);
	if (!*ages.old || !ages.newer)
		return;
	remedy = report_remedy("%sapt-get purge linux-image-%s", c->report->chroot, ages.old);
	(void)report_add(
		c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON, "kernel.old", remedy,
		"kernel %s: one policy is for all kernels, and for this one it has no rules "
		"on owners, FUSE and overlays: users could run what they wrote",
		ages.old);
}

void checks_kernel(const struct checks *c)
{
	struct kernels k = { .checks = c,
			     .n = 0,
			     .wants = { .settings = &c->config->settings,
					.profile = c->profile,
					.ecdsa = has_ecdsa_key(c) } };
	struct err err = ERR_INIT;

	if (!*c->host->root && !c->facts->securityfs)
		(void)report_add(c->report, REPORT_REASON, "kernel.securityfs",
				 "mount -t securityfs securityfs /sys/kernel/security",
				 "no securityfs is mounted at /sys/kernel/security");
	else if (!*c->host->root && !c->facts->ima)
		(void)report_add(
			c->report, REPORT_REASON, "kernel.ima",
			"install a kernel with IMA appraisal (Debian's linux-image packages)",
			"the running kernel, %s, has no IMA", c->facts->release);
	check_ages(c, &err);
	if (essential_glob(c->host, CONFIG_PREFIX "*", check_config, &k, &err) < 0)
		(void)report_add(c->report, REPORT_REASON, "kernel.config", NULL, "%s", err.text);
	else if (k.n == 0)
		(void)report_add(c->report, REPORT_ADVICE, "kernel.config", NULL,
				 "no kernel configuration in /boot: what the kernels can do is not "
				 "known");
}

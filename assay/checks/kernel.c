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

/* Built by Debian, by its compiler and with a release of its form: "6.1.0-56-amd64",
 * "6.12.1+deb13-amd64". */
static bool is_debians(const char *text, const char *release)
{
	const char *compiler = strstr(text, "CONFIG_CC_VERSION_TEXT=\"");
	const char *rest = release + strspn(release, "0123456789.");

	if (!compiler || strcspn(compiler, "\n") < strcspn(compiler, "("))
		return false;
	if (strncmp(strchr(compiler, '('), "(Debian ", 8) != 0)
		return false;
	if (strncmp(rest, "+deb", 4) == 0)
		return true;
	return *rest == '-' && rest[1 + strspn(rest + 1, "0123456789")] == '-' && rest[1] != '-';
}

/*
 * Modules by which root reaches memory or ports that lockdown keeps from him otherwise, with no
 * device that few hosts have: SECURITY.md has how, by the source of Linux 6.1 and 6.12.  Where
 * "uio" is kept out, so is whatever needs it.
 */
static const struct {
	const char *option, *name;
	bool not_debians; /* Debian's kernels refuse its parameters under lockdown */
} reaching[] = {
	{ "UIO", "uio", false },	  { "RDMA_RXE", "rdma_rxe", false },
	{ "COMEDI", "comedi", false },	  { "DCDBAS", "dcdbas", false },
	{ "FB_UVESA", "uvesafb", false }, { "MTD_SLRAM", "slram", true },
	{ "MTD_PHRAM", "phram", true },
};

static void check_reaching(struct kernels *k, const char *release, const char *text)
{
	AUTO_BUF names = BUF_INIT(256);
	AUTO_STR remedy = NULL;
	struct err err = ERR_INIT;
	bool debians =
		is_debians(text, release) && k->checks->config->settings.lockdown != LOCKDOWN_OFF;

	for (size_t i = 0; i < ARRAY_LEN(reaching); i++)
		if (kernel_config_value(text, reaching[i].option) != 'n' &&
		    !(debians && reaching[i].not_debians) &&
		    !is_blacklisted(k->checks->facts->cmdline, reaching[i].name) &&
		    buf_putf(&names, &err, "%s%s", names.len ? "," : "", reaching[i].name) < 0)
			break; /* there is room for all, so memory is out, and what is told will do
				*/
	if (!names.len)
		return;
	remedy = report_remedy("module_blacklist=%s on the kernel command line, if nothing here "
			       "needs them; a lock then keeps root from booting without it",
			       buf_text(&names));
	(void)report_add(k->checks->report, REPORT_ADVICE, "kernel.memory", remedy,
			 "kernel %s: root who knows how can reach the kernel's memory through "
			 "its modules %s, which lockdown does not look at",
			 release, buf_text(&names));
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
	check_reaching(k, release, buf_text(&text));
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

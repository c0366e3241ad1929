/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Yama and lockdown: on the list of what the kernels start. */
#include <string.h>

#include "assay/checks/boot_lines.h"
#include "assay/checks/checks.h"
#include "assay/essential/essential.h"

#define KCONFIG_MAX (1U << 20) /* bytes of one kernel's configuration */
#define CONFIG_PREFIX "/boot/config-"
#define SECURITY "/sys/kernel/security"

enum lsm { YAMA, LOCKDOWN, LSMS };

static const struct {
	const char *name; /* in lsm= and CONFIG_LSM */
	const char *built_in;
	const char *early; /* starts whatever the list says; NULL: has no such option */
	const char *remedy;
} lsms[LSMS] = {
	[YAMA] = { "yama", "\nCONFIG_SECURITY_YAMA=y\n", NULL,
		   "another kernel or command line, or 'ptrace-scope = 0' in assay.conf" },
	[LOCKDOWN] = { "lockdown", "\nCONFIG_SECURITY_LOCKDOWN_LSM=y\n",
		       "\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\n",
		       "another kernel or command line, or 'lockdown = off' in assay.conf" },
};

struct lists {
	const struct checks *checks;
	bool wanted[LSMS];
	bool given;	    /* a command line has its own list */
	bool lacking[LSMS]; /* in such a list */
};

/* "landlock,lockdown,yama": up to the first character that no list has. */
static bool lists_name(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (;;) {
		size_t len = strcspn(list, ", \t\"\n");

		if (len == n && memcmp(list, name, n) == 0)
			return true;
		if (list[len] != ',')
			return false;
		list += len + 1;
	}
}

/* The last "lsm=" of the line counts, security/security.c. */
static void note_line(void *ctx, const struct boot_line *line)
{
	struct lists *l = ctx;
	const char *list = NULL;

	for (const char *at = strstr(line->text, "lsm="); at; at = strstr(at + 1, "lsm="))
		if (at == line->text || strchr(" \t\"", at[-1]))
			list = at + strlen("lsm=");
	if (!list || line->recovery)
		return;
	l->given = true;
	for (size_t i = 0; i < LSMS; i++)
		l->lacking[i] |= !lists_name(list, lsms[i].name);
}

static void add(const struct lists *l, enum lsm lsm, const char *release, const char *what)
{
	const struct checks *c = l->checks;

	(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON, "kernel.lsm",
			 lsms[lsm].remedy, "kernel %s: %s %s", release, what, lsms[lsm].name);
}

static int check_config(const struct host *host, const char *path, void *ctx, struct err *err)
{
	const struct lists *l = ctx;
	const char *release = path + strlen(CONFIG_PREFIX);
	AUTO_BUF text = BUF_INIT(KCONFIG_MAX);
	const char *list;
	bool there;

	if (buf_putf(&text, err, "\n") < 0 || host_read(host, path, &text, &there, err) < 0)
		return -1;
	list = strstr(buf_text(&text), "\nCONFIG_LSM=\"");
	for (enum lsm i = 0; i < LSMS; i++) {
		bool early = lsms[i].early && strstr(buf_text(&text), lsms[i].early);

		if (!l->wanted[i] || early || !strstr(buf_text(&text), lsms[i].built_in))
			continue; /* what is not built in checks_kernel tells */
		if (l->given && l->lacking[i])
			add(l, i, release, "'lsm=' on the command line leaves out");
		else if (!l->given && list &&
			 !lists_name(list + strlen("\nCONFIG_LSM=\""), lsms[i].name))
			add(l, i, release, "its list of security modules (CONFIG_LSM) leaves out");
	}
	return 0;
}

/* What this kernel has not, the next boot of it has not either. */
static void check_running(const struct lists *l)
{
	const struct facts *f = l->checks->facts;
	const struct host *host = l->checks->host;

	if (l->wanted[YAMA] && f->ptrace_scope == FACTS_UNKNOWN &&
	    host_has(host, "/proc/sys/kernel"))
		add(l, YAMA, *f->release ? f->release : "that runs",
		    "started without the security module");
	if (l->wanted[LOCKDOWN] && !f->lockdown_known && host_has(host, SECURITY "/ima"))
		add(l, LOCKDOWN, *f->release ? f->release : "that runs",
		    "started without the security module");
}

void checks_lsm(const struct checks *c)
{
	const struct settings *s = &c->config->settings;
	struct lists l = {
		.checks = c,
		.wanted = { [YAMA] = s->ptrace_scope > 0, [LOCKDOWN] = s->lockdown != LOCKDOWN_OFF }
	};
	const struct boot_line now = { .text = c->facts->cmdline };
	struct err err = ERR_INIT;

	if (boot_lines_each(c->host, note_line, &l, &err) < 0)
		return; /* checks_cmdline tells of it */
	if (!l.given)
		note_line(&l, &now);
	check_running(&l);
	if (essential_glob(c->host, CONFIG_PREFIX "*", check_config, &l, &err) < 0)
		(void)report_add(c->report, REPORT_REASON, "kernel.lsm", NULL, "%s", err.text);
}

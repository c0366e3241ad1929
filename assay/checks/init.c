/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The init that the next boot executes. */
#include <string.h>

#include "assay/checks/boot_lines.h"
#include "assay/checks/checks.h"

#define DEFAULT_INIT "/sbin/init" /* initramfs-tools' /init, without init= */

struct looking {
	const struct checks *checks;
	bool default_told;
	char told[SETTINGS_PATH_MAX]; /* the last that was told of, so that it is told once */
};

static bool is_program(const struct host *host, const char *path)
{
	AUTO_STR real = NULL;
	struct stat st;

	return host_resolve(host, path, &real, NULL) == 0 && real && host_stat(host, real, &st) &&
	       S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

static bool is_listed(const struct settings *s, const char *path)
{
	for (size_t i = 0; i < s->n_init; i++)
		if (strcmp(s->init[i], path) == 0)
			return true;
	return false;
}

static void look_at(struct looking *l, const char *init)
{
	const struct checks *c = l->checks;
	enum report_level level = c->log_only ? REPORT_ADVICE : REPORT_REASON;

	if (strcmp(l->told, init) == 0)
		return;
	(void)snprintf(l->told, sizeof(l->told), "%s", init);
	/* Another one on a command line is told of as the parameter that it is. */
	if (!is_listed(&c->config->settings, init) && strcmp(init, DEFAULT_INIT) == 0)
		(void)report_add(c->report, level, "init.listed",
				 "add it to 'init =' in [boot] of assay.conf",
				 "the boot executes %s, which assay.conf does not list as an init: "
				 "it would stop (INIT)",
				 init);
	if (!is_program(c->host, init))
		(void)report_add(c->report, level, "init.program",
				 "install what brings it (systemd-sysv, as a rule)",
				 "the boot executes %s, which is no executable file: it would stop",
				 init);
}

/* The last init= counts, as /init of the initramfs reads them. */
static const char *find_init(const char *line, char ret_init[static SETTINGS_PATH_MAX])
{
	const char *found = DEFAULT_INIT;

	for (const char *at = line; *at;) {
		size_t n = strcspn(at, " \t\n");

		if (n > 5 && n - 5 < SETTINGS_PATH_MAX && strncmp(at, "init=", 5) == 0) {
			(void)snprintf(ret_init, SETTINGS_PATH_MAX, "%.*s", (int)n - 5, at + 5);
			found = ret_init;
		}
		at += n + strspn(at + n, " \t\n");
	}
	return found;
}

static void on_line(void *ctx, const struct boot_line *line)
{
	char init[SETTINGS_PATH_MAX];
	struct looking *l = ctx;

	if (line->recovery)
		return;
	l->default_told = true;
	look_at(l, find_init(line->text, init));
}

void checks_init(const struct checks *c)
{
	struct looking looking = { .checks = c };
	struct err err = ERR_INIT;

	/* A line that can't be read is told of by checks_cmdline. */
	(void)!boot_lines_each(c->host, on_line, &looking, &err);
	if (!looking.default_told)
		look_at(&looking, DEFAULT_INIT);
}

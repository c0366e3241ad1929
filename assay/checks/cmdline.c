/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command lines of the next boot and of this one. */
#include <stdlib.h>

#include "assay/checks/boot_lines.h"
#include "assay/checks/checks.h"
#include "assay/essential/paths.h"
#include "proto/cmdline.h"

struct judging {
	const struct checks *checks;
	struct paths seen; /* parameters that were told of */
	struct err err;
	bool failed;
	bool recovery; /* an entry for recovery has one */
};

static void add(struct judging *j, const struct boot_line *line,
		const struct cmdline_refusal *refusal)
{
	const struct checks *c = j->checks;
	bool is_new;

	if (paths_add(&j->seen, refusal->param, "", &is_new, &j->err) < 0)
		j->failed = true;
	else if (is_new)
		(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON, "cmdline",
				 line->remedy,
				 "no enforcing boot accepts the kernel parameter '%s' (%s): it %s",
				 refusal->param, line->where, refusal->why);
}

static void judge(void *ctx, const struct boot_line *line)
{
	AUTO_MEM struct cmdline_refusal *refusal = malloc(sizeof(*refusal));
	struct judging *j = ctx;
	size_t pos = 0;

	if (!refusal)
		j->failed = err_set(&j->err, "out of memory") < 0;
	while (refusal &&
	       cmdline_next_refusal(line->text, &j->checks->config->settings, &pos, refusal)) {
		if (line->recovery)
			j->recovery = true;
		else
			add(j, line, refusal);
	}
}

void checks_cmdline(const struct checks *c)
{
	struct judging j = { .checks = c, .seen = PATHS_INIT, .err = ERR_INIT };
	const struct boot_line now = {
		.text = c->facts->cmdline,
		.where = "/proc/cmdline",
		.remedy = "remove it where the boot loader is configured (GRUB: edit "
			  "/etc/default/grub, run update-grub), reboot",
	};

	/* The next boot's first: its file is the one to change. */
	j.failed = boot_lines_each(c->host, judge, &j, &j.err) < 0 || j.failed;
	judge(&j, &now);
	if (j.failed)
		(void)report_add(c->report, REPORT_REASON, "cmdline", NULL, "%s", j.err.text);
	if (j.recovery)
		(void)report_add(c->report, REPORT_ADVICE, "cmdline.recovery",
				 "have another medium at hand to boot this host from",
				 "the boot loader's entries for recovery will stop: no enforcing "
				 "boot gives a rescue shell");
	paths_done(&j.seen);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-boot would have stopped this boot for, had it not been one of log mode. */
#include "assay/checks/refusals.h"

#include <string.h>

/* Of the boot that was; the next one's command line is judged by itself. */
static bool is_of_command_line(const char *line)
{
	return strncmp(line, "CMDLINE:", 8) == 0 || strncmp(line, "INIT:", 5) == 0;
}

void checks_refusals(const struct state *state, bool before_enforcing, struct report *report)
{
	const char *line = state->refused;

	for (size_t n; (n = strcspn(line, "\n")) > 0; line += n + (line[n] ? 1 : 0))
		(void)report_add(
			report,
			before_enforcing && !is_of_command_line(line) ? REPORT_REASON
								      : REPORT_ADVICE,
			"boot.refused",
			"mend it and boot in log mode once more: assay-boot(8) has the codes",
			"an enforcing boot would have stopped where this one went on: %.*s", (int)n,
			line);
}

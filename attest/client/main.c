/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest: proves to a verifier what this host is. */
#include "attest/client/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		cmd_enrol, cmd_run, cmd_report, cmd_collect, cmd_show, { .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-attest",
		.summary = "Proves to a verifier what this host is, and what ran on it.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

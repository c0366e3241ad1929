/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier: what hosts send, judged. */
#include "attest/verifier/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		command_judge_list,
		{ .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-verifier",
		.summary = "Judges what hosts prove of themselves.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

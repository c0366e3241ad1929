/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier: what hosts send, judged. */
#include <string.h>

#include "attest/verifier/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		command_serve,	    command_host,     command_trust,
		command_judge_list, command_appraise, { .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-verifier",
		.summary = "Judges what hosts prove of themselves.",
		.commands = commands,
	};

	/* "assay-verifier --config FILE" is the service, too. */
	if (argc > 1 && strncmp(argv[1], "--config", strlen("--config")) == 0)
		return cmd_finish(program.name, command_serve.run(&commands[0], argc, argv));
	return cmd_main(&program, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign: keys, and signatures on files. */
#include "evmctl-plugins/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		cmd_keygen, cmd_sign, cmd_verify, cmd_repair, cmd_admit, { .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-sign",
		.summary = "Signs and verifies what the kernel appraises: keys, files and trees.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-pkg: signatures in packages, so that hosts need no key. */
#include "packages/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		cmd_sign,
		cmd_verify,
		cmd_show,
		{ .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-pkg",
		.summary = "Signs Debian packages for hosts that hold no key, and verifies them.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

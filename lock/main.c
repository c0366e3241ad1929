/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock: what the host needs to run is sealed to its enforcement. */
#include "lock/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		cmd_get,  cmd_set,     cmd_authority, cmd_approve, cmd_revoke, cmd_recovery,
		cmd_test, cmd_explain, cmd_predict,   cmd_reseal,  cmd_remove, { .name = NULL },
	};
	const struct cmd_program program = {
		.name = "assay-lock",
		.summary =
			"Seals what the host needs to the TPM, under the state of its enforcement.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

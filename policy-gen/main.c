/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-policy: IMA policies, written, checked, explained. */
#include "policy-gen/commands.h"

int main(int argc, char **argv)
{
	static const struct cmd commands[] = {
		{ .name = "generate",
		  .operands = "",
		  .summary = "write the policy that this host's configuration asks for",
		  .about = "Writes the IMA policy for one kernel and the host's configuration to "
			   "stdout or a file.",
		  .options = generate_options,
		  .run = cmd_generate },
		{ .name = "lint",
		  .operands = "FILE",
		  .summary = "tell what the kernel would reject, and what slips through",
		  .about = "Reads an IMA policy as the kernel would and tells what it would reject "
			   "and what the policy lets through.  Exit 0: nothing, 1: findings.",
		  .options = lint_options,
		  .run = cmd_lint },
		{ .name = "explain",
		  .operands = "FILE...",
		  .summary = "tell what the kernel would say to each file's use, and why",
		  .about = "Tells for each file, by the rules, the kernel and the keys: which rule "
			   "decides, which signature and key, and the verdict.  Exit 0: all "
			   "allowed, 1: one is denied.",
		  .options = explain_options,
		  .run = cmd_explain },
		{ .name = "simulate",
		  .operands = "FILE...",
		  .summary = "the kernel's verdict on given operations on given files",
		  .about = "Follows the kernel's code over a file that it has not seen since boot, "
			   "and "
			   "prints the verdict on each operation.  Exit 0: all allowed, 1: one is "
			   "denied.",
		  .options = simulate_options,
		  .run = cmd_simulate },
		{ .name = NULL },
	};
	static const struct cmd_program program = {
		.name = "assay-policy",
		.summary = "IMA policies: generate, lint, explain, simulate.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-verifier, one per file. */
#ifndef ASSAY_VERIFIER_COMMANDS_H
#define ASSAY_VERIFIER_COMMANDS_H

#include "cli/cmd.h"

int cmd_judge_list(const struct cmd *cmd, int argc, char **argv);
extern const struct cmd command_judge_list; /* the same with its options and help */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-verifier, one per file. */
#ifndef ASSAY_VERIFIER_COMMANDS_H
#define ASSAY_VERIFIER_COMMANDS_H

#include "cli/cmd.h"

/* Each with its options and help. */
extern const struct cmd command_serve;
extern const struct cmd command_host;
extern const struct cmd command_trust;
extern const struct cmd command_appraise;

int cmd_judge_list(const struct cmd *cmd, int argc, char **argv);
extern const struct cmd command_judge_list;

#endif

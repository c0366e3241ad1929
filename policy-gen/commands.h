/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-policy. */
#ifndef ASSAY_POLICY_GEN_COMMANDS_H
#define ASSAY_POLICY_GEN_COMMANDS_H

#include "cli/cmd.h"

extern const struct cmd_option generate_options[];
int cmd_generate(const struct cmd *cmd, int argc, char **argv);

extern const struct cmd_option lint_options[];
int cmd_lint(const struct cmd *cmd, int argc, char **argv);

extern const struct cmd_option simulate_options[];
int cmd_simulate(const struct cmd *cmd, int argc, char **argv);

extern const struct cmd_option explain_options[];
int cmd_explain(const struct cmd *cmd, int argc, char **argv);

#endif

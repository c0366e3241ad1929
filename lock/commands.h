/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-lock, one per file. */
#ifndef ASSAY_LOCK_COMMANDS_H
#define ASSAY_LOCK_COMMANDS_H

#include "cli/cmd.h"

extern const struct cmd cmd_get;
extern const struct cmd cmd_set;
extern const struct cmd cmd_authority;
extern const struct cmd cmd_approve;
extern const struct cmd cmd_revoke;
extern const struct cmd cmd_recovery;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_test;
extern const struct cmd cmd_predict;
extern const struct cmd cmd_reseal;
extern const struct cmd cmd_remove;

#endif

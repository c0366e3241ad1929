/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-sign, one per file. */
#ifndef ASSAY_SIGN_COMMANDS_H
#define ASSAY_SIGN_COMMANDS_H

#include "cli/cmd.h"

extern const struct cmd cmd_admit;
extern const struct cmd cmd_keygen;
extern const struct cmd cmd_repair;
extern const struct cmd cmd_sign;
extern const struct cmd cmd_verify;

#endif

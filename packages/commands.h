/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-pkg, one per file. */
#ifndef ASSAY_PACKAGES_COMMANDS_H
#define ASSAY_PACKAGES_COMMANDS_H

#include "cli/cmd.h"

extern const struct cmd cmd_show;
extern const struct cmd cmd_sign;
extern const struct cmd cmd_verify;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of assay-attest, one per file. */
#ifndef ASSAY_ATTEST_CLIENT_COMMANDS_H
#define ASSAY_ATTEST_CLIENT_COMMANDS_H

#include "cli/cmd.h"

extern const struct cmd cmd_collect;
extern const struct cmd cmd_enrol;
extern const struct cmd cmd_report;
extern const struct cmd cmd_run;
extern const struct cmd cmd_show;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's own commands. */
#ifndef ASSAY_COMMANDS_COMMANDS_H
#define ASSAY_COMMANDS_COMMANDS_H

#include "assay/host/host.h"
#include "cli/cmd.h"
#include "proto/settings.h"

int cmd_check(const struct cmd *cmd, int argc, char **argv);
int cmd_enable(const struct cmd *cmd, int argc, char **argv);
/* What cmd_enable does once its options are read; mode is MODE_LOG or MODE_ENFORCE. */
int enable_host(const struct cmd *cmd, const struct host *host, enum settings_mode mode, bool json,
		bool no_initramfs);

int cmd_disable(const struct cmd *cmd, int argc, char **argv);
int cmd_status(const struct cmd *cmd, int argc, char **argv);
int cmd_events(const struct cmd *cmd, int argc, char **argv);
int cmd_level(const struct cmd *cmd, int argc, char **argv);
int cmd_log(const struct cmd *cmd, int argc, char **argv);
int cmd_owner(const struct cmd *cmd, int argc, char **argv);
int cmd_explain(const struct cmd *cmd, int argc, char **argv);

extern const struct cmd_option check_options[];
extern const struct cmd_option enable_options[];
extern const struct cmd_option disable_options[];
extern const struct cmd_option status_options[];
extern const struct cmd_option events_options[];
extern const struct cmd_option explain_options[];
extern const struct cmd_option log_options[];
extern const struct cmd_option owner_options[];
extern const struct cmd_option level_options[];

#endif

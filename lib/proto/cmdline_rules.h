/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of refused kernel parameters; lib/proto only. */
#ifndef ASSAY_PROTO_CMDLINE_RULES_H
#define ASSAY_PROTO_CMDLINE_RULES_H

#include "proto/settings.h"

/*
 * Why NAME or NAME=VALUE is refused; NULL: it is not.  name has '_' for '-'; value is NULL when
 * there is no '='.
 */
const char *cmdline_rule_why(const char *name, const char *value, const struct settings *settings);

#endif

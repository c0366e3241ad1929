/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: names in it, and printing it. */
#ifndef ASSAY_CLI_JSON_H
#define ASSAY_CLI_JSON_H

#include <jansson.h>

#include "base/err.h"

/* JSON is UTF-8; a name that is not is escaped as cmd_print_name does.  null without memory. */
json_t *cmd_json_name(const char *name);

/* Prints a value, for programs and for people, and drops it.  NULL is want of memory. */
MUST_USE int cmd_json_print(json_t *value, struct err *err);

#endif

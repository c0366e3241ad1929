/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in JSON. */
#ifndef ASSAY_CLI_JSON_H
#define ASSAY_CLI_JSON_H

#include <jansson.h>

/* JSON is UTF-8; a name that is not is escaped as cmd_print_name does.  null without memory. */
json_t *cmd_json_name(const char *name);

#endif

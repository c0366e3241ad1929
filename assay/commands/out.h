/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator's command prints: JSON with stable fields, and names that can't lie. */
#ifndef ASSAY_COMMANDS_OUT_H
#define ASSAY_COMMANDS_OUT_H

#include <jansson.h>
#include <stdint.h>

#include "base/attr.h"

#define OUT_TIME_MAX 32 /* bytes of a time as text */

void cleanup_json(json_t **json);
#define AUTO_JSON CLEANUP(cleanup_json) json_t *

/* A name as a JSON string: bytes that are no UTF-8 and control characters as \xNN. */
json_t *out_name(const char *name);

/* Prints the text of an object's field between two others, as cmd_print_name does; nothing where it
 * is missing or no text. */
void out_field(const char *before, const json_t *object, const char *name, const char *after);

/* A time as "2026-11-21T20:15:03Z"; JSON null and "-" for 0. */
json_t *out_time(uint64_t ms);
void out_time_text(uint64_t ms, char ret_text[static OUT_TIME_MAX]);

/* Prints one JSON value and a newline on stdout, and frees it. */
void out_print(json_t *json);

#endif

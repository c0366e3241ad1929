/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hexadecimal text. */
#ifndef ASSAY_BASE_HEX_H
#define ASSAY_BASE_HEX_H

#include <stddef.h>

#include "base/err.h"

/* 0 to 15, either case; -1: no such digit. */
int hex_digit(char c);

/* Lower-case hex, 2 * len + 1 bytes written; and back, whole string of exactly len bytes. */
void hex_format(const void *data, size_t len, char *ret_text);
MUST_USE int hex_parse(const char *text, void *ret_data, size_t len, struct err *err);

#endif

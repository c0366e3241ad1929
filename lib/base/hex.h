/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hexadecimal digit. */
#ifndef ASSAY_BASE_HEX_H
#define ASSAY_BASE_HEX_H

/* 0 to 15, either case; -1: no such digit. */
int hex_digit(char c);

#endif

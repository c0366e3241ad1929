/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of the boot log: UTF-16 as UEFI has it, and UTF-8 that can be shown. */
#ifndef ASSAY_ATTEST_BOOT_TEXT_H
#define ASSAY_ATTEST_BOOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * UTF-8 of UTF-16LE or of UTF-8 bytes; NULs at the end are left out.  Control characters become
 * \n and \xNN.  False: odd, ill-formed, a NUL within, or longer than size - 1 bytes; ret is "".
 */
bool boot_text_utf16(const uint8_t *data, size_t len, char *ret_text, size_t size);
bool boot_text_utf8(const uint8_t *data, size_t len, char *ret_text, size_t size);

/* UTF-16LE of UTF-8, without a NUL; fails on what is ill-formed. */
MUST_USE int boot_text_put_utf16(struct buf *out, const char *text, struct err *err);

/* Whether UTF-16LE bytes are this ASCII text, and nothing else. */
bool boot_text_is(const uint8_t *utf16, size_t len, const char *ascii);

#endif

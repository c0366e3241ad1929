/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and UUIDs as the kernel's kstrtoul(), kstrtoint() and uuid_parse() read them. */
#ifndef ASSAY_IMA_POLICY_VALUES_H
#define ASSAY_IMA_POLICY_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "ima/policy.h"

/* kstrtoul(): one '+' may lead, with base 16 also 0x; the whole text, in 64 bits. */
bool policy_parse_ulong(const char *text, unsigned int base, uint64_t *ret_value);

/* kstrtoint(): '-' or '+' may lead, decimal, in 32 bits. */
bool policy_parse_int(const char *text, int *ret_value);

/* uuid_parse(): the first 36 characters decide; what follows is not looked at. */
bool policy_parse_uuid(const char *text, uint8_t ret_uuid[static POLICY_UUID_SIZE]);

#endif

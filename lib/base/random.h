/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that nobody can guess. */
#ifndef ASSAY_BASE_RANDOM_H
#define ASSAY_BASE_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* From the kernel's generator, getrandom(2); waits until that is seeded. */
MUST_USE int random_bytes(void *ret_data, size_t len, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests of files that are not to run any more. */
#ifndef ASSAY_ATTEST_LIST_DENIED_H
#define ASSAY_ATTEST_LIST_DENIED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/hash.h"

struct list_denied;
/* Takes a copy. */
MUST_USE int list_denied_new(const struct digest *digests, size_t n,
			     struct list_denied **ret_denied, struct err *err);
void list_denied_free(struct list_denied *denied);
bool list_denied_has(const struct list_denied *denied, const struct digest *digest);

#endif

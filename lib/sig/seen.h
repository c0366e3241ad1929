/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which inodes with several links were met already, and which file systems were complained of. */
#ifndef ASSAY_SIG_SEEN_H
#define ASSAY_SIG_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Entries (24 MiB); beyond them files are done again, which is harmless. */
#define SEEN_MAX (1U << 19)

struct seen;

MUST_USE int seen_new(struct seen **ret_seen, struct err *err);
void seen_free(struct seen *seen);

/* Was the pair there before?  Puts it in.  Thread-safe. */
bool seen_before(struct seen *seen, uint64_t dev, uint64_t ino);

#endif

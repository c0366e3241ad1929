/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of an archive at a time, as a file that can be read anywhere. */
#ifndef ASSAY_PKG_SPOOL_H
#define ASSAY_PKG_SPOOL_H

#include <stdint.h>

#include <archive.h>

#include "base/err.h"

/* Small contents are kept in memory, others in a file without a name. */
struct spool {
	int small; /* -1: not needed yet */
	int large;
};

#define SPOOL_INIT \
	{ \
		.small = -1, .large = -1 \
	}

/* The content of the archive's current entry, of size bytes as its header says; the descriptor is
 * the spool's, and overwritten by the next. */
MUST_USE int spool_entry(struct spool *spool, struct archive *archive, uint64_t size, int *ret_fd,
			 struct err *err);
void spool_done(struct spool *spool);

#endif

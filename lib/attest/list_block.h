/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of a measurement list, some thousand at a time. */
#ifndef ASSAY_ATTEST_LIST_BLOCK_H
#define ASSAY_ATTEST_LIST_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rd.h"
#include "ima/mlist.h"

#define LIST_BLOCK 8192 /* entries */
#define LIST_CHUNK 64	/* of them that a thread takes at a time */

struct list_block {
	struct mlist_frame frame[LIST_BLOCK];
	size_t end[LIST_BLOCK]; /* bytes of the list up to and with the entry */
	size_t n;
	bool last; /* nothing follows, or what follows is damaged: then the reader failed */
};

/* Refills the block from where rd stands; base is where rd began. */
void list_block_fill(struct list_block *block, struct rd *rd, const uint8_t *base);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of a measurement list, some thousand at a time. */
#include "attest/list_block.h"

void list_block_fill(struct list_block *block, struct rd *rd, const uint8_t *base)
{
	bool end = false;

	block->n = 0;
	block->last = false;
	while (block->n < LIST_BLOCK && !block->last) {
		if (mlist_frame_next(rd, &block->frame[block->n], &end, NULL) < 0 || end) {
			block->last = true;
		} else {
			block->end[block->n] = (size_t)(rd->at - base);
			block->n++;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rotation that is under way: from when on it can only be finished; docs/PROTOCOL.lock,
 * section 6. */
#ifndef ASSAY_LOCK_JOURNAL_H
#define ASSAY_LOCK_JOURNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "lock/blob.h"

#define LOCK_JOURNAL_PATH LOCK_DIR "/rotation"
#define LOCK_JOURNAL_MAX (LOCK_BLOB_MAX + 2048) /* bytes */
#define LOCK_KEYSLOTS 32			/* LUKS2_KEYSLOTS_MAX */

struct lock_move {
	char uuid[LOCK_HANG_NAME_MAX];
	uint8_t from; /* keyslots */
	uint8_t to;
};

/* The lock as it will be, and what each volume's token will name. */
struct lock_journal {
	struct lock_move moves[LOCK_HANGS_MAX];
	size_t n;
	struct lock_blob blob;
};

MUST_USE int lock_journal_encode(const struct lock_journal *journal, struct buf *out,
				 struct err *err);
/* Fails on anything that lock_journal_encode would not write byte for byte. */
MUST_USE int lock_journal_decode(const void *data, size_t len, struct lock_journal *ret_journal,
				 struct err *err);

#endif

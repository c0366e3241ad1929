/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of a rotation. */
#include "lock/journal.h"

#include <stdlib.h>
#include <string.h>

#include "lock/wire.h"

#define JOURNAL_MAGIC "assay-lock rotation 1\n"

static int check_move(const struct lock_move *m, struct err *err)
{
	if (!wire_is_word(m->uuid) || strchr(m->uuid, '/') || m->uuid[0] == '.')
		return err_set(err, "rotation: '%s' is no volume", m->uuid);
	if (m->from >= LOCK_KEYSLOTS || m->to >= LOCK_KEYSLOTS || m->from == m->to)
		return err_set(err, "rotation: no such keyslots");
	return 0;
}

int lock_journal_encode(const struct lock_journal *journal, struct buf *out, struct err *err)
{
	if (journal->n > LOCK_HANGS_MAX)
		return err_set(err, "rotation: more than %d volumes", LOCK_HANGS_MAX);
	if (buf_put(out, JOURNAL_MAGIC, sizeof(JOURNAL_MAGIC) - 1, err) < 0 ||
	    buf_put_u8(out, (uint8_t)journal->n, err) < 0)
		return -1;
	for (size_t i = 0; i < journal->n; i++) {
		const struct lock_move *m = &journal->moves[i];

		if (check_move(m, err) < 0 || wire_put_text(out, m->uuid, err) < 0 ||
		    buf_put_u8(out, m->from, err) < 0 || buf_put_u8(out, m->to, err) < 0)
			return -1;
	}
	return lock_blob_encode(&journal->blob, out, err);
}

int lock_journal_decode(const void *data, size_t len, struct lock_journal *ret_journal,
			struct err *err)
{
	AUTO_MEM struct lock_journal *j = calloc(1, sizeof(*j));
	struct rd in = rd_init(data, len);
	const uint8_t *magic = rd_bytes(&in, sizeof(JOURNAL_MAGIC) - 1);

	if (!j)
		return err_set(err, "out of memory");
	if (len > LOCK_JOURNAL_MAX || !magic ||
	    memcmp(magic, JOURNAL_MAGIC, sizeof(JOURNAL_MAGIC) - 1) != 0)
		return err_set(err, "rotation: not one of version 1");
	j->n = rd_u8(&in);
	if (j->n > LOCK_HANGS_MAX)
		return err_set(err, "rotation: more than %d volumes", LOCK_HANGS_MAX);
	for (size_t i = 0; i < j->n; i++) {
		wire_text(&in, j->moves[i].uuid, sizeof(j->moves[i].uuid));
		j->moves[i].from = rd_u8(&in);
		j->moves[i].to = rd_u8(&in);
		if (check_move(&j->moves[i], err) < 0)
			return -1;
	}
	if (!rd_ok(&in))
		return err_set(err, "rotation: cut short");
	if (lock_blob_decode(in.at, in.left, &j->blob, err) < 0)
		return err_prepend(err, "rotation");
	*ret_journal = *j;
	return 0;
}

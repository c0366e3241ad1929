/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The approved boot in the tokens: only for what the prompt says, so that a failure is no more. */
#include "lock/remember.h"

#include <stdio.h>

#include "lock/next.h"
#include "lock/work.h"

static int put(const char *uuid, const struct buf *approved, struct err *err)
{
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	bool there = false;

	if (work_open_volume(uuid, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0 || !there)
		return -1;
	buf_reset(&token.approved);
	if (buf_put(&token.approved, approved->data, approved->len, err) < 0)
		return -1;
	return luks_token_save(luks, &token, err);
}

void work_remember(const struct lock_blob *blob, const struct next *next)
{
	AUTO_BUF approved = BUF_INIT(REMEMBER_MAX);
	struct err err = ERR_INIT;

	if (next_remember(next, &approved, &err) < 0) {
		(void)fprintf(stderr, "assay-lock: that boot is not remembered: %s\n", err.text);
		return;
	}
	for (size_t i = 0; approved.len && i < blob->n_hangs; i++)
		if (blob->hangs[i].kind == LOCK_HANG_LUKS &&
		    work_volume_here(blob->hangs[i].name) &&
		    put(blob->hangs[i].name, &approved, &err) < 0)
			(void)fprintf(stderr,
				      "assay-lock: volume %s: that boot is not remembered: "
				      "%s\n",
				      blob->hangs[i].name, err.text);
}

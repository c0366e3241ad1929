/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This boot beside the approved one. */
#include "initramfs/unlock/unlock.h"
#include "lock/remember.h"

#define EXPLAIN_LINES 2 /* that are shown: the prompt takes three in all */

static const struct token *token_of(const struct unlock *unlock, const struct lock_blob *blob)
{
	for (size_t i = 0; i < unlock->list.n; i++)
		if (unlock->volume[i].blob == blob)
			return &unlock->volume[i].token;
	return NULL;
}

void unlock_explain(struct unlock *unlock, const struct lock_blob *blob)
{
	AUTO_BUF text = BUF_INIT(ERR_TEXT_MAX);
	const struct token *token = token_of(unlock, blob);

	if (token && token->approved.len &&
	    remember_explain(&token->approved, &unlock->boot->record_text, EXPLAIN_LINES, &text,
			     NULL) == 0 &&
	    text.len)
		(void)err_set(&unlock->why, "%s", buf_text(&text));
}

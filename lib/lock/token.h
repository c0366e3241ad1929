/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The token that a lock keeps in the header of a LUKS2 volume: which keyslot, and the lock's file.
 */
#ifndef ASSAY_LOCK_TOKEN_H
#define ASSAY_LOCK_TOKEN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * JSON (LUKS2 On-Disk Format Specification, 3.6 Tokens Object):
 *
 *	{"type":"assay","keyslots":["N"],"version":1,"blob":"BASE64","approved":"BASE64"}
 *
 * keyslots has one, that which the key derived from the lock's secret opens.  approved, which may
 * be missing, is what lock/remember.h writes, for words.  Nothing of it is
 * secret, and whoever writes to the disk chooses every byte.
 */
#define TOKEN_TYPE "assay"
#define TOKEN_VERSION 1
#define TOKEN_BLOB_MAX 8192	/* bytes: LOCK_BLOB_MAX of lock/blob.h, and some */
#define TOKEN_APPROVED_MAX 4096 /* bytes */
#define TOKEN_JSON_MAX 12288  /* bytes: what a header with the usual 16 KiB has for all its JSON */
#define TOKEN_KEYSLOTS_MAX 32 /* LUKS2_KEYSLOTS_MAX */

struct token {
	int keyslot;
	struct buf blob; /* the caller's, emptied first, as is approved */
	struct buf approved;
};

#define TOKEN_INIT \
	{ \
		.keyslot = -1, .blob = BUF_INIT(TOKEN_BLOB_MAX), \
		.approved = BUF_INIT(TOKEN_APPROVED_MAX) \
	}
void token_done(struct token *token);
#define AUTO_TOKEN CLEANUP(token_done) struct token

MUST_USE int token_format(const struct token *token, struct buf *out, struct err *err);
MUST_USE int token_parse(const char *json, size_t len, struct token *ret_token, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing the secret, so that it is all of the old one or all of the new one. */
#include "lock/rotate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lock/credential.h"
#include "lock/journal.h"
#include "lock/seal.h"

#define PATH_BYTES (sizeof(CREDENTIAL_NEXT_DIR) + LOCK_HANG_NAME_MAX + 1)

/* One more keyslot, for the key of the new secret. */
static int add_slot(struct lock_move *m, const uint8_t *from, const uint8_t *to, struct err *err)
{
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_SECRET(old) = { 0 };
	AUTO_SECRET(new) = { 0 };
	struct luks_secret by = { .data = old, .len = sizeof(old) };
	bool there = false;
	int was = -1;
	int slot = -1;

	if (work_open_volume(m->uuid, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0 ||
	    lock_secret_derive(from, "luks", m->uuid, old, err) < 0 ||
	    lock_secret_derive(to, "luks", m->uuid, new, err) < 0)
		return -1;
	if (luks_slot_find(luks, there ? token.keyslot : -1, old, &was, err) < 0 ||
	    luks_slot_add(luks, by, new, &slot, err) < 0)
		return -1;
	m->from = (uint8_t)was;
	m->to = (uint8_t)slot;
	return 0;
}

static int remove_slot(const char *uuid, int slot, struct err *err)
{
	AUTO_LUKS *luks = NULL;

	if (work_open_volume(uuid, &luks, err) < 0)
		return -1;
	return luks_slot_there(luks, slot) ? luks_slot_remove(luks, slot, err) : 0;
}

static int add_credential(const char *name, const uint8_t *from, const uint8_t *to, struct err *err)
{
	char path[PATH_BYTES];
	struct credential_key by = { .name = name };
	AUTO_BUF sealed = BUF_INIT(CREDENTIAL_SEALED_MAX);
	CLEANUP(buf_wipe) struct buf plain = BUF_INIT(CREDENTIAL_MAX);
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", CREDENTIAL_DIR, name);
	if (io_read_file(path, &sealed, err) < 0 ||
	    lock_secret_derive(from, "credential", name, by.key, err) < 0)
		return -1;
	rc = credential_open(&by, sealed.data, sealed.len, &plain, err);
	explicit_bzero(&by, sizeof(by));
	if (rc < 0)
		return err_prepend(err, "%s", path);
	return work_hang_credential(CREDENTIAL_NEXT_DIR, name, &plain, to, err);
}

static int hang_credential(const char *name, const struct rotation *r, struct err *err)
{
	if (add_credential(name, r->from, r->to, err) == 0)
		return 0;
	if (!r->mends)
		return err_prepend(err, "credential %s", name);
	(void)fprintf(stderr, "assay-lock: credential %s: left as it is: %s\n", name, err->text);
	return 0;
}

/* What hangs on the lock gets what it needs under the new secret, and keeps what it has. */
static int prepare(struct lock_journal *j, const struct rotation *r, struct err *err)
{
	for (size_t i = 0; i < j->blob.n_hangs; i++) {
		const struct lock_hang *h = &j->blob.hangs[i];
		struct lock_move *m = &j->moves[j->n];

		if (h->kind == LOCK_HANG_CREDENTIAL) {
			if (hang_credential(h->name, r, err) < 0)
				return -1;
			continue;
		}
		strcpy(m->uuid, h->name);
		if (add_slot(m, r->from, r->to, err) < 0)
			return err_prepend(err, "volume %s", h->name);
		j->n++;
	}
	return 0;
}

static int save_journal(const struct lock_journal *j, struct err *err)
{
	AUTO_BUF out = BUF_INIT(LOCK_JOURNAL_MAX);

	if (lock_journal_encode(j, &out, err) < 0)
		return -1;
	return io_replace_file(LOCK_JOURNAL_PATH, &out, 0600, err);
}

int rotate_to(const struct lock_blob *blob, const struct rotation *r, struct err *err)
{
	AUTO_MEM struct lock_journal *j = calloc(1, sizeof(*j));

	if (!j)
		return err_set(err, "out of memory");
	j->blob = *blob;
	if (prepare(j, r, err) == 0 && save_journal(j, err) == 0)
		return rotate_finish(err);
	for (size_t i = 0; i < j->n; i++)
		if (remove_slot(j->moves[i].uuid, j->moves[i].to, NULL) < 0)
			return err_prepend(err, "keyslot %u stays", j->moves[i].to);
	return -1;
}

int rotate_secret(struct lock_blob *blob, const char *key_file, const char *out, struct err *err)
{
	AUTO_SECRET(from) = { 0 };
	AUTO_SECRET(to) = { 0 };
	struct rotation r = { .from = from, .to = to };

	if (work_recover(blob, key_file, from, err) < 0 || lock_secret_make(to, err) < 0 ||
	    work_new_recovery(blob, to, out, err) < 0 || lock_seal(blob, to, err) < 0)
		return -1;
	return rotate_to(blob, &r, err);
}

static int load_journal(struct lock_journal *j, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_JOURNAL_MAX + 1);

	if (io_read_file(LOCK_JOURNAL_PATH, &data, err) < 0)
		return -1;
	return lock_journal_decode(data.data, data.len, j, err);
}

/* keyslot -1: the one that the token names stays. */
static int save_token(const char *uuid, int keyslot, const struct lock_blob *blob, struct err *err)
{
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	bool there = false;

	if (work_open_volume(uuid, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0)
		return -1;
	if (keyslot >= 0)
		token.keyslot = keyslot;
	buf_reset(&token.blob);
	if (lock_blob_encode(blob, &token.blob, err) < 0)
		return -1;
	return luks_token_save(luks, &token, err);
}

static int take_credential(const char *name, struct err *err)
{
	char from[PATH_BYTES];
	char to[PATH_BYTES];

	(void)snprintf(from, sizeof(from), "%s/%s", CREDENTIAL_NEXT_DIR, name);
	(void)snprintf(to, sizeof(to), "%s/%s", CREDENTIAL_DIR, name);
	return rename(from, to) < 0 && errno != ENOENT ? err_errno(err, "%s", from) : 0;
}

int rotate_finish(struct err *err)
{
	AUTO_MEM struct lock_journal *j = calloc(1, sizeof(*j));

	if (!j)
		return err_set(err, "out of memory");
	if (!io_exists(LOCK_JOURNAL_PATH))
		return 0;
	if (load_journal(j, err) < 0)
		return -1;
	for (size_t i = 0; i < j->n; i++)
		if (save_token(j->moves[i].uuid, j->moves[i].to, &j->blob, err) < 0)
			return err_prepend(err, "volume %s", j->moves[i].uuid);
	if (lock_blob_save(LOCK_BLOB_PATH, &j->blob, err) < 0)
		return -1;
	for (size_t i = 0; i < j->blob.n_hangs; i++)
		if (j->blob.hangs[i].kind == LOCK_HANG_CREDENTIAL &&
		    take_credential(j->blob.hangs[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < j->n; i++)
		if (remove_slot(j->moves[i].uuid, j->moves[i].from, err) < 0)
			return err_prepend(err, "volume %s", j->moves[i].uuid);
	return unlink(LOCK_JOURNAL_PATH) < 0 ? err_errno(err, LOCK_JOURNAL_PATH) : 0;
}

struct giving {
	const struct lock_blob *blob;
	const uint8_t *secret;
};

static int give_token(void *ctx, const char *uuid, struct err *err)
{
	const struct giving *g = ctx;
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_SECRET(key) = { 0 };
	struct luks_secret by = { .data = key, .len = sizeof(key) };
	bool there = false;

	if (work_open_volume(uuid, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0 ||
	    lock_secret_derive(g->secret, "luks", uuid, key, err) < 0)
		return -1;
	if (there && luks_slot_check(luks, token.keyslot, key, NULL) == 0)
		return save_token(uuid, -1, g->blob, err);
	return work_hang_volume(luks, by, g->secret, g->blob, err);
}

int rotate_tokens(const struct lock_blob *blob, const uint8_t secret[static LOCK_SECRET_SIZE],
		  struct err *err)
{
	return work_each_volume(blob, give_token,
				&(struct giving){ .blob = blob, .secret = secret }, err);
}

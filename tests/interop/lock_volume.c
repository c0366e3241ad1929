/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How volumes open that hang on a lock: lock_volume VOLUME... [-- RECOVERY-KEY-FILE...]  prints
 * "self" where the secret of the first token that the TPM unseals opens all of them, and "recovery
 * FILE" for each key that does. */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "lock/luks.h"
#include "lock/recovery.h"
#include "lock/unseal.h"

#define VOLUMES 4

struct volume {
	struct luks *luks;
	struct token token;
	struct lock_blob *blob;
};

struct volumes {
	struct volume at[VOLUMES];
	size_t n;
};

static int open_volume(const char *path, struct volume *v, struct err *err)
{
	bool there = false;

	v->token = (struct token)TOKEN_INIT;
	v->blob = lock_blob_new();
	if (!v->blob || luks_load(path, &v->luks, err) < 0 ||
	    luks_token_load(v->luks, &v->token, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "no token");
	return lock_blob_decode(v->token.blob.data, v->token.blob.len, v->blob, err);
}

/* As assay-unlock: one secret for all. */
static int open_all(const struct volumes *all, const uint8_t *secret, struct err *err)
{
	AUTO_SECRET(key) = { 0 };
	int slot;

	for (size_t i = 0; i < all->n; i++) {
		const struct volume *v = &all->at[i];

		if (lock_secret_derive(secret, "luks", luks_uuid(v->luks), key, err) < 0 ||
		    luks_slot_find(v->luks, v->token.keyslot, key, &slot, err) < 0)
			return -1;
	}
	return 0;
}

static int by_itself(const struct volumes *all, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };
	size_t approval;

	for (size_t i = 0; i < all->n; i++)
		if (lock_unseal(all->at[i].blob, secret, &approval, err) == 0)
			return open_all(all, secret, err);
	return -1;
}

static int read_key(const char *path, struct recovery_key *ret_key, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECOVERY_INPUT_MAX);

	if (io_read_file(path, &text, err) < 0)
		return -1;
	text.data[strcspn((char *)text.data, "\n")] = '\0';
	return recovery_parse(buf_text(&text), ret_key, err);
}

static int by_recovery(const struct volumes *all, const char *path, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };
	struct recovery_key key;
	char id[RECOVERY_ID_TEXT];

	if (read_key(path, &key, err) < 0 || recovery_id(&key, id, err) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		const struct lock_blob *b = all->at[i].blob;
		struct recovery_wrapped wrapped = { b->recovery, b->recovery_len };

		if (strcmp(id, b->recovery_id) == 0 &&
		    recovery_unwrap(&key, b->id, wrapped, secret, err) == 0)
			return open_all(all, secret, err);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct volumes all = { .n = 0 };
	struct err err = ERR_INIT;
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
		if (all.n == VOLUMES || open_volume(argv[at], &all.at[all.n++], &err) < 0) {
			(void)fprintf(stderr, "lock_volume: %s\n", err.text);
			return 2;
		}
	}
	if (by_itself(&all, &err) == 0)
		(void)puts("self");
	else
		(void)fprintf(stderr, "%s\n", err.text);
	for (at++; at < argc; at++)
		if (by_recovery(&all, argv[at], &err) == 0)
			(void)printf("recovery %s\n", argv[at]);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing the secret. */
#include "lock/rotate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lock/credential.h"
#include "lock/seal.h"

static int move_volume(const char *uuid, const struct lock_blob *blob, const uint8_t *from,
		       const uint8_t *to, struct err *err)
{
	AUTO_LUKS *luks = NULL;
	AUTO_SECRET(key) = { 0 };
	struct luks_secret by = { .data = key, .len = sizeof(key) };

	if (work_open_volume(uuid, &luks, err) < 0 ||
	    lock_secret_derive(from, "luks", uuid, key, err) < 0)
		return -1;
	return work_hang_volume(luks, by, to, blob, err);
}

static int move_credential(const char *name, const uint8_t *from, const uint8_t *to,
			   struct err *err)
{
	char path[sizeof(CREDENTIAL_DIR) + LOCK_HANG_NAME_MAX + 1];
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
	return rc < 0 ? err_prepend(err, "%s", path) : work_hang_credential(name, &plain, to, err);
}

int rotate_hangs(const struct lock_blob *blob, const uint8_t from[static LOCK_SECRET_SIZE],
		 const uint8_t to[static LOCK_SECRET_SIZE], struct err *err)
{
	for (size_t i = 0; i < blob->n_hangs; i++) {
		const struct lock_hang *h = &blob->hangs[i];

		if (h->kind == LOCK_HANG_LUKS && move_volume(h->name, blob, from, to, err) < 0)
			return err_prepend(err, "volume %s", h->name);
		if (h->kind == LOCK_HANG_CREDENTIAL && memcmp(from, to, LOCK_SECRET_SIZE) != 0 &&
		    move_credential(h->name, from, to, err) < 0)
			return err_prepend(err, "credential %s", h->name);
	}
	return 0;
}

int rotate_secret(struct lock_blob *blob, const char *key_file, const char *out, struct err *err)
{
	AUTO_SECRET(from) = { 0 };
	AUTO_SECRET(to) = { 0 };

	if (work_recover(blob, key_file, from, err) < 0 || lock_secret_make(to, err) < 0 ||
	    work_new_recovery(blob, to, out, err) < 0 || lock_seal(blob, to, err) < 0 ||
	    rotate_hangs(blob, from, to, err) < 0)
		return -1;
	return lock_blob_save(LOCK_BLOB_PATH, blob, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hangs on the lock: volumes and credentials. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lock/credential.h"
#include "lock/work.h"

#define BY_UUID "/dev/disk/by-uuid/"

static int open_at(const char *dir, const char *uuid, struct luks **ret_luks, bool *ret_there,
		   struct err *err)
{
	AUTO_STR path = NULL;

	if (asprintf(&path, "%s/%s", dir, uuid) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	*ret_there = io_exists(path);
	if (!*ret_there)
		return 0;
	if (luks_load(path, ret_luks, err) < 0)
		return -1;
	if (strcmp(luks_uuid(*ret_luks), uuid) == 0)
		return 0;
	return err_set(err, "%s: is volume %s", path, luks_uuid(*ret_luks));
}

/* Links go with the disk; what lies at a remembered device now may be another. */
bool work_volume_here(const char *uuid)
{
	AUTO_STR noted = NULL;
	AUTO_LUKS *luks = NULL;
	AUTO_STR link = NULL;

	if (asprintf(&link, BY_UUID "%s", uuid) < 0)
		link = NULL;
	if (asprintf(&noted, WORK_VOLUMES "/%s", uuid) < 0)
		noted = NULL;
	if (!link || !noted || access(link, F_OK) == 0)
		return true;
	if (access(noted, F_OK) < 0)
		return errno != ENOENT;
	return luks_load(noted, &luks, NULL) < 0 || strcmp(luks_uuid(luks), uuid) == 0;
}

int work_open_volume(const char *uuid, struct luks **ret_luks, struct err *err)
{
	bool there = false;

	if (!work_volume_here(uuid))
		return err_set(err, "no disk with this volume is here");
	if (open_at(BY_UUID, uuid, ret_luks, &there, err) < 0)
		return -1;
	if (!there && open_at(WORK_VOLUMES, uuid, ret_luks, &there, err) < 0)
		return -1;
	return there ? 0 : err_set(err, "no disk with this volume is here");
}

enum work_state work_volume_state(const struct lock_blob *blob, const char *uuid)
{
	AUTO_BUF now = BUF_INIT(LOCK_BLOB_MAX);
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	bool there = false;

	if (!work_volume_here(uuid))
		return WORK_ABSENT;
	if (work_open_volume(uuid, &luks, NULL) < 0 ||
	    luks_token_load(luks, &token, &there, NULL) < 0 ||
	    lock_blob_encode(blob, &now, NULL) < 0)
		return WORK_UNREADABLE;
	if (!there)
		return WORK_NO_TOKEN;
	return token.blob.len == now.len && memcmp(token.blob.data, now.data, now.len) == 0
		       ? WORK_HERE
		       : WORK_BEHIND;
}

const char *work_state_words(enum work_state state)
{
	switch (state) {
	case WORK_HERE:
		return "as it should be";
	case WORK_BEHIND:
		return "its copy of the lock is an older one: 'assay lock approve' renews it";
	case WORK_ABSENT:
		return "not here: its copy of the lock stays as it is";
	case WORK_NO_TOKEN:
		return "its copy of the lock is gone: 'assay lock reseal'";
	case WORK_UNREADABLE:
		break;
	}
	return "it can't be read: 'assay lock reseal'";
}

const char *work_state_name(enum work_state state)
{
	static const char *const names[] = { "here", "behind", "absent", "no-token", "unreadable" };

	return names[state];
}

int work_note_volume(const char *uuid, const char *device, struct err *err)
{
	AUTO_STR real = realpath(device, NULL);
	AUTO_STR path = NULL;

	if (!real)
		return err_errno(err, "%s", device);
	if (asprintf(&path, "%s/%s", WORK_VOLUMES, uuid) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (io_make_dirs(WORK_VOLUMES, err) < 0)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, "%s", path);
	return symlink(real, path) < 0 ? err_errno(err, "%s", path) : 0;
}

int work_hang_volume(struct luks *luks, struct luks_secret by,
		     const uint8_t secret[static LOCK_SECRET_SIZE], const struct lock_blob *blob,
		     struct err *err)
{
	AUTO_TOKEN old = TOKEN_INIT;
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_SECRET(key) = { 0 };
	bool there = false;

	if (luks_token_load(luks, &old, &there, err) < 0 ||
	    lock_secret_derive(secret, "luks", luks_uuid(luks), key, err) < 0 ||
	    lock_blob_encode(blob, &token.blob, err) < 0 ||
	    luks_slot_add(luks, by, key, &token.keyslot, err) < 0)
		return -1;
	if (luks_token_save(luks, &token, err) < 0)
		return luks_slot_remove(luks, token.keyslot, NULL) < 0
			       ? err_prepend(err, "keyslot %d stays", token.keyslot)
			       : -1;
	return there ? luks_slot_remove(luks, old.keyslot, err) : 0;
}

int work_unhang_volume(struct luks *luks, struct err *err)
{
	AUTO_TOKEN token = TOKEN_INIT;
	bool there = false;

	if (luks_token_load(luks, &token, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (luks_token_remove(luks, err) < 0)
		return -1;
	return luks_slot_remove(luks, token.keyslot, err);
}

int work_hang_credential(const char *dir, const char *name, const struct buf *data,
			 const uint8_t secret[static LOCK_SECRET_SIZE], struct err *err)
{
	struct credential_key by = { .name = name };
	AUTO_BUF sealed = BUF_INIT(CREDENTIAL_SEALED_MAX);
	AUTO_STR path = NULL;
	int rc;

	if (lock_secret_derive(secret, "credential", name, by.key, err) < 0)
		return -1;
	rc = credential_seal(&by, data->data, data->len, &sealed, err);
	explicit_bzero(&by, sizeof(by));
	if (rc < 0)
		return -1;
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (io_make_dirs(dir, err) < 0)
		return -1;
	return io_replace_file(path, &sealed, 0600, err);
}

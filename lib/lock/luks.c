/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LUKS2 by libcryptsetup. */
#include "lock/luks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libcryptsetup.h>

#define ITERATIONS_MIN 1000 /* libcryptsetup's own minimum for PBKDF2 */
#define SAID_MAX 256	    /* bytes */

struct luks {
	struct crypt_device *cd;
	char *device;
	char said[SAID_MAX]; /* libcryptsetup's last error */
};

static void keep_error(int level, const char *text, void *ctx)
{
	struct luks *luks = ctx;

	if (!luks || level != CRYPT_LOG_ERROR)
		return;
	(void)snprintf(luks->said, sizeof(luks->said), "%s", text);
	luks->said[strcspn(luks->said, "\n")] = '\0';
}

static int luks_fail(struct luks *luks, const char *what, int code, struct err *err)
{
	(void)err_set(err, "%s: %s: %s", luks->device, what,
		      *luks->said ? luks->said : strerror(code < 0 ? -code : code));
	luks->said[0] = '\0';
	return -1;
}

void luks_free(struct luks *luks)
{
	if (!luks)
		return;
	crypt_free(luks->cd);
	free(luks->device);
	free(luks);
}

void cleanup_luks(struct luks **luks)
{
	luks_free(*luks);
}

/*
 * The header is whoever's who has the disk.  With his word that nothing is encrypted, the lock's
 * key would open his own content under the volume's name; "null", "cipher_null" and
 * "capi:ecb(cipher_null)" say so, and a segment without a cipher.
 */
static int check_cipher(struct luks *luks, struct err *err)
{
	const char *cipher = crypt_get_cipher(luks->cd);

	if (cipher && !strstr(cipher, "null"))
		return 0;
	return err_set(err, "%s: its header says that nothing is encrypted (cipher %s)",
		       luks->device, cipher ? cipher : "none");
}

static int load_header(struct luks *luks, struct err *err)
{
	int r;

	/* Or it would write to stderr, before there is a handle to tell it. */
	crypt_set_log_callback(NULL, keep_error, NULL);
	r = crypt_init(&luks->cd, luks->device);
	if (r < 0)
		return luks_fail(luks, "open", r, err);
	crypt_set_log_callback(luks->cd, keep_error, luks);
	if (crypt_load(luks->cd, CRYPT_LUKS2, NULL) == 0)
		return check_cipher(luks, err);
	luks->said[0] = '\0';
	if (crypt_load(luks->cd, CRYPT_LUKS1, NULL) == 0)
		return err_set(err, "%s: is LUKS1, which has no tokens; see cryptsetup-convert(8)",
			       luks->device);
	return err_set(err, "%s: is no LUKS2 volume, or both copies of its header are damaged",
		       luks->device);
}

int luks_load(const char *device, struct luks **ret_luks, struct err *err)
{
	AUTO_LUKS *luks = calloc(1, sizeof(*luks));

	if (!luks)
		return err_errno(err, "%s", device);
	luks->device = strdup(device);
	if (!luks->device)
		return err_errno(err, "%s", device);
	if (load_header(luks, err) < 0)
		return -1;
	*ret_luks = take_ptr(&luks);
	return 0;
}

const char *luks_uuid(struct luks *luks)
{
	const char *uuid = crypt_get_uuid(luks->cd);

	return uuid ? uuid : "";
}

/* -1: there is none.  Ours is known by nobody: libcryptsetup calls it an external one. */
static int find_token(struct luks *luks, int from)
{
	int max = crypt_token_max(CRYPT_LUKS2);

	for (int id = from; id < max; id++) {
		const char *type = NULL;

		if (crypt_token_status(luks->cd, id, &type) > CRYPT_TOKEN_INACTIVE && type &&
		    strcmp(type, TOKEN_TYPE) == 0)
			return id;
	}
	return -1;
}

int luks_token_load(struct luks *luks, struct token *ret_token, bool *ret_there, struct err *err)
{
	int id = find_token(luks, 0);
	const char *json = NULL;
	int r;

	*ret_there = id >= 0;
	if (id < 0)
		return 0;
	if (find_token(luks, id + 1) >= 0)
		return err_set(err,
			       "%s: has two tokens of the lock; remove one with 'cryptsetup token'",
			       luks->device);
	r = crypt_token_json_get(luks->cd, id, &json);
	if (r < 0)
		return luks_fail(luks, "token", r, err);
	if (token_parse(json, strlen(json), ret_token, err) < 0)
		return err_prepend(err, "%s", luks->device);
	return 0;
}

static int save_token(struct luks *luks, const struct token *token, struct err *err)
{
	AUTO_BUF json = BUF_INIT(TOKEN_JSON_MAX);
	int id = find_token(luks, 0);
	int r;

	if (token_format(token, &json, err) < 0)
		return err_prepend(err, "%s", luks->device);
	r = crypt_token_json_set(luks->cd, id < 0 ? CRYPT_ANY_TOKEN : id, buf_text(&json));
	if (!*luks->said && (r == -EINVAL || r == -ENOSPC))
		return err_set(err, "%s: its header has no room for %zu bytes more", luks->device,
			       json.len);
	return r < 0 ? luks_fail(luks, "save the token", r, err) : 0;
}

int luks_token_save(struct luks *luks, const struct token *token, struct err *err)
{
	struct token bare = *token;

	if (token->approved.len && save_token(luks, token, err) == 0)
		return 0;
	bare.approved.len = 0;
	return save_token(luks, &bare, err);
}

int luks_token_remove(struct luks *luks, struct err *err)
{
	int id = find_token(luks, 0);
	int r = id < 0 ? 0 : crypt_token_json_set(luks->cd, id, NULL);

	return r < 0 ? luks_fail(luks, "remove the token", r, err) : 0;
}

int luks_slot_add(struct luks *luks, struct luks_secret by, const uint8_t key[static LUKS_KEY_LEN],
		  int *ret_keyslot, struct err *err)
{
	static const struct crypt_pbkdf_type pbkdf = { .type = CRYPT_KDF_PBKDF2,
						       .hash = "sha256",
						       .iterations = ITERATIONS_MIN,
						       .flags = CRYPT_PBKDF_NO_BENCHMARK };
	const char *new_key = (const char *)key;
	int r = crypt_set_pbkdf_type(luks->cd, &pbkdf);

	if (r < 0)
		return luks_fail(luks, "PBKDF2", r, err);
	if (by.is_volume_key)
		r = crypt_keyslot_add_by_volume_key(luks->cd, CRYPT_ANY_SLOT, by.data, by.len,
						    new_key, LUKS_KEY_LEN);
	else
		r = crypt_keyslot_add_by_passphrase(luks->cd, CRYPT_ANY_SLOT, by.data, by.len,
						    new_key, LUKS_KEY_LEN);
	if (r == -EPERM)
		return err_set(err, "%s: %s opens no keyslot", luks->device,
			       by.is_volume_key ? "this volume key" : "this passphrase");
	if (r < 0)
		return luks_fail(luks, "add a keyslot", r, err);
	*ret_keyslot = r;
	return 0;
}

bool luks_slot_there(struct luks *luks, int keyslot)
{
	crypt_keyslot_info status = crypt_keyslot_status(luks->cd, keyslot);

	return status != CRYPT_SLOT_INVALID && status != CRYPT_SLOT_INACTIVE;
}

bool luks_slot_is_last(struct luks *luks, int keyslot)
{
	return crypt_keyslot_status(luks->cd, keyslot) == CRYPT_SLOT_ACTIVE_LAST;
}

int luks_slot_remove(struct luks *luks, int keyslot, struct err *err)
{
	int r;

	switch (crypt_keyslot_status(luks->cd, keyslot)) {
	case CRYPT_SLOT_ACTIVE_LAST:
		return err_set(err, "%s: keyslot %d is the last that opens it", luks->device,
			       keyslot);
	case CRYPT_SLOT_INVALID:
	case CRYPT_SLOT_INACTIVE:
		return err_set(err, "%s: there is no keyslot %d", luks->device, keyslot);
	case CRYPT_SLOT_ACTIVE:
	case CRYPT_SLOT_UNBOUND:
		break;
	}
	r = crypt_keyslot_destroy(luks->cd, keyslot);
	return r < 0 ? luks_fail(luks, "remove a keyslot", r, err) : 0;
}

static int activate(struct luks *luks, const struct luks_open_as *as, const uint8_t *key,
		    struct err *err)
{
	uint32_t flags = (as->discard ? CRYPT_ACTIVATE_ALLOW_DISCARDS : 0U) |
			 (as->readonly ? CRYPT_ACTIVATE_READONLY : 0U);
	int r = crypt_activate_by_passphrase(luks->cd, as->name, as->keyslot, (const char *)key,
					     LUKS_KEY_LEN, flags);

	if (r == -EPERM)
		return err_set(err, "%s: the lock's key does not open keyslot %d", luks->device,
			       as->keyslot);
	if (r == -ENOENT)
		return err_set(err, "%s: there is no keyslot %d", luks->device, as->keyslot);
	return r < 0 ? luks_fail(luks, as->name ? "activate" : "try the key", r, err) : 0;
}

int luks_slot_check(struct luks *luks, int keyslot, const uint8_t key[static LUKS_KEY_LEN],
		    struct err *err)
{
	return activate(luks, &(struct luks_open_as){ .keyslot = keyslot }, key, err);
}

/* Others' keyslots take a second each, and memory that an initramfs may not have. */
static bool is_like_ours(struct luks *luks, int keyslot)
{
	struct crypt_pbkdf_type pbkdf = { .type = NULL };

	return luks_slot_there(luks, keyslot) &&
	       crypt_keyslot_get_pbkdf(luks->cd, keyslot, &pbkdf) == 0 && pbkdf.type &&
	       strcmp(pbkdf.type, CRYPT_KDF_PBKDF2) == 0;
}

int luks_slot_find(struct luks *luks, int keyslot, const uint8_t key[static LUKS_KEY_LEN],
		   int *ret_keyslot, struct err *err)
{
	int max = crypt_keyslot_max(CRYPT_LUKS2);

	if (keyslot >= 0 && luks_slot_check(luks, keyslot, key, NULL) == 0) {
		*ret_keyslot = keyslot;
		return 0;
	}
	for (int slot = 0; slot < max; slot++) {
		luks->said[0] = '\0';
		if (slot == keyslot || !is_like_ours(luks, slot) ||
		    luks_slot_check(luks, slot, key, NULL) < 0)
			continue;
		*ret_keyslot = slot;
		return 0;
	}
	luks->said[0] = '\0';
	return err_set(err, "%s: the lock's key opens no keyslot", luks->device);
}

/* Of the same volume: its device is what the mapping stands on. */
static bool is_open(struct luks *luks, const char *name)
{
	struct crypt_device *open = NULL;
	const char *uuid;
	bool same;

	if (crypt_init_by_name(&open, name) < 0)
		return false;
	uuid = crypt_get_uuid(open);
	same = uuid && strcmp(uuid, luks_uuid(luks)) == 0;
	crypt_free(open);
	return same;
}

int luks_open(struct luks *luks, const struct luks_open_as *as,
	      const uint8_t key[static LUKS_KEY_LEN], struct err *err)
{
	switch (crypt_status(luks->cd, as->name)) {
	case CRYPT_ACTIVE:
	case CRYPT_BUSY:
		if (is_open(luks, as->name))
			return 0;
		return err_set(err, "%s: another volume is open as %s", luks->device, as->name);
	case CRYPT_INVALID:
	case CRYPT_INACTIVE:
		break;
	}
	return activate(luks, as, key, err);
}

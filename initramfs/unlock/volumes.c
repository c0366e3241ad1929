/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's volumes: finding them, and opening them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "initramfs/unlock/unlock.h"

#define POLL_MICROSECONDS 50000
#define POLLS_A_SECOND (1000000 / POLL_MICROSECONDS)
#define DEVICE_MAX (BOOT_LIST_UUID_LEN + 32) /* bytes of a path */

/* udev's link: the device may still be on its way. */
static bool wait_for(const char *device)
{
	for (int i = 0; i < UNLOCK_DEVICE_SECONDS * POLLS_A_SECOND; i++) {
		if (io_exists(device))
			return true;
		(void)usleep(POLL_MICROSECONDS);
	}
	return false;
}

/* A volume whose token is gone is the initramfs', which asks for its passphrase: that opens it
 * anywhere. */
static void read_token(struct unlock *unlock, struct unlock_volume *v)
{
	struct err why = ERR_INIT;
	bool there = false;

	if (luks_token_load(v->luks, &v->token, &there, &why) == 0) {
		v->blob = there ? lock_blob_new() : NULL;
		if (!there)
			(void)err_set(&why, "has no token of the lock");
		else if (!v->blob || lock_blob_decode(v->token.blob.data, v->token.blob.len,
						      v->blob, &why) < 0) {
			lock_blob_free(v->blob);
			v->blob = NULL;
		}
	}
	if (v->blob)
		return;
	say(unlock->boot, "assay: %s: %s", v->as->name, why.text);
	if (!*unlock->why.text)
		(void)err_set(&unlock->why, "%s: %s", v->as->name, why.text);
}

static int find_volume(struct unlock *unlock, struct unlock_volume *v, struct err *err)
{
	char device[DEVICE_MAX];

	v->token = (struct token)TOKEN_INIT;
	(void)snprintf(device, sizeof(device), "/dev/disk/by-uuid/%s", v->as->uuid);
	if (!wait_for(device))
		return err_set(err, "%s: %s did not appear in %d seconds", v->as->name, device,
			       UNLOCK_DEVICE_SECONDS);
	if (luks_load(device, &v->luks, err) < 0)
		return err_prepend(err, "%s", v->as->name);
	if (strcmp(luks_uuid(v->luks), v->as->uuid) != 0)
		return err_set(err, "%s: %s is another volume", v->as->name, device);
	read_token(unlock, v);
	return 0;
}

int unlock_find_volumes(struct unlock *unlock, struct err *err)
{
	for (size_t i = 0; i < unlock->list.n; i++) {
		struct unlock_volume *v = &unlock->volume[i];

		v->as = &unlock->list.volume[i];
		if (find_volume(unlock, v, err) == 0)
			continue;
		if (!v->as->nofail)
			return -1;
		say(unlock->boot, "assay: %s", err->text);
	}
	return 0;
}

static int open_volume(struct unlock *unlock, struct unlock_volume *v, struct err *err)
{
	struct luks_open_as as = { .name = v->as->name,
				   .discard = v->as->discard,
				   .readonly = v->as->readonly };
	AUTO_SECRET(key);

	if (lock_secret_derive(unlock->secret, "luks", v->as->uuid, key, err) < 0 ||
	    luks_slot_find(v->luks, v->token.keyslot, key, &as.keyslot, err) < 0 ||
	    luks_open(v->luks, &as, key, err) < 0)
		return err_prepend(err, "%s", v->as->name);
	return 0;
}

int unlock_open_volumes(struct unlock *unlock, struct err *err)
{
	for (size_t i = 0; i < unlock->list.n; i++) {
		struct unlock_volume *v = &unlock->volume[i];

		if (!v->blob)
			continue;
		if (open_volume(unlock, v, err) == 0)
			continue;
		if (!v->as->nofail)
			return -1;
		say(unlock->boot, "assay: %s", err->text);
	}
	return 0;
}

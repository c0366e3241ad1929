/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes hang on the lock: read in the initramfs, made for it on the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "initramfs/unlock/unlock.h"

#define CRYPTTAB_MAX 65536 /* bytes */

int unlock_read_list(struct unlock *unlock, struct err *err)
{
	AUTO_BUF text = BUF_INIT(BOOT_LIST_MAX);
	char path[BUNDLE_PATH_MAX];

	if (bundle_path(unlock->boot, BOOT_LIST_NAME, path, err) < 0 ||
	    io_read_file(path, &text, err) < 0)
		return -1;
	if (boot_list_parse(buf_text(&text), text.len, &unlock->list, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

static bool device_uuid(const char *source, char ret_uuid[static BOOT_LIST_UUID_LEN + 1])
{
	AUTO_LUKS *luks = NULL;

	if (*source != '/' || luks_load(source, &luks, NULL) < 0 ||
	    strlen(luks_uuid(luks)) != BOOT_LIST_UUID_LEN)
		return false;
	strcpy(ret_uuid, luks_uuid(luks));
	return true;
}

static int list_of(const struct lock_blob *blob, struct boot_list *list, struct err *err)
{
	for (size_t i = 0; i < blob->n_hangs; i++)
		if (blob->hangs[i].kind == LOCK_HANG_LUKS &&
		    boot_list_add(list, blob->hangs[i].name, err) < 0)
			return -1;
	return 0;
}

int unlock_print_list(const char *blob_path, const char *crypttab, struct err *err)
{
	AUTO_BUF table = BUF_INIT(CRYPTTAB_MAX), text = BUF_INIT(BOOT_LIST_MAX);
	AUTO_MEM struct boot_list *list = calloc(1, sizeof(*list));
	AUTO_LOCK_BLOB blob = lock_blob_new();
	bool there = false;

	if (!blob || !list)
		return err_set(err, "out of memory");
	if (lock_blob_load(blob_path, blob, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "%s: there is no lock", blob_path);
	if (list_of(blob, list, err) < 0)
		return err_prepend(err, "%s", blob_path);
	if (io_exists(crypttab) && io_read_file(crypttab, &table, err) < 0)
		return -1;
	if (boot_list_apply_crypttab(list, &table, device_uuid, err) < 0 ||
	    boot_list_format(list, &text, err) < 0)
		return -1;
	return printf("%s", buf_text(&text)) < 0 || fflush(stdout) != 0
		       ? err_errno(err, "standard output")
		       : 0;
}

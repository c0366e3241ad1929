/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials that hang on the lock: decrypted from the root file system into memory. */
#include "lock/credential.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "initramfs/boot/parts.h"
#include "initramfs/shared/inside.h"
#include "lock/word.h"

static int open_from(const char *dir, const struct credential_key *by, struct buf *plain,
		     struct err *err)
{
	AUTO_BUF sealed = BUF_INIT(CREDENTIAL_SEALED_MAX);
	char path[sizeof(CREDENTIAL_NEXT_DIR) + CREDENTIAL_NAME_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, by->name);
	if (inside_read(".", path, &sealed, err) < 0)
		return -1;
	return credential_open(by, sealed.data, sealed.len, plain, err);
}

/* Where power was cut after a rotation had given the volumes their new keys, the credentials of the
 * new secret are still beside the old ones. */
static int open_one(const struct credential_key *by, struct err *err)
{
	CLEANUP(buf_wipe) struct buf plain = BUF_INIT(CREDENTIAL_MAX);
	char path[sizeof(CREDENTIAL_RUN_DIR) + CREDENTIAL_NAME_MAX];

	if (open_from(CREDENTIAL_DIR, by, &plain, err) < 0 &&
	    open_from(CREDENTIAL_NEXT_DIR, by, &plain, NULL) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), CREDENTIAL_RUN_DIR "/%s", by->name);
	return io_replace_file(path + 1, &plain, 0600, err);
}

/* The key's file is overwritten in memory before its name goes. */
static int take_key(int dir, const char *name, struct credential_key *ret_key, struct err *err)
{
	static const uint8_t zero[CREDENTIAL_KEY_LEN];
	AUTO_FD fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || read(fd, ret_key->key, sizeof(ret_key->key)) != sizeof(ret_key->key))
		return err_errno(err, LOCK_KEYS_DIR "/%s", name);
	if (pwrite(fd, zero, sizeof(zero), 0) != sizeof(zero) || unlinkat(dir, name, 0) < 0)
		return err_errno(err, LOCK_KEYS_DIR "/%s: wipe", name);
	ret_key->name = name;
	return 0;
}

static int handle(int dir, const char *name, struct err *err)
{
	struct credential_key key;
	int result = take_key(dir, name, &key, err);

	if (result == 0 && !credential_is_name(name))
		result = err_set(err, LOCK_KEYS_DIR "/%s: is no credential's name", name);
	if (result == 0)
		result = open_one(&key, err);
	explicit_bzero(&key, sizeof(key));
	return result;
}

static void handle_all(struct boot *boot, DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		struct err why = ERR_INIT;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (handle(dirfd(dir), name, &why) == 0) {
			report_line(boot, "credential %s", name);
			continue;
		}
		say(boot, "assay: %s", why.text);
		report_line(boot, "credential-failed %s: %s", name, why.text);
	}
}

/* The root is the working directory, and /init has moved /run there.  A file that is gone stops
 * what needs it, not the boot; but no key may stay. */
int credentials_open(struct boot *boot, struct err *err)
{
	AUTO_DIR dir = opendir(&LOCK_KEYS_DIR[1]);

	if (!dir)
		return errno == ENOENT ? 0 : err_errno(err, LOCK_KEYS_DIR);
	if (mkdir(&CREDENTIAL_RUN_DIR[1], 0700) < 0 && errno != EEXIST)
		return err_errno(err, CREDENTIAL_RUN_DIR);
	handle_all(boot, dir);
	return rmdir(&LOCK_KEYS_DIR[1]) < 0 ? err_errno(err, LOCK_KEYS_DIR) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the initramfs into the root file system, as klibc's run-init goes. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initramfs/boot/parts.h"

static void delete_within(int dir, dev_t dev);

static void delete_entry(int dir, const char *name, dev_t dev)
{
	struct stat st;
	int sub;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != dev)
		return;
	if (!S_ISDIR(st.st_mode)) {
		(void)unlinkat(dir, name, 0);
		return;
	}
	sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub >= 0)
		delete_within(sub, dev);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
}

/* Takes dir.  What can't be deleted only keeps its memory: the root is moved over it anyway. */
static void delete_within(int dir, dev_t dev)
{
	AUTO_DIR d = fdopendir(dir);
	struct dirent *entry;

	if (!d) {
		(void)close(dir);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			delete_entry(dirfd(d), entry->d_name, dev);
}

/* From here on the kernel finds no modprobe, until there is one that the policy judges. */
int root_empty(struct boot *boot, struct err *err)
{
	int dir;
	struct stat st;

	if (chdir(boot->options.root) < 0)
		return err_errno(err, "%s", boot->options.root);
	if (boot->options.persist)
		return 0;
	dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && fstat(dir, &st) == 0)
		delete_within(dir, st.st_dev);
	return 0;
}

int root_enter(struct boot *boot, struct err *err)
{
	const char *root = boot->options.root;

	env_unmount();
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_errno(err, "%s: move to /", root);
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_errno(err, "%s: change root", root);
	return 0;
}

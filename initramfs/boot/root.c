/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the initramfs into the root file system, as klibc's run-init goes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "initramfs/boot/parts.h"

/* Deleting everything is only right in an initramfs with another file system mounted in it. */
int root_check(struct boot *boot, struct err *err)
{
	const char *root = boot->options.root;
	struct stat here, there, init;
	struct statfs fs;

	if (stat("/", &here) < 0)
		return err_errno(err, "/");
	if (stat(root, &there) < 0)
		return err_errno(err, "%s", root);
	if (here.st_dev == there.st_dev)
		return err_set(err, "%s: nothing is mounted there", root);
	if (stat("/init", &init) < 0 || !S_ISREG(init.st_mode))
		return err_set(err, "/init: not there, so this is no initramfs");
	if (statfs("/", &fs) < 0)
		return err_errno(err, "/");
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC)
		return err_set(err, "/: neither ramfs nor tmpfs, so this is no initramfs");
	return 0;
}

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

static void delete_initramfs(void)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir >= 0 && fstat(dir, &st) == 0)
		delete_within(dir, st.st_dev);
}

int root_enter(struct boot *boot, struct err *err)
{
	const char *root = boot->options.root;

	if (chdir(root) < 0)
		return err_errno(err, "%s", root);
	env_unmount();
	if (!boot->options.persist)
		delete_initramfs();
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_errno(err, "%s: move to /", root);
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_errno(err, "%s: change root", root);
	return 0;
}

int root_dry_run(struct boot *boot, struct err *err)
{
	const char *init = boot->options.init[0];
	struct stat st;

	if (root_check(boot, err) < 0)
		return -1;
	if (chdir(boot->options.root) < 0 || chroot(".") < 0)
		return err_errno(err, "%s", boot->options.root);
	if (access(boot->options.console, F_OK) < 0)
		return err_errno(err, "%s", boot->options.console);
	if (stat(init, &st) < 0)
		return err_errno(err, "%s", init);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return err_set(err, "%s: not a program", init);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the way from the initramfs into the root file system, and to init, is open. */
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "initramfs/shared/boot.h"

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

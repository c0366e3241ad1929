/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own file systems, mounted anew in the initramfs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "initramfs/shared/boot.h"

#define SECURITYFS "/sys/kernel/security"

/*
 * Those of /init were moved into a root that someone else may have prepared.  udev leaves a link in
 * the place of /dev.
 */
static int mount_at(const char *type, const char *dir, struct err *err)
{
	struct stat st;

	if (lstat(dir, &st) == 0 && S_ISLNK(st.st_mode) && unlink(dir) < 0)
		return err_errno(err, "%s", dir);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_errno(err, "%s", dir);
	if (mount(type, dir, type, MS_NOSUID | MS_NOEXEC, NULL) < 0)
		return err_errno(err, "mount: %s at %s", type, dir);
	return 0;
}

static int open_dir(const char *path, int *ret_fd, struct err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "%s", path);
	*ret_fd = fd;
	return 0;
}

/* What stop() needs, so first. */
static int open_voice(struct boot *boot, struct err *err)
{
	boot->kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	boot->kmsg_stop = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	boot->console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return open_dir("/proc", &boot->dirs.proc, err);
}

static int open_sys(struct boot *boot, struct err *err)
{
	if (open_dir("/sys", &boot->dirs.sys, err) < 0)
		return -1;
	return open_dir(SECURITYFS, &boot->dirs.security, err);
}

int env_require_ima(struct boot *boot, struct err *err)
{
	if (faccessat(boot->dirs.security, "ima", F_OK, 0) < 0)
		return err_set(err, "this kernel has no IMA");
	return 0;
}

int env_prepare(struct boot *boot, struct err *err)
{
	if (mount_at("devtmpfs", "/dev", err) < 0 || mount_at("proc", "/proc", err) < 0 ||
	    open_voice(boot, err) < 0)
		return -1;
	if (mount_at("sysfs", "/sys", err) < 0 || mount_at("securityfs", SECURITYFS, err) < 0)
		return -1;
	return open_sys(boot, err);
}

int env_prepare_guard(struct boot *boot, struct err *err)
{
	if (open_voice(boot, err) < 0)
		return -1;
	if (mount("securityfs", SECURITYFS, "securityfs", MS_NOSUID | MS_NOEXEC, NULL) == 0)
		boot->dirs.mounted_security = true;
	else if (errno != EBUSY)
		return err_errno(err, "mount: securityfs at %s", SECURITYFS);
	return open_sys(boot, err);
}

void env_unmount_guard(const struct boot *boot)
{
	if (boot->dirs.mounted_security)
		(void)umount2(SECURITYFS, MNT_DETACH);
}

void env_unmount(void)
{
	(void)umount2(SECURITYFS, MNT_DETACH);
	(void)umount2("/sys", MNT_DETACH);
	(void)umount2("/proc", MNT_DETACH);
	(void)umount2("/dev", MNT_DETACH);
}

int env_write(int dir, const char *path, const char *text, struct err *err)
{
	AUTO_FD fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return err_errno(err, "%s: write %s", path, text);
	return 0;
}

int env_read(int dir, const char *path, char *ret_text, size_t max, struct err *err)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, ret_text, max - 1);
	if (n < 0)
		return err_errno(err, "%s", path);
	ret_text[n] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
	return 0;
}

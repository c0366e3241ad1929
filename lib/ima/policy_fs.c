/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system's name, subtype and UUID as the kernel holds them. */
#include "ima/policy_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/io.h"
#include "base/rd.h"
#include "ima/policy_values.h"

#define BY_UUID "/dev/disk/by-uuid"

/* include/uapi/linux/fs.h, 6.9; not in the headers of older systems. */
struct fsuuid2 {
	uint8_t len;
	uint8_t uuid[POLICY_UUID_SIZE];
};
#define GETFSUUID _IOR(0x15, 0, struct fsuuid2)

static void set_name(char *to, const char *from, size_t len)
{
	if (len >= POLICY_FS_NAME_MAX)
		len = POLICY_FS_NAME_MAX - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

/* "36 35 98:0 /a /b rw - fuse.sshfs host:/ rw": the ID, then behind the dash type.subtype. */
bool policy_fs_mountinfo(char *line, uint64_t mount, struct policy_file *file)
{
	char *dash = strstr(line, " - ");
	char *type;
	char *dot;
	size_t len;

	if (!dash || strtoull(line, NULL, 10) != mount)
		return false;
	type = dash + strlen(" - ");
	len = strcspn(type, " \n");
	dot = memchr(type, '.', len);
	if (dot)
		set_name(file->fs_subtype, dot + 1, len - (size_t)(dot + 1 - type));
	set_name(file->fsname, type, dot ? (size_t)(dot - type) : len);
	return true;
}

void policy_fs_names(int fd, struct policy_file *file)
{
	AUTO_FILE mounts = fopen("/proc/self/mountinfo", "re");
	AUTO_STR line = NULL;
	struct statx sx;
	size_t cap = 0;

	if (!mounts || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) < 0 ||
	    !(sx.stx_mask & STATX_MNT_ID))
		return;
	while (getline(&line, &cap, mounts) > 0)
		if (policy_fs_mountinfo(line, sx.stx_mnt_id, file))
			return;
}

/* The block device whose link udev made by the UUID that it read. */
static void uuid_by_device(struct policy_file *file)
{
	AUTO_DIR dir = opendir(BY_UUID);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISBLK(st.st_mode) &&
		    st.st_rdev == file->st.st_dev &&
		    policy_parse_uuid(entry->d_name, file->fsuuid)) {
			file->fsuuid_known = true;
			return;
		}
	}
}

/* fs/ext4/ext4.h, struct ext4_super_block: little endian, 1024 bytes into the device. */
#define EXT4_SUPER 1024
#define EXT4_SUPER_LEN 0x78
#define EXT4_MAGIC_AT 0x38
#define EXT4_UUID_AT 0x68

bool policy_fs_ext4_uuid(const void *super, size_t len, uint8_t ret_uuid[static POLICY_UUID_SIZE])
{
	struct rd r = rd_init(super, len);
	const uint8_t *uuid;
	uint16_t magic;

	(void)rd_bytes(&r, EXT4_MAGIC_AT);
	magic = rd_le16(&r);
	(void)rd_bytes(&r, EXT4_UUID_AT - EXT4_MAGIC_AT - sizeof(magic));
	uuid = rd_bytes(&r, POLICY_UUID_SIZE);
	if (!rd_ok(&r) || magic != EXT4_SUPER_MAGIC)
		return false;
	memcpy(ret_uuid, uuid, POLICY_UUID_SIZE);
	return true;
}

/* The device's node by the kernel's own name for it; -1: there is none, or it can't be read. */
static int open_device(dev_t dev)
{
	AUTO_BUF uevent = BUF_INIT(4096);
	char path[64];
	char *name;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent", major(dev), minor(dev));
	if (io_read_file(path, &uevent, NULL) < 0)
		return -1;
	name = strstr(buf_text(&uevent), "DEVNAME=");
	if (!name)
		return -1;
	name += strlen("DEVNAME=");
	(void)snprintf(path, sizeof(path), "/dev/%.*s", (int)strcspn(name, "\n"), name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* For root on a machine whose udev made no link. */
static void uuid_by_superblock(struct policy_file *file)
{
	AUTO_FD fd = file->fsmagic == EXT4_SUPER_MAGIC ? open_device(file->st.st_dev) : -1;
	uint8_t super[EXT4_SUPER_LEN];
	ssize_t n = fd < 0 ? -1 : pread(fd, super, sizeof(super), EXT4_SUPER);

	if (n > 0)
		file->fsuuid_known = policy_fs_ext4_uuid(super, (size_t)n, file->fsuuid);
}

void policy_fs_uuid(int fd, struct policy_file *file)
{
	struct fsuuid2 answer = { .len = 0 };

	if (ioctl(fd, GETFSUUID, &answer) == 0 && answer.len == POLICY_UUID_SIZE) {
		memcpy(file->fsuuid, answer.uuid, sizeof(file->fsuuid));
		file->fsuuid_known = true;
		return;
	}
	uuid_by_device(file);
	if (!file->fsuuid_known)
		uuid_by_superblock(file);
}

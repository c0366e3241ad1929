/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the list of mounts. */
#include "assay/host/mounts.h"

#include <dirent.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BY_UUID "/dev/disk/by-uuid"

static const struct {
	const char *type;
	enum mount_kind kind;
} kinds[] = {
	{ "ext2", MOUNT_SIGNABLE },  { "ext3", MOUNT_SIGNABLE },     { "ext4", MOUNT_SIGNABLE },
	{ "xfs", MOUNT_SIGNABLE },   { "btrfs", MOUNT_SIGNABLE },    { "f2fs", MOUNT_SIGNABLE },
	{ "jfs", MOUNT_SIGNABLE },   { "zfs", MOUNT_SIGNABLE },	     { "bcachefs", MOUNT_SIGNABLE },
	{ "erofs", MOUNT_SIGNABLE }, { "squashfs", MOUNT_SIGNABLE }, { "overlay", MOUNT_OVERLAY },
	{ "nfs", MOUNT_BARE },	     { "nfs4", MOUNT_BARE },	     { "cifs", MOUNT_BARE },
	{ "smb3", MOUNT_BARE },	     { "9p", MOUNT_FOREIGN },	     { "virtiofs", MOUNT_FOREIGN },
	{ "ceph", MOUNT_FOREIGN },   { "afs", MOUNT_FOREIGN },	     { "vboxsf", MOUNT_FOREIGN },
	{ "vfat", MOUNT_BARE },	     { "msdos", MOUNT_BARE },	     { "exfat", MOUNT_BARE },
	{ "ntfs3", MOUNT_BARE },     { "iso9660", MOUNT_BARE },	     { "udf", MOUNT_BARE },
};

static enum mount_kind kind_of(const char *type)
{
	if (strncmp(type, "fuse", 4) == 0 && strcmp(type, "fusectl") != 0)
		return MOUNT_FOREIGN;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return kinds[i].kind;
	return MOUNT_MEMORY;
}

/* The link in /dev/disk/by-uuid that leads to the device. */
static void find_uuid(dev_t device, char *ret_uuid)
{
	AUTO_DIR links = NULL;
	const struct dirent *e;
	struct stat dev;

	*ret_uuid = '\0';
	links = opendir(BY_UUID);
	while (links && (e = readdir(links)) != NULL) {
		if (*e->d_name == '.' || fstatat(dirfd(links), e->d_name, &dev, 0) < 0 ||
		    dev.st_rdev != device)
			continue;
		(void)snprintf(ret_uuid, MOUNTS_UUID_MAX, "%.*s", MOUNTS_UUID_MAX - 1, e->d_name);
		return;
	}
}

static bool device_seen(const struct host *host, const struct mounts *m, const char *dir,
			dev_t *ret_device)
{
	struct stat st;

	if (!host_stat(host, dir, &st))
		return true; /* mounted over, or not ours to see */
	for (size_t i = 0; i < m->n; i++)
		if (m->mount[i].device == st.st_dev)
			return true;
	*ret_device = st.st_dev;
	return false;
}

static int add(struct mounts *m, const struct mntent *e, dev_t device, struct err *err)
{
	struct mount *mount = reallocarray(m->mount, m->n + 1, sizeof(*mount));

	if (!mount)
		return err_set(err, "out of memory");
	m->mount = mount;
	mount += m->n;
	*mount = (struct mount){ .dir = strdup(e->mnt_dir),
				 .source = strdup(e->mnt_fsname),
				 .device = device,
				 .kind = kind_of(e->mnt_type),
				 .noexec = hasmntopt(e, "noexec") != NULL };
	if (!mount->dir || !mount->source) {
		free(mount->dir);
		free(mount->source);
		return err_set(err, "out of memory");
	}
	(void)snprintf(mount->type, sizeof(mount->type), "%s", e->mnt_type);
	if (mount->kind == MOUNT_SIGNABLE)
		find_uuid(mount->device, mount->uuid);
	m->n++;
	return 0;
}

int mounts_read(const struct host *host, struct mounts *ret_mounts, struct err *err)
{
	struct mounts m = { .n = 0 };
	char path[HOST_PATH_MAX];
	const struct mntent *e;
	FILE *file;
	dev_t device;

	if (host_require_proc(host, err) < 0 || host_path(host, "/proc/self/mounts", path, err) < 0)
		return -1;
	file = setmntent(path, "re");
	while (file && m.n < MOUNTS_MAX && (e = getmntent(file)) != NULL) {
		if (device_seen(host, &m, e->mnt_dir, &device))
			continue;
		if (add(&m, e, device, err) < 0) {
			(void)endmntent(file);
			mounts_done(&m);
			return -1;
		}
	}
	if (file)
		(void)endmntent(file);
	*ret_mounts = m;
	return 0;
}

void mounts_done(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->mount[i].dir);
		free(mounts->mount[i].source);
	}
	free(mounts->mount);
	*mounts = (struct mounts){ .n = 0 };
}

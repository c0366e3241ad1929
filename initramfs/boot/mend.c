/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dpkg had unpacked when the power went, and nobody had signed yet: signed now, from the
 * signatures that its packages brought. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ima/xattr.h"
#include "initramfs/boot/parts.h"
#include "pkg/attach.h"
#include "pkg/store.h"

#define FAILED_SHOWN 50 /* each with its reason; of more only how many */
#define MOUNTS_MAX 2	/* the root file system, and /usr where it is one of its own */

struct mend {
	struct attacher attacher;
	struct package **package;
	size_t n;
	size_t mended;
	size_t failed;
	struct {
		const char *dir;
		dev_t device;
		unsigned long flags; /* to put back; 0: it was not changed */
	} mount[MOUNTS_MAX];
};

static int on_package(void *ctx, struct package **package, struct err *err)
{
	struct mend *mend = ctx;
	struct package **grown = reallocarray(mend->package, mend->n + 1, sizeof(struct package *));

	if (!grown)
		return err_set(err, "out of memory");
	mend->package = grown;
	mend->package[mend->n++] = *package; /* the table's */
	return table_add(mend->attacher.table, package, err);
}

static void find_mounts(struct mend *mend)
{
	static const char *const dirs[MOUNTS_MAX] = { "/", "/usr" };

	for (size_t i = 0; i < MOUNTS_MAX; i++) {
		struct stat st;

		mend->mount[i].dir = dirs[i];
		mend->mount[i].device = stat(dirs[i], &st) == 0 ? st.st_dev : 0;
	}
}

/* statvfs(3) numbers most of them as mount(2) does. */
static unsigned long mount_flags(unsigned long f_flag)
{
	const unsigned long same =
		ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_SYNCHRONOUS | ST_NOATIME | ST_NODIRATIME;

	return MS_REMOUNT | (f_flag & same) | (f_flag & ST_RELATIME ? MS_RELATIME : 0);
}

/* Init finds the root file system as it would have been: read-only, as a rule. */
static int make_writable(struct mend *mend, dev_t device, struct err *err)
{
	for (size_t i = 0; i < MOUNTS_MAX; i++) {
		const char *dir = mend->mount[i].dir;
		struct statvfs fs;

		if (mend->mount[i].device != device || mend->mount[i].flags ||
		    statvfs(dir, &fs) < 0 || !(fs.f_flag & ST_RDONLY))
			continue;
		if (mount(NULL, dir, NULL, mount_flags(fs.f_flag), NULL) < 0)
			return err_errno(err, "%s: remount writable", dir);
		mend->mount[i].flags = mount_flags(fs.f_flag) | MS_RDONLY;
		return 0;
	}
	return 0;
}

static void make_readonly(const struct mend *mend)
{
	for (size_t i = 0; i < MOUNTS_MAX; i++)
		if (mend->mount[i].flags)
			(void)mount(NULL, mend->mount[i].dir, NULL, mend->mount[i].flags, NULL);
}

/* What has a signature is the kernel's to judge. */
static int mend_file(struct mend *mend, const char *path, struct err *err)
{
	struct attachment what;
	AUTO_FD fd = -1;
	struct stat st;
	bool busy;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || fgetxattr(fd, XATTR_IMA, NULL, 0) >= 0)
		return 0;
	if (attach_find(&mend->attacher, fd, path, &what, err) < 0)
		return -1;
	if (!what.entry)
		return 0;
	if (make_writable(mend, st.st_dev, err) < 0 ||
	    attach(&mend->attacher, fd, &what, &busy, err) < 0)
		return -1;
	mend->mended++;
	return 0;
}

/* One that can't be mended does not keep the others from it: the kernel will say which it misses.
 */
static void mend_package(struct boot *boot, struct mend *mend, const struct package *package,
			 enum package_profile profile)
{
	struct manifest *m = package->entries[DEB_FILE][profile];

	for (size_t i = 0; i < manifest_count(m); i++) {
		struct err err = ERR_INIT;

		if (mend_file(mend, manifest_at(m, i)->path, &err) < 0 &&
		    ++mend->failed <= FAILED_SHOWN)
			report_line(boot, "mend-failed %s: %s", manifest_at(m, i)->path, err.text);
	}
}

static void mend_all(struct boot *boot, struct mend *mend, struct err *err)
{
	const struct store_reading reading = {
		.dir = STORE_DIR, .trusted = &boot->certs, .fn = on_package, .ctx = mend
	};

	if (table_new(&mend->attacher.table, err) < 0 || hash_new(&mend->attacher.hash, err) < 0 ||
	    store_each(&reading, err) < 0)
		return;
	find_mounts(mend);
	for (size_t i = 0; i < mend->n; i++) {
		if (mend->attacher.profile != ATTACH_SIGNATURE)
			mend_package(boot, mend, mend->package[i], PACKAGE_VERITY);
		if (mend->attacher.profile != ATTACH_VERITY)
			mend_package(boot, mend, mend->package[i], PACKAGE_SIGNATURE);
	}
	make_readonly(mend);
}

/*
 * The record knows one profile, the root's.  Where others are mixed with it, the policy names file
 * systems, each by whether it has fs-verity (bundle_policy.c), and only there.
 */
static enum attach_profile profile_of(const struct boot *boot)
{
	if (strstr(buf_text(&boot->policy), " fsuuid="))
		return ATTACH_AUTO;
	return boot->record.settings.profile == PROFILE_VERITY ? ATTACH_VERITY : ATTACH_SIGNATURE;
}

int mend_unsigned(struct boot *boot, struct err *err UNUSED)
{
	const struct settings *s = &boot->record.settings;
	struct mend mend = { .attacher = { .profile = profile_of(boot),
					   .evm = s->evm != EVM_OFF } };
	struct err why = ERR_INIT;

	if (store_is_empty(STORE_DIR))
		return 0;
	mend_all(boot, &mend, &why);
	if (*why.text)
		report_line(boot, "mend-failed %s", why.text);
	if (mend.failed > FAILED_SHOWN)
		report_line(boot, "mend-failed %zu more files", mend.failed - FAILED_SHOWN);
	if (mend.mended)
		report_line(boot, "mended %zu files", mend.mended);
	hash_free(mend.attacher.hash);
	table_free(mend.attacher.table);
	free(mend.package);
	return 0;
}

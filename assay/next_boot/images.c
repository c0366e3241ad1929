/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initramfs images before and after. */
#include "assay/next_boot/images.h"

#include <stdlib.h>
#include <string.h>

#include "assay/essential/essential.h"

#define KERNEL_PREFIX "/boot/vmlinuz-"
#define IMAGE_PREFIX "/boot/initrd.img-"
#define ADVICE \
	"is /boot mounted and writable, and what says update_initramfs= in " \
	"/etc/initramfs-tools/update-initramfs.conf?"

static int look_at(const struct host *host, const char *path, void *ctx, struct err *err)
{
	struct images *images = ctx;
	struct image *image = &images->image[images->n];
	AUTO_STR initrd = NULL;

	if (images->n == IMAGES_MAX)
		return err_set(err, "/boot: more than %d kernels", IMAGES_MAX);
	if (asprintf(&initrd, IMAGE_PREFIX "%s", path + strlen(KERNEL_PREFIX)) < 0) {
		initrd = NULL;
		return err_set(err, "out of memory");
	}
	if (!host_stat(host, initrd, &image->st))
		return 0;
	image->path = take_ptr(&initrd);
	images->n++;
	return 0;
}

int images_read(const struct host *host, struct images *images, struct err *err)
{
	return essential_glob(host, KERNEL_PREFIX "*", look_at, images, err);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int images_renewed(const struct host *host, const struct images *before, struct err *err)
{
	AUTO_MEM struct images *now = calloc(1, sizeof(*now));
	int rc;

	if (!now)
		return err_set(err, "out of memory");
	rc = images_read(host, now, err);
	if (rc == 0 && now->n == 0)
		rc = err_set(err, "no installed kernel has an initramfs in /boot; " ADVICE);
	for (size_t i = 0; rc == 0 && i < before->n; i++) {
		const struct image *image = &before->image[i];
		struct stat st;

		if (!host_stat(host, image->path, &st) || is_same(&st, &image->st))
			rc = err_set(err, "%s was not made anew; " ADVICE, image->path);
	}
	images_done(now);
	return rc;
}

void images_done(struct images *images)
{
	for (size_t i = 0; i < images->n; i++)
		free(images->image[i].path);
	images->n = 0;
}

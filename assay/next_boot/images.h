/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs images of the installed kernels, and whether each was made anew. */
#ifndef ASSAY_NEXT_BOOT_IMAGES_H
#define ASSAY_NEXT_BOOT_IMAGES_H

#include <stddef.h>
#include <sys/stat.h>

#include "assay/host/host.h"
#include "base/err.h"

#define IMAGES_MAX 256 /* installed kernels looked at */

struct image {
	char *path; /* below the host's root */
	struct stat st;
};

struct images {
	struct image image[IMAGES_MAX];
	size_t n;
};

/* Every /boot/initrd.img-VERSION whose /boot/vmlinuz-VERSION is there; begins empty. */
MUST_USE int images_read(const struct host *host, struct images *images, struct err *err);

/*
 * Is each image of before another file now, or written since, and at least one there?  Fails with
 * a line that names the first that is not: what made them said that all went well, and did nothing.
 */
MUST_USE int images_renewed(const struct host *host, const struct images *before, struct err *err);

void images_done(struct images *images);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel versions, as far as IMA's behaviour depends on them. */
#ifndef ASSAY_IMA_KERNEL_VERSION_H
#define ASSAY_IMA_KERNEL_VERSION_H

#include <stdbool.h>

#include "base/err.h"

/* "6.1" of 6.1.0-48-amd64: what came in a stable update is of no interest here. */
struct kernel_version {
	unsigned int major; /* 5.. */
	unsigned int minor;
};

/* The oldest whose policy grammar is known here, and the newest that was read and compared. */
#define KERNEL_OLDEST ((struct kernel_version){ 5, 10 })
#define KERNEL_NEWEST ((struct kernel_version){ 7, 3 })

/*
 * Reads "6.12", "6.1.0-48-cloud-amd64" and the like.  Versions older than KERNEL_OLDEST fail;
 * newer ones than KERNEL_NEWEST are taken for what they are.
 */
MUST_USE int kernel_version_parse(const char *text, struct kernel_version *ret_version,
				  struct err *err);

/* The kernel that runs. */
MUST_USE int kernel_version_running(struct kernel_version *ret_version, struct err *err);

/* Is v at least major.minor? */
bool kernel_version_from(struct kernel_version v, unsigned int major, unsigned int minor);

#endif

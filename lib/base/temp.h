/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is written beside another, and takes its place at once. */
#ifndef ASSAY_BASE_TEMP_H
#define ASSAY_BASE_TEMP_H

#include <sys/stat.h>

#include "base/err.h"

/* Opened with 0600; fd is the caller's to write to until it is committed or dropped. */
struct temp {
	char *path; /* what it will be */
	char *name; /* what it is; NULL: nothing is there */
	int fd;
};

#define TEMP_INIT \
	{ \
		.path = NULL, .name = NULL, .fd = -1 \
	}

/* What is no regular file is not replaced. */
MUST_USE int temp_open(struct temp *temp, const char *path, struct err *err);

/* Sets the mode, syncs, renames, syncs the directory: after a power cut it is the old or the new
 * one.  Where a file system keeps no modes, one that lets in nobody more will do. */
MUST_USE int temp_commit(struct temp *temp, mode_t mode, struct err *err);

/* Removes what was not committed, and frees. */
void temp_drop(struct temp *temp);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an executable file needs in order to run: its interpreter and its libraries by name. */
#ifndef ASSAY_SIG_NEEDS_H
#define ASSAY_SIG_NEEDS_H

#include <stdint.h>

#include "base/err.h"

#define NEEDS_DYNAMIC_MAX 65536 /* bytes of a dynamic section looked at */
#define NEEDS_SEGMENTS_MAX 256	/* program headers */
#define NEEDS_NAME_MAX 4096	/* bytes of one name, NUL included */
#define NEEDS_NAMES_MAX 512	/* names of one file */

enum needs_kind {
	NEEDS_INTERPRETER, /* PT_INTERP, or the program of "#!": a path */
	NEEDS_LIBRARY,	   /* DT_NEEDED: a name, or a path if it holds a slash */
	NEEDS_RUNPATH,	   /* DT_RUNPATH or DT_RPATH: directories separated by ':' */
};

/* Called for each, runpaths before libraries; a failure ends the reading. */
typedef int (*needs_fn)(void *ctx, enum needs_kind kind, const char *text, struct err *err);

/*
 * Reads 64-bit little-endian ELF files and scripts; of anything else, and of a damaged file as far
 * as it is damaged, nothing is told.  Fails when the file can't be read, or fn failed.
 */
MUST_USE int needs_read(int fd, const char *name, needs_fn fn, void *ctx, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host signed or took, for whom and when: one JSON object per line, only ever added to.
 */
#ifndef ASSAY_CLI_LOG_H
#define ASSAY_CLI_LOG_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

#define LOG_PATH "/var/lib/assay/log"
#define LOG_ENTRY_MAX 65536 /* bytes of one line */

struct log {
	int fd;
	struct buf line;
};

#define LOG_INIT \
	{ \
		.fd = -1, .line = BUF_INIT(LOG_ENTRY_MAX) \
	}

/* Opens it for adding, and makes it where it is not there; the file system keeps it from being cut
 * short or rewritten (chattr +a) where it can. */
MUST_USE int log_open(struct log *log, const char *path, struct err *err);

/* Adds one entry, with the time, and drops it; the journal gets it too. */
MUST_USE int log_add(struct log *log, json_t *entry, struct err *err);

/* All of it is on the disk, or it is an error. */
MUST_USE int log_close(struct log *log, struct err *err);
void log_done(struct log *log);

/* Tells of every entry, oldest first; a line that is none is passed over and counted. */
typedef int (*log_fn)(void *ctx, const json_t *entry, struct err *err);
MUST_USE int log_each(const char *path, log_fn fn, void *ctx, size_t *ret_damaged, struct err *err);

#endif

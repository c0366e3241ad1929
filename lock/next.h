/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next boot: as this one, but for its record, the files that change, or values given. */
#ifndef ASSAY_LOCK_NEXT_H
#define ASSAY_LOCK_NEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lock/blob.h"
#include "lock/predict.h"

#define NEXT_LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"
#define NEXT_FILE_MAX (1U << 29) /* bytes of a kernel, an initramfs, a unified kernel image */

struct next {
	bool this_boot;		     /* the record in force counts, and not that of the next boot */
	const char *values;	     /* --pcr-values; NULL: none */
	const char *log;	     /* --boot-log; NULL: NEXT_LOG_PATH */
	struct lock_change *changes; /* LOCK_CHANGES_MAX, once there is one */
	struct buf *was;
	struct buf *now;
	char **names;
	size_t n;
};

void next_done(struct next *next);

/* "KIND=WAS:NOW", two files; "KIND=NOW" where the file was replaced in its place. */
MUST_USE int next_add_change(struct next *next, const char *text, struct err *err);

/* A change whose bytes are here: they are moved into it.  was with max 0: it is not known. */
struct next_files {
	struct buf was;
	struct buf now;
};
MUST_USE int next_take_change(struct next *next, enum lock_change_kind kind, const char *name,
			      struct next_files *files, struct err *err);

/* Of this boot, as lock_predict takes it, for as long as it is kept. */
struct next_template;
MUST_USE int next_template_read(const struct next *next, struct next_template **ret_template,
				struct lock_template *ret_view, struct err *err);
void next_template_free(struct next_template **template);

/* What the PCRs of the lock's profile will hold when that boot unseals.  The record's is computed,
 * and what nothing was said of stays as now. */
MUST_USE int next_pcrs(const struct next *next, const struct lock_blob *blob,
		       struct tpm_pcrs *ret_pcrs, struct err *err);

/* Appends that boot in few bytes, for words (lock/remember.h): nothing where it is not known. */
MUST_USE int next_remember(const struct next *next, struct buf *out, struct err *err);

#endif

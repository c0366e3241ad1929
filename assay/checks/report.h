/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check found: facts, advice, and reasons against, each with what mends it. */
#ifndef ASSAY_CHECKS_REPORT_H
#define ASSAY_CHECKS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

#define REPORT_TEXT_MAX 2048 /* bytes of one finding's text */

enum report_level {
	REPORT_FACT,   /* as it should be */
	REPORT_ADVICE, /* works, but could be better */
	REPORT_REASON, /* stands in the way */
};

/* findings is a JSON array, in the order in which they were made. */
struct report {
	json_t *findings;
	size_t reasons;
	size_t advice;
	const char *root;  /* as in struct host */
	char *root_option; /* " --root DIR" for remedies that are commands of Assay, "" on the host
			    */
	char *chroot;	   /* "chroot DIR " for those of others */
};

/* What mends a tree below root must not be done to the host that looks at it.  root must outlive
 * the report. */
MUST_USE int report_init(struct report *report, const char *root, struct err *err);
void report_done(struct report *report);

/* Adds one; remedy may be NULL.  Returns the finding, so that more members can be set. */
json_t *report_add(struct report *report, enum report_level level, const char *id,
		   const char *remedy, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* A remedy put together; NULL: out of memory.  The caller frees it. */
char *report_remedy(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* One line each on stdout, reasons last; facts only when verbose. */
void report_print(const struct report *report, bool verbose);

#endif

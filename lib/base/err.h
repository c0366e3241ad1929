/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One failure, one line: the error object that every fallible function fills. */
#ifndef ASSAY_BASE_ERR_H
#define ASSAY_BASE_ERR_H

#include "base/attr.h"

#define ERR_TEXT_MAX 1024 /* bytes, the terminating NUL included; longer texts are cut */

/*
 * Owned by the caller, on its stack, initialised with ERR_INIT.  Functions that fail return -1 and
 * leave one line without a newline in text: "operation: object: reason".  Control characters in it
 * are escaped (\n, \x1b, ...), so that a file name can't forge a line.
 */
struct err {
	char text[ERR_TEXT_MAX];
};

#define ERR_INIT \
	{ \
		.text = "" \
	}

/* Sets the text.  Always returns -1, so that "return err_set(...)" reads well.  err may be NULL. */
int err_set(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* As err_set, with ": " and the words for the errno that is current when it is called. */
int err_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "prefix: " before the text that is there.  Returns -1. */
int err_prepend(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif

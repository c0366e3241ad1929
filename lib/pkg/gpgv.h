/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are signed with OpenPGP, as gpgv(1) verifies them. */
#ifndef ASSAY_PKG_GPGV_H
#define ASSAY_PKG_GPGV_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define GPGV_PROGRAM "/usr/bin/gpgv"
#define GPGV_KEYRINGS_MAX 16

/*
 * Appends the text that is signed in the file, and nothing around it.  *ret_good: a key of the
 * keyrings (separated by blanks) that is neither expired nor revoked has signed it, and no
 * signature is bad.  Fails where gpgv can't be run.
 */
MUST_USE int gpgv_read(const char *path, const char *keyrings, struct buf *out, bool *ret_good,
		       struct err *err);

#endif

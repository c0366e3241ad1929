/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are signed with OpenPGP, as gpgv(1) verifies them. */
#ifndef ASSAY_PKG_GPGV_H
#define ASSAY_PKG_GPGV_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

#define GPGV_PROGRAM "/usr/bin/gpgv"
#define GPGV_KEYRINGS_MAX 16
#define GPGV_KEY_MAX 41 /* bytes of a key's number, NUL included */

/*
 * Appends the text that is signed in the file, and nothing around it.  *ret_good: a key of the
 * keyrings (separated by blanks) that is neither expired nor revoked has signed it, and no
 * signature is bad.  Fails where gpgv can't be run.
 */
MUST_USE int gpgv_read(const char *path, const char *keyrings, struct buf *out, bool *ret_good,
		       struct err *err);

/* What is said of a signature; anything but GPGV_GOOD is no. */
enum gpgv_verdict {
	GPGV_NONE, /* there is none that it can read, or one that it thinks too weak */
	GPGV_UNKNOWN_KEY,
	GPGV_EXPIRED,
	GPGV_REVOKED,
	GPGV_BAD,
	GPGV_GOOD,
};

struct gpgv_result {
	enum gpgv_verdict verdict;
	char key[GPGV_KEY_MAX]; /* whose number it says; "": none */
	struct digest digest;	/* SHA-256 of the very bytes that gpgv was given */
};

/* The open file by a signature that is a file of its own; keyrings as above. */
MUST_USE int gpgv_verify(int fd, const char *signature, const char *keyrings,
			 struct gpgv_result *ret, struct err *err);

#endif

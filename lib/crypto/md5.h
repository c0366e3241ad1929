/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MD5, for one reason: dpkg records nothing better of the files that it unpacked. */
#ifndef ASSAY_CRYPTO_MD5_H
#define ASSAY_CRYPTO_MD5_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MD5_SIZE 16 /* bytes */

/*
 * Tells a file that was changed from what its package delivered, as far as MD5 can.  It resists no
 * one who made the original file (collisions), but still whoever must match a digest that is there
 * (second preimages).  Nothing that is signed or sent is an MD5.
 */
struct md5;
MUST_USE int md5_new(struct md5 **ret_md5, struct err *err);
MUST_USE int md5_begin(struct md5 *md5, struct err *err);
MUST_USE int md5_update(struct md5 *md5, const void *data, size_t len, struct err *err);
MUST_USE int md5_final(struct md5 *md5, uint8_t ret_digest[static MD5_SIZE], struct err *err);
void md5_free(struct md5 *md5);

/* From the file's current offset to its end. */
MUST_USE int md5_fd(struct md5 *md5, int fd, const char *name, uint8_t ret_digest[static MD5_SIZE],
		    struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fs-verity (Documentation/filesystems/fsverity.rst, Linux 6.1): SHA-256, blocks of 4096 bytes. */
#ifndef ASSAY_IMA_VERITY_H
#define ASSAY_IMA_VERITY_H

#include <sys/types.h>

#include "base/err.h"
#include "crypto/hash.h"

#define VERITY_BLOCK 4096 /* bytes of a Merkle tree block */

enum verity_state {
	VERITY_NONE, /* the file system does not know fs-verity, or its feature is off */
	VERITY_OFF,  /* it could be enabled on this file */
	VERITY_ON,
};

/* Asks the kernel for the file digest; ret_digest is written only with VERITY_ON. */
MUST_USE int verity_measure(int fd, enum verity_state *ret_state, struct digest *ret_digest,
			    struct err *err);

/* Makes the open file an fs-verity file for good: nobody can write to it again.  One that is
 * already is no error.  fd must be read-only, and nobody may have the file open for writing. */
MUST_USE int verity_enable(int fd, struct err *err);

/* The digest that the kernel would measure, computed from the content (fsverity_descriptor without
 * salt).  size is the file's. */
MUST_USE int verity_compute(int fd, off_t size, struct digest *ret_digest, struct err *err);

#endif

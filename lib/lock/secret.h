/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's secret, and what is derived from it: nothing ever uses the secret itself. */
#ifndef ASSAY_LOCK_SECRET_H
#define ASSAY_LOCK_SECRET_H

#include <stdint.h>

#include "base/err.h"

#define LOCK_SECRET_SIZE 32 /* bytes, random */
#define LOCK_KEY_SIZE 32    /* bytes of each derived key */
#define LOCK_LABEL_MAX 160  /* bytes, NUL included */

/* Overwrites it: a cleanup for arrays of LOCK_SECRET_SIZE (and LOCK_KEY_SIZE). */
void lock_secret_wipe(uint8_t (*secret)[LOCK_SECRET_SIZE]);
#define AUTO_SECRET(name) CLEANUP(lock_secret_wipe) uint8_t name[LOCK_SECRET_SIZE]

MUST_USE int lock_secret_make(uint8_t ret_secret[static LOCK_SECRET_SIZE], struct err *err);

/* HKDF-SHA-256 with the info "assay-lock KIND NAME": kind "luks" with the volume's UUID,
 * "credential" with its name, ...; neither may be empty, nor the kind hold a blank. */
MUST_USE int lock_secret_derive(const uint8_t secret[static LOCK_SECRET_SIZE], const char *kind,
				const char *name, uint8_t ret_key[static LOCK_KEY_SIZE],
				struct err *err);

#endif

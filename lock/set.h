/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'assay-lock set' makes, in its order. */
#ifndef ASSAY_LOCK_SET_H
#define ASSAY_LOCK_SET_H

#include "base/buf.h"
#include "base/err.h"
#include "lock/next.h"
#include "lock/work.h"

#define SET_KEY_MAX \
	8192 /* bytes of a key file or a passphrase of LUKS: DEFAULT_PASSPHRASE_SIZE_MAX */

struct set_volume {
	const char *device;
	struct luks *luks;
	struct buf key; /* what opens it now */
	bool hung;
};

struct set_credential {
	char name[LOCK_HANG_NAME_MAX];
	const char *path;
	struct buf data;
	bool hung;
};

struct set {
	struct lock_blob *blob;
	struct set_volume volumes[LOCK_HANGS_MAX];
	size_t n_volumes;
	struct set_credential credentials[LOCK_HANGS_MAX];
	size_t n_credentials;
	bool has_profile;
	const char *luks_key_file;
	const char *authority_uri; /* NULL: the TPM's */
	const char *recovery_out;
	struct next next;
	struct lock_authority *authority;
	uint8_t secret[LOCK_SECRET_SIZE];
	bool has_counter;
};

/* Opens all that is needed: authority, volumes, files. */
MUST_USE int set_open(struct set *s, struct err *err);

/*
 * 1. secret and recovery key, confirmed; 2. the counter; 3. the sealed object; 4. the approval of
 * the next boot; 5. credentials; 6. keyslot and token of each volume; 7. the lock's file.  Cut off
 * anywhere, every volume still opens as it did before.  What fails is undone.
 */
MUST_USE int set_make(struct set *s, struct err *err);
void set_done(struct set *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's one file, also kept in tokens of LUKS2 volumes; docs/PROTOCOL.lock, section 3. */
#ifndef ASSAY_LOCK_BLOB_H
#define ASSAY_LOCK_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lock/approval.h"
#include "tpm/authority.h"
#include "tpm/policy.h"
#include "tpm/seal.h"

#define LOCK_DIR "/var/lib/assay/lock"
#define LOCK_BLOB_PATH LOCK_DIR "/blob"
#define LOCK_BLOB_MAX 7680	/* bytes: in base64 it fits the 12 KiB of a LUKS2 header's JSON */
#define LOCK_APPROVALS_MAX 16	/* fewer with an RSA key: LOCK_BLOB_MAX */
#define LOCK_HANGS_MAX 16	/* what hangs on it */
#define LOCK_HANG_NAME_MAX 64	/* bytes, NUL included: a UUID, or a credential's name */
#define LOCK_RECOVERY_MAX 256	/* bytes of the wrapped secret; lock/recovery.h knows them */
#define LOCK_RECOVERY_ID_MAX 32 /* bytes, NUL included; printable */
#define LOCK_SOURCE_MAX 256	/* bytes, NUL included, of where the authority's key is */

enum lock_mode { LOCK_OFFLINE, LOCK_ATTENDED, LOCK_AUTOMATIC };
enum lock_profile { LOCK_UKI, LOCK_EFISTUB, LOCK_GRUB, LOCK_MINIMAL };
enum lock_hang_kind { LOCK_HANG_LUKS, LOCK_HANG_CREDENTIAL };

struct lock_hang {
	enum lock_hang_kind kind;
	char name[LOCK_HANG_NAME_MAX];
};

/*
 * Nothing in it is secret, and nothing is believed of it but what the TPM checks: whoever can write
 * the file chooses every field.  Large: on the heap, by lock_blob_new.
 */
struct lock_blob {
	uint8_t id[LOCK_ID_SIZE];
	enum lock_mode mode;
	enum lock_profile profile;
	bool require_enforcement;
	bool require_secure_boot;
	uint8_t record_pcr; /* 8 to 15 */
	struct tpm_sealed sealed;
	struct tpm_authority authority;
	char source[LOCK_SOURCE_MAX]; /* "tpm", or the URI that was last given; "": not known */
	struct tpm_counter counter;
	uint32_t next_id; /* of the next approval; ids only grow */
	struct lock_approval approvals[LOCK_APPROVALS_MAX];
	size_t n_approvals;
	char recovery_id[LOCK_RECOVERY_ID_MAX];
	uint8_t recovery[LOCK_RECOVERY_MAX];
	size_t recovery_len; /* 0: there is no recovery key */
	struct lock_hang hangs[LOCK_HANGS_MAX];
	size_t n_hangs;
};

/* All zero.  NULL: out of memory. */
struct lock_blob *lock_blob_new(void);
void lock_blob_free(struct lock_blob *blob);
void cleanup_lock_blob(struct lock_blob **blob);
#define AUTO_LOCK_BLOB CLEANUP(cleanup_lock_blob) struct lock_blob *

/* Fails when it would be longer than LOCK_BLOB_MAX, or on what decode would refuse. */
MUST_USE int lock_blob_encode(const struct lock_blob *blob, struct buf *out, struct err *err);
/* Fails on anything that lock_blob_encode would not write byte for byte. */
MUST_USE int lock_blob_decode(const void *data, size_t len, struct lock_blob *ret_blob,
			      struct err *err);

/* *ret_there false: there is no lock, and no error. */
MUST_USE int lock_blob_load(const char *path, struct lock_blob *ret_blob, bool *ret_there,
			    struct err *err);
/* As io_replace_file: the old one or the new one, whatever happens; 0600. */
MUST_USE int lock_blob_save(const char *path, const struct lock_blob *blob, struct err *err);

const char *lock_mode_name(enum lock_mode mode);
const char *lock_profile_name(enum lock_profile profile);
MUST_USE int lock_profile_parse(const char *name, enum lock_profile *ret_profile, struct err *err);
const char *lock_hang_name(enum lock_hang_kind kind); /* "luks", "credential" */

/* The PCRs of the profile, that of the record among them. */
uint32_t lock_profile_pcrs(enum lock_profile profile, unsigned int record_pcr);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: which file carries which signatures, so that lost ones can be put back. */
#ifndef ASSAY_SIG_MANIFEST_H
#define ASSAY_SIG_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "ima/xattr.h"

#define MANIFEST_PATH "/var/lib/assay/manifest"
#define MANIFEST_MAX (1u << 30)		 /* bytes of a file */
#define MANIFEST_ENTRIES_MAX 4000000	 /* files in it */
#define MANIFEST_PATH_MAX (PATH_MAX - 1) /* bytes of one path, before it is escaped */

/* What the digest is of, and thereby what security.ima signs. */
enum manifest_over {
	MANIFEST_FILE,	 /* the content: v2 signature */
	MANIFEST_VERITY, /* its fs-verity digest: v3 signature */
};

/*
 * One file.  Everything in it is the word of whoever wrote the manifest: signatures must be
 * verified, digests compared, before anything of it is believed or attached.
 */
struct manifest_entry {
	const char *path; /* absolute, below the root that the manifest is of */
	enum manifest_over over;
	struct digest digest;
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permission bits, 07777 at most */
	const uint8_t *ima;
	size_t ima_len; /* at least 1 */
	const uint8_t *evm;
	size_t evm_len; /* 0: it had no portable signature */
};

struct manifest;

MUST_USE int manifest_new(struct manifest **ret_manifest, struct err *err);
void manifest_free(struct manifest *manifest);

/* Copies the entry in, in place of one with its path. */
MUST_USE int manifest_put(struct manifest *manifest, const struct manifest_entry *entry,
			  struct err *err);

/* The entries in the order of their paths' bytes; valid until the next put. */
size_t manifest_count(struct manifest *manifest);
const struct manifest_entry *manifest_at(struct manifest *manifest, size_t index);
const struct manifest_entry *manifest_find(struct manifest *manifest, const char *path);

/* Drops the entries for which keep says no. */
typedef bool (*manifest_keep_fn)(void *ctx, const struct manifest_entry *entry);
void manifest_prune(struct manifest *manifest, manifest_keep_fn keep, void *ctx);

/* docs/PROTOCOL.manifest.  A cut, reordered, or otherwise not canonical text is refused; entries of
 * what is parsed are put. */
MUST_USE int manifest_parse(struct manifest *manifest, const void *data, size_t len,
			    struct err *err);
MUST_USE int manifest_format(struct manifest *manifest, struct buf *out, struct err *err);

/* A file that is not there is an empty manifest, and *ret_present false. */
MUST_USE int manifest_load(struct manifest *manifest, const char *path, bool *ret_present,
			   struct err *err);
/*
 * Holds the lock of the manifest at path, "path.lock" beside it, until the descriptor is closed;
 * fails at once where somebody else does.  Who changes a manifest takes it before the first thing
 * that the manifest is to tell of.
 */
MUST_USE int manifest_lock(const char *path, int *ret_fd, struct err *err);

/* Copies all entries of another in, in place of those with their paths. */
MUST_USE int manifest_merge(struct manifest *manifest, const struct manifest *from,
			    struct err *err);

/* Replaces the file at once, 0644. */
MUST_USE int manifest_save(struct manifest *manifest, const char *path, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving one file the signatures that its package brought. */
#ifndef ASSAY_PKG_ATTACH_H
#define ASSAY_PKG_ATTACH_H

#include "pkg/table.h"
#include "sig/classify.h"

/* As configured: one profile on all file systems, or verity where they have it. */
enum attach_profile { ATTACH_AUTO, ATTACH_SIGNATURE, ATTACH_VERITY };

struct attacher {
	struct table *table;
	struct hash_ctx *hash;
	enum attach_profile profile;
	bool evm;
	const struct package_signing *how; /* NULL: there is no key on this host */
};

/* What a file is to get. */
struct attachment {
	enum sig_kind kind;
	const struct manifest_entry
		*entry;	       /* NULL: no package of the table brings its signatures */
	bool verity;	       /* fs-verity is to be enabled first */
	bool vouched;	       /* with entry NULL: the host's key signs what has this digest */
	bool over_verity;      /* and does so over its fs-verity digest */
	struct digest content; /* with vouched */
};

/* Does a package of the table bring such a file, signed or vouched for? */
bool attachment_is_due(const struct attachment *what);

/*
 * Looks the open file up.  Only what the kernel would appraise is read; path is for rules of place,
 * NULL: the one in /proc.
 */
MUST_USE int attach_find(struct attacher *a, int fd, const char *path, struct attachment *ret,
			 struct err *err);

/*
 * Enables fs-verity where it is due and writes the attributes.  *ret_busy: somebody has the file
 * open for writing, so that it must wait.  What has no name any more is left alone.
 */
MUST_USE int attach(const struct attacher *a, int fd, const struct attachment *what, bool *ret_busy,
		    struct err *err);

/*
 * Maintainer scripts change owner, mode and capabilities of their package's files: where the
 * portable signature is then wrong, a new one is written, or, without a key, it fails.
 */
MUST_USE int attach_again(const struct attacher *a, int fd, const struct attachment *what,
			  struct err *err);

#endif

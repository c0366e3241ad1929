/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures that the host's own key makes while files are attached theirs; inside of lib/pkg. */
#ifndef ASSAY_PKG_ATTACH_SIGN_H
#define ASSAY_PKG_ATTACH_SIGN_H

#include "pkg/attach.h"

/*
 * security.ima for what is vouched for: over its content's digest, or over the fs-verity digest,
 * once fs-verity is enabled and the content is seen to be what it was.  Appends it.
 */
MUST_USE int attach_sign_ima(const struct attacher *a, int fd, const struct attachment *what,
			     struct buf *out, struct err *err);

/* A portable security.evm over what the file is now, with the entry's security.ima: written. */
MUST_USE int attach_sign_evm(const struct attacher *a, int fd, const struct stat *st,
			     const struct manifest_entry *e, struct err *err);

#endif

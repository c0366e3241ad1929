/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading from a root file system that nobody has judged yet. */
#ifndef ASSAY_INITRAMFS_INSIDE_H
#define ASSAY_INITRAMFS_INSIDE_H

#include "base/buf.h"
#include "base/err.h"

/* Reads a regular file, path as seen from that root.  No link of it is followed, anywhere. */
MUST_USE int inside_read(const char *root, const char *path, struct buf *out, struct err *err);

#endif

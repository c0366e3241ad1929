/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as wholes: removed, swapped, made to last. */
#ifndef ASSAY_NEXT_BOOT_FILES_H
#define ASSAY_NEXT_BOOT_FILES_H

#include "base/err.h"

/* Removes a directory with all that is in it; one that is not there is no error. */
MUST_USE int files_remove_tree(const char *path, struct err *err);

/* Two directories change places, at once and for good; when it failed, they have not. */
MUST_USE int files_exchange(const char *a, const char *b, struct err *err);

/* rename(2), and the parent's entry on the disk; when it failed, nothing was renamed. */
MUST_USE int files_move(const char *from, const char *to, struct err *err);

#endif

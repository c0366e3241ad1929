/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the lock of assay-lock(8) opens in the boot that was just changed. */
#ifndef ASSAY_NEXT_BOOT_LOCK_H
#define ASSAY_NEXT_BOOT_LOCK_H

#include "assay/checks/report.h"
#include "assay/next_boot/bundle.h"

/*
 * After change_apply: advice where the host has a lock that will not open then, or where nothing
 * says that it will.  A lock is sealed to enforcement, so that without it there is no doubt; with
 * it the word of initramfs/update/assay-lock counts, which update-initramfs runs.
 */
void lock_advise(const struct change *change, struct report *report);

/* What the hook's lines in the log say, as lock_advise does it. */
void lock_hear(const char *log_path, struct report *report);

#endif

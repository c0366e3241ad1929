/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot of a kernel that is installed, by what the boot loader is configured to do with it. */
#ifndef ASSAY_LOCK_INSTALLED_H
#define ASSAY_LOCK_INSTALLED_H

#include "base/err.h"
#include "lock/next.h"

/*
 * Adds the changes that lead from this boot to that one: with profile grub by grub.cfg, of which
 * the one that was booted must have been kept (installed_keep); with efistub by an entry of the
 * boot loader specification (type 1) in loader/entries, as systemd-boot boots it; with uki by a
 * unified kernel image in EFI/Linux.  version NULL: whatever is booted by default.  What can't be
 * told is refused in words, and what was guessed wrongly is refused by lock_predict.
 */
MUST_USE int installed_changes(struct next *next, const struct lock_blob *blob, const char *version,
			       struct err *err);

/* GRUB's menu changes in its place: a copy stays of each that may be booted. */
void installed_keep(const struct lock_blob *blob);

/* One for each kind of boot loader; view is of this boot. */
MUST_USE int installed_grub(struct next *next, const struct lock_template *view,
			    const char *version, struct err *err);
MUST_USE int installed_entry(struct next *next, const struct lock_template *view,
			     const char *version, struct err *err);
MUST_USE int installed_uki(struct next *next, const struct lock_template *view, const char *version,
			   struct err *err);

/* Has an event of the PCR this digest? */
bool installed_was_measured(const struct lock_template *view, uint32_t pcr,
			    const struct digest *digest);

/* Where EFI system partitions and boot partitions are mounted (bootctl(1)); NULL ends it. */
extern const char *const installed_esps[];

/* One kernel in place of another: nothing where they are the same bytes; of the same path, it may
 * have been replaced in its place. */
MUST_USE int installed_add_image(struct next *next, const char *was, const char *now,
				 struct err *err);

#endif

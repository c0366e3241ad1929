/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot in few bytes, to be kept beside an approval: what a later boot is explained beside. */
#ifndef ASSAY_LOCK_BOOT_H
#define ASSAY_LOCK_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/boot_facts.h"
#include "base/buf.h"
#include "base/err.h"
#include "lock/events.h"

#define LOCK_BOOT_MAX 4096 /* bytes encoded */
#define LOCK_BOOT_CMDLINE_MAX \
	2048 /* bytes, NUL included; of a longer one only its mark is kept \
	      */
#define LOCK_BOOT_MARKS_MAX 128
#define LOCK_MARK_SIZE 8 /* bytes of a digest: for words, not for trust */

/* What an event is about, by what its digest proves and, failing that, by what it says. */
enum lock_subject {
	LOCK_ABOUT_SECURE_BOOT,
	LOCK_ABOUT_CMDLINE,
	LOCK_ABOUT_KERNEL,
	LOCK_ABOUT_INITRD,
	LOCK_ABOUT_PK,
	LOCK_ABOUT_KEK,
	LOCK_ABOUT_DB,
	LOCK_ABOUT_DBX,
	LOCK_ABOUT_AUTHORITY, /* what of db verified an image */
	LOCK_ABOUT_LOADER,    /* an image that is not the kernel */
	LOCK_ABOUT_SECTION,   /* of a unified kernel image, not kernel, initrd or command line */
	LOCK_ABOUT_GRUB,      /* commands */
	LOCK_ABOUT_GRUB_FILE,
	LOCK_ABOUT_MOK,	       /* PCR 14 */
	LOCK_ABOUT_CREDENTIAL, /* PCR 12, what is no command line; PCR 13 */
	LOCK_ABOUT_FIRMWARE,   /* PCRs 0 and 2 */
	LOCK_ABOUT_SETTINGS,   /* PCRs 1 and 3 */
	LOCK_ABOUT_OTHER,
	LOCK_ABOUT_N
};

struct lock_mark {
	enum lock_subject subject;
	uint8_t digest[LOCK_MARK_SIZE];
};

/* All zero: a boot without a log. */
struct lock_boot {
	bool has_log;
	enum boot_way way;
	enum boot_tri secure_boot;
	bool cmdline_known;
	char cmdline[LOCK_BOOT_CMDLINE_MAX];
	struct lock_mark marks[LOCK_BOOT_MARKS_MAX]; /* GRUB's commands together are one */
	size_t n_marks;
};

/* Of this boot; the claim's command line counts as in boot_facts_claimed. */
MUST_USE int lock_boot_read(const struct boot_claim *claim, struct lock_boot *ret_boot,
			    struct err *err);
/* Of a log (the claim) whose events were changed. */
MUST_USE int lock_boot_of_events(const struct boot_claim *claim, const struct lock_events *events,
				 struct lock_boot *ret_boot, struct err *err);

/*
 * "ASSAYBT1"; has_log, way, secure_boot, one byte each; the command line behind its length (be16,
 * 0xffff: not known); the number of marks (be16); each: subject (one byte), LOCK_MARK_SIZE bytes.
 * decode takes nothing that encode would not write.
 */
MUST_USE int lock_boot_encode(const struct lock_boot *boot, struct buf *out, struct err *err);
MUST_USE int lock_boot_decode(const void *data, size_t len, struct lock_boot *ret_boot,
			      struct err *err);

#endif

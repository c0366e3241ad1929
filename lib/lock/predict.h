/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCRs will hold after a boot with other files: the current boot's log, with them changed. */
#ifndef ASSAY_LOCK_PREDICT_H
#define ASSAY_LOCK_PREDICT_H

#include <stddef.h>
#include <stdint.h>

#include "attest/quote.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "lock/boot.h"

#define LOCK_CHANGES_MAX 32

enum lock_change_kind {
	LOCK_CHANGE_IMAGE,    /* an EFI image: kernel, boot loader, shim: PCR 4, and 9 with GRUB */
	LOCK_CHANGE_INITRD,   /* PCR 9; files that the EFI stub puts together are one, one behind
				 the other */
	LOCK_CHANGE_CMDLINE,  /* UTF-8, as /proc/cmdline without its newline: PCR 9 and 12 */
	LOCK_CHANGE_UKI,      /* a unified kernel image: PCR 4, 9, 11 */
	LOCK_CHANGE_GRUB_CFG, /* the grub.cfg that has the menu: PCR 8 and 9 */
	LOCK_CHANGE_GRUB_FILE /* any other file that GRUB reads (grubenv, a font): PCR 9 */
};

/*
 * What was booted with, and what will be; the log must have the digests of what was.  Where an
 * image, an initrd or a file of GRUB's was replaced in its place, and nobody has what was, was is
 * NULL: the event is then found by the file's name in the log (and the initrd's by its tag).
 */
struct lock_change {
	enum lock_change_kind kind;
	const char *name; /* a path: for the words, and to be found by */
	const void *was;
	size_t was_len;
	const void *now;
	size_t now_len;
};

struct lock_template {
	const void *log; /* binary_bios_measurements of this boot */
	size_t len;
	enum hash_algo bank;
	uint32_t mask;		    /* the PCRs that are wanted, of 0-15 */
	const char *cmdline;	    /* /proc/cmdline without its newline, for lock_predict_boot */
	const struct pcr_set *held; /* what the TPM holds now, of the same bank; NULL: not asked */
};

/*
 * ret_pcrs->mask is the template's.  A PCR of the mask that the boot log does not lead to (held),
 * and a change of which a PCR of the mask has no event, or one that is not understood, are refused
 * in words: nothing is guessed.  An image that others signed than the one before is refused where
 * PCR 7 is of the mask and Secure Boot is on.
 */
MUST_USE int lock_predict(const struct lock_template *template, const struct lock_change *changes,
			  size_t n, struct pcr_set *ret_pcrs, struct err *err);

/*
 * The entry that was booted, of the old menu, and the one in its place, of the new one: blocks
 * within the change's texts.  A menu that was not booted is refused.
 */
struct grub_text;
MUST_USE int lock_predict_grub_entries(const struct lock_template *template,
				       const struct lock_change *change, struct grub_text *ret_was,
				       struct grub_text *ret_now, struct err *err);

/* The same, as what a later boot will be explained beside. */
MUST_USE int lock_predict_boot(const struct lock_template *template,
			       const struct lock_change *changes, size_t n,
			       struct lock_boot *ret_boot, struct err *err);

#endif

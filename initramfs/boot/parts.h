/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of assay-boot; steps.c has their order. */
#ifndef ASSAY_INITRAMFS_BOOT_PARTS_H
#define ASSAY_INITRAMFS_BOOT_PARTS_H

#include "initramfs/record/record.h"
#include "initramfs/shared/boot.h"

/* kernel.c: would a kernel of this configuration do what the record asks for? */
MUST_USE int kernel_check(struct boot *boot, const char *config, struct err *err);

/* integrity.c */
MUST_USE int keyrings_fill(struct boot *boot, struct err *err);
MUST_USE int keyrings_detach(struct boot *boot, struct err *err);
MUST_USE int evm_start(struct boot *boot, struct err *err);

/* credentials.c, between root_empty and root_enter: those for which assay-unlock left a key; the
 * keys are gone afterwards. */
MUST_USE int credentials_open(struct boot *boot, struct err *err);

/* root.c: root_empty deletes the initramfs' files and makes the root file system the working
 * directory, root_enter makes it the root. */
MUST_USE int root_empty(struct boot *boot, struct err *err);
MUST_USE int root_enter(struct boot *boot, struct err *err);

/* mend.c: never fails; what it could not mend is in the report. */
MUST_USE int mend_unsigned(struct boot *boot, struct err *err);

/* policy.c, proof.c */
MUST_USE int policy_load(struct boot *boot, struct err *err);
MUST_USE int proof_control(struct boot *boot, struct err *err);
MUST_USE int proof_denial(struct boot *boot, struct err *err);
MUST_USE int proof_init(struct boot *boot, struct err *err);

/*
 * ahead.c: the files named in the bundle's "ahead", one path in the root file system a line, are
 * appraised by all processors, once init is known to run.  What has to be hashed for that is read
 * into memory from ahead_start to ahead_pause, while other steps go on; nothing is read under the
 * policy, or when the root is changed.  It saves time and decides nothing: none fails.
 */
MUST_USE int ahead_start(struct boot *boot, struct err *err);
MUST_USE int ahead_pause(struct boot *boot, struct err *err);
MUST_USE int ahead_appraise(struct boot *boot, struct err *err);

/* exec.c, caps.c: init_execute returns only when it failed. */
MUST_USE int init_execute(struct boot *boot, struct err *err);
MUST_USE int caps_drop(struct boot *boot, struct err *err);

/* steps.c: all of them in order; ends in init, or stopped. */
_Noreturn void steps_run(struct boot *boot);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record and the TPM, for the programs of the initramfs that are linked with libraries. */
#ifndef ASSAY_INITRAMFS_RECORD_H
#define ASSAY_INITRAMFS_RECORD_H

#include "initramfs/shared/boot.h"

/* bundle.c: each checks that it is what the record, or its signature, names. */
MUST_USE int bundle_load_certs(struct boot *boot, struct err *err);
MUST_USE int bundle_verify(struct boot *boot, struct err *err);
MUST_USE int bundle_load_policy(struct boot *boot, struct err *err);

/*
 * measure.c: extends the record into its PCR, unless assay-unlock did so earlier in this boot: then
 * the PCR has exactly the value with which a lock is unsealed.  Anything else fails where there is
 * a lock, that is, a file "lock" in the bundle (lock/boot_list.h).
 */
MUST_USE int measure_record(struct boot *boot, struct err *err);

/* Ends what can be unsealed in this boot: docs/PROTOCOL.record, section 4. */
MUST_USE int measure_cap(struct boot *boot, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host: what it enforces, whether it meets a lock's requirements, what its next boot measures.
 */
#ifndef ASSAY_LOCK_HOST_H
#define ASSAY_LOCK_HOST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "lock/blob.h"
#include "proto/record.h"

/* The record of the next boot, from the boot bundle; it must enforce. */
MUST_USE int host_next_record(struct record *ret_record, struct buf *text, struct err *err);

/* Fails with the sentence where this boot does not enforce. */
MUST_USE int host_enforces(struct err *err);

/* The UEFI variable SecureBoot; a host without UEFI has it off. */
MUST_USE int host_secure_boot(bool *ret_on, struct err *err);

/* Whatever the blob requires holds now, and at the next boot as far as its record says. */
MUST_USE int host_meets(const struct lock_blob *blob, struct err *err);

/* The profile that this boot calls for, by what firmware and boot loader left of it. */
MUST_USE int host_profile(enum lock_profile *ret_profile, struct err *err);

/* Fails where this host has no TPM 2.0. */
MUST_USE int host_has_tpm(struct err *err);

#endif

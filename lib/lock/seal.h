/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing the lock's secret, and what approvals are made of. */
#ifndef ASSAY_LOCK_SEAL_H
#define ASSAY_LOCK_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lock/blob.h"
#include "lock/secret.h"

/* Seals it to the blob's authority, for the blob's id. */
MUST_USE int lock_seal(struct lock_blob *blob, const uint8_t secret[static LOCK_SECRET_SIZE],
		       struct err *err);

/*
 * Asks the TPM all of lock_unseal's questions that do not depend on the PCRs now: is it the same
 * TPM, is the object whole, is the approval signed by the lock's authority and not revoked?  0 only
 * if so.  approval: its index.
 */
MUST_USE int lock_would_unseal(const struct lock_blob *blob, size_t approval, struct err *err);

/* The approval of exactly these PCRs, the newest first; n_approvals: none. */
size_t lock_find(const struct lock_blob *blob, const struct tpm_pcrs *pcrs);

/* Gives the approval the next number and appends it.  Where there is no room for one more the
 * oldest is dropped, and *ret_dropped is its number, else 0. */
MUST_USE int lock_approval_add(struct lock_blob *blob, struct lock_approval *approval,
			       uint32_t *ret_dropped, struct err *err);

/* Removes it from the blob; that alone revokes nothing. */
void lock_approval_drop(struct lock_blob *blob, size_t approval);

/* In whole lines "N HEX", one a PCR, blank lines and those that begin with # apart: values that
 * somebody predicted.  At most LOCK_VALUES_MAX bytes. */
#define LOCK_VALUES_MAX 4096
MUST_USE int lock_values_parse(const char *text, size_t len, struct tpm_pcrs *ret_pcrs,
			       struct err *err);

#endif

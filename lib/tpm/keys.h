/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Primary keys by templates, and where the TPM keeps them; lib/tpm only. */
#ifndef ASSAY_TPM_KEYS_H
#define ASSAY_TPM_KEYS_H

#include <stdbool.h>

#include <tss2/tss2_esys.h>

#include "base/err.h"
#include "tpm/clock.h"
#include "tpm/ctx.h"
#include "tpm/identity.h"
#include "tpm/quote.h"

/* One loaded key. */
struct tpm_key {
	ESYS_TR tr;
	struct identity_key id;
	TPM2B_PUBLIC public;
};

struct tpm_identity {
	struct tpm_ctx ctx;
	struct tpm_key ak;
	struct tpm_key ek;
	bool ek_by_password; /* its template has userWithAuth */
	struct buf cert;
	struct {
		bool read;
		uint8_t value[TPM_QUOTE_PCRS][32];
	} pcrs; /* as last read: most of the time they are still so */
	struct {
		bool quoted;
		struct tpm_clock last;
	} clock; /* of the last quote */
};

/* An endorsement key of a template: where the TPM keeps it and its certificate, if it does. */
struct ek_slot {
	const char *name; /* of the template: "L-1" */
	TPM2_HANDLE handle;
	TPM2_HANDLE cert;
	void (*fill)(TPM2B_PUBLIC *ret_template);
};
extern const struct ek_slot ek_slots[];
extern const size_t n_ek_slots;
#define EK_SLOT_RSA 0  /* L-1 */
#define EK_SLOT_P256 1 /* L-2 */

void ak_template_p256(TPM2B_PUBLIC *ret_template);
void ak_template_rsa(TPM2B_PUBLIC *ret_template);

MUST_USE int tpm_has_p256(ESYS_CONTEXT *esys, bool *ret_has, struct err *err);

/* *ret_there false: nothing is at the handle.  key->public is what is there, of whatever kind. */
MUST_USE int tpm_key_find(ESYS_CONTEXT *esys, TPM2_HANDLE handle, struct tpm_key *ret_key,
			  bool *ret_there, struct err *err);

/* Is the key of the template, all but its unique part? */
bool tpm_key_fits(const TPM2B_PUBLIC *key, const TPM2B_PUBLIC *template);

/* A primary key of the endorsement hierarchy. */
MUST_USE int tpm_key_make(ESYS_CONTEXT *esys, const TPM2B_PUBLIC *template, struct tpm_key *ret_key,
			  struct err *err);

void tpm_clock_take(const TPMS_CLOCK_INFO *info, struct tpm_clock *ret_clock);

/* Forgets it; one that the TPM does not keep is flushed. */
void tpm_key_done(ESYS_CONTEXT *esys, struct tpm_key *key);

#endif

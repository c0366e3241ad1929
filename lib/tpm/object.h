/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage primary, sessions and marshalling, for lib/tpm only. */
#ifndef ASSAY_TPM_OBJECT_H
#define ASSAY_TPM_OBJECT_H

#include "tpm/authority.h"
#include "tpm/ctx.h"
#include "tpm/seal.h"

#define TPM_STORAGE_KEY 0x81000001 /* TCG TPM v2.0 Provisioning Guidance 1.0, 7.8 */

static inline void tpm_cleanup_free(void *p)
{
	Esys_Free(*(void **)p);
}
#define AUTO_ESYS CLEANUP(tpm_cleanup_free)

/* The storage primary; tpm_flush it.  want NULL: whichever there is; else the one of that Name, and
 * *ret_there is false where there is none. */
MUST_USE int tpm_primary_open(ESYS_CONTEXT *esys, const uint8_t *want, ESYS_TR *ret_primary,
			      bool *ret_there, struct err *err);
/* Transient objects and sessions are flushed, others let go; ESYS_TR_NONE: nothing. */
void tpm_flush(ESYS_CONTEXT *esys, ESYS_TR *handle);

/* Salted with the primary, AES-128-CFB both ways, SHA-256. */
MUST_USE int tpm_session_start(ESYS_CONTEXT *esys, ESYS_TR primary, TPM2_SE type,
			       ESYS_TR *ret_session, struct err *err);

/* The object's Name, which must be one of SHA-256. */
MUST_USE int tpm_name_of(ESYS_CONTEXT *esys, ESYS_TR object, uint8_t ret_name[static TPM_NAME_SIZE],
			 struct err *err);

/* TPMT_PUBLIC both ways, and a created object. */
MUST_USE int tpm_public_unmarshal(const uint8_t *data, size_t len, TPM2B_PUBLIC *ret_public,
				  struct err *err);
MUST_USE int tpm_public_marshal(const TPMT_PUBLIC *public, uint8_t ret_data[static TPM_PUBLIC_MAX],
				size_t *ret_len, struct err *err);
struct tpm_new {
	ESYS_CONTEXT *esys;
	ESYS_TR primary;
	const TPM2B_PUBLIC *template;
	const TPM2B_SENSITIVE_CREATE *sensitive;
};
MUST_USE int tpm_object_create(const struct tpm_new *what, struct tpm_sealed *ret_object,
			       struct err *err);
MUST_USE TSS2_RC tpm_object_load(ESYS_CONTEXT *esys, ESYS_TR primary, ESYS_TR session,
				 const struct tpm_sealed *object, ESYS_TR *ret_handle);

/* Is it one of these codes, wherever in the command they were found? */
bool tpm_rc_is(TSS2_RC rc, TPM2_RC want);

#endif

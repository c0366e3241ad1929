/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's identity over a software TPM. */
#ifndef ASSAY_TESTS_UNIT_KNOWN_HOST_H
#define ASSAY_TESTS_UNIT_KNOWN_HOST_H

#include "tpm/identity.h"
#include "unit/quoting.h"

#define NONCE "a nonce of the verifier"

static void close_identity(struct tpm_identity **identity)
{
	tpm_identity_free(*identity);
}

#define AUTO_IDENTITY CLEANUP(close_identity) struct tpm_identity *

/* Opens with both keys; NULL: it fails. */
__attribute__((unused)) static struct tpm_identity *open_both(struct err *err)
{
	struct tpm_identity *identity = NULL;

	if (tpm_identity_open(&identity, err) < 0)
		return NULL;
	if (tpm_identity_load_ak(identity, false, err) == 0 &&
	    tpm_identity_load_ek(identity, err) == 0)
		return identity;
	tpm_identity_free(identity);
	return NULL;
}

#endif

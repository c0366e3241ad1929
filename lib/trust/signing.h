/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's signing key, where it can be used while packages are installed: without asking. */
#ifndef ASSAY_TRUST_SIGNING_H
#define ASSAY_TRUST_SIGNING_H

#include "trust/trust.h"

struct signing {
	struct key *key; /* NULL: there is none that can be used without asking */
	struct err why;	 /* then: why not */
	bool unknown;	 /* then: there is one, which came after this boot's record */
	struct package_signing how;
};

/* For the profiles and EVM of the trust's settings.  *ret is for signing_done in any case. */
MUST_USE int signing_load(const struct trust *trust, struct signing *ret, struct err *err);
void signing_done(struct signing *signing);

/* The key ID of the configured certificate, which must hold the key; of the key itself where there
 * is none. */
MUST_USE int signing_keyid(const struct config *config, const struct key *key, uint32_t *ret_keyid,
			   struct err *err);

#endif

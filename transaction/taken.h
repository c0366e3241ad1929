/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packages were taken, and by whose word: for assay log. */
#ifndef ASSAY_TRANSACTION_TAKEN_H
#define ASSAY_TRANSACTION_TAKEN_H

#include "cli/log.h"
#include "transaction/trust.h"

/* One package.  by is the certificate that signed it, NULL: an archive vouches for it, and the
 * host's key keyid signs it. */
struct taken {
	const struct package *package;
	const struct digest *deb; /* of the file that dpkg was given */
	const struct cert *by;
	uint32_t keyid;
};

/* Adds its entry to the array. */
MUST_USE int taken_add(json_t *entries, const struct trust *trust, const struct taken *taken,
		       struct err *err);

/* Writes the entries to the log: all of them are on the disk, or it is an error. */
MUST_USE int taken_write(const json_t *entries, struct err *err);

#endif

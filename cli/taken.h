/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packages were taken, and by whose word: for assay log. */
#ifndef ASSAY_CLI_TAKEN_H
#define ASSAY_CLI_TAKEN_H

#include "cli/log.h"
#include "trust/trust.h"

/* One package.  by is the certificate that signed it, NULL: somebody else vouches for it, and the
 * host's key keyid signs it. */
struct taken {
	const char *package;
	const char *version;
	const char *architecture;
	const char *digest_name; /* "sha256": of the file, "header-sha256": of an rpm's header */
	const struct digest *digest;
	size_t files; /* that get signatures */
	/* by NULL: "archive"; "rpm": a key of rpm's keyring; "pacman": one of a trusted keyring */
	const char *vouched_by;
	const struct cert *by;
	uint32_t keyid;
};

/* Adds its entry to the array. */
MUST_USE int taken_add(json_t *entries, const struct trust *trust, const struct taken *taken,
		       struct err *err);

/* Writes the entries to the log: all of them are on the disk, or it is an error. */
MUST_USE int taken_write(const json_t *entries, struct err *err);

#endif

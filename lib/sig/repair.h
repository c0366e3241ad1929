/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a file's lost signatures back from a manifest, if the file still is what was signed. */
#ifndef ASSAY_SIG_REPAIR_H
#define ASSAY_SIG_REPAIR_H

#include <stdbool.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "sig/manifest.h"

enum repair_outcome {
	REPAIR_GOOD,	/* carries what verifies already */
	REPAIR_DONE,	/* its signatures are back, or would be (dry run) */
	REPAIR_GONE,	/* there is no such file any more */
	REPAIR_CHANGED, /* no longer what was signed, or the manifest's signature does not verify */
	REPAIR_FAILED,	/* could not be judged or written */
};

#define REPAIR_OUTCOMES 5

struct repair {
	const char *root; /* in front of the manifest's paths; "" for the running system */
	const struct cert_set *trusted;
	struct hash_ctx *hash; /* the caller's */
	bool dry_run;
};

/*
 * One entry.  The file is opened once; what is hashed is what is labelled.  A signature of the
 * manifest is attached only when one of the trusted certificates verifies it over the file as it
 * is; security.evm thus only when owner, mode and capabilities are what was signed.  A file with
 * its content and other signatures that verify, each by its own kind, is good: a security.ima that
 * verifies is never written over, in whichever profile it was made.  A file that was under
 * fs-verity and has its content is put under it again.  ret_why tells the reason of REPAIR_CHANGED
 * and REPAIR_FAILED.
 */
enum repair_outcome repair_file(const struct repair *repair, const struct manifest_entry *entry,
				struct err *ret_why);

#endif

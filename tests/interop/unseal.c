/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-unlock asks of a lock: unseal [--stop-others] BLOB [TIMES [UUID]]  prints the SHA-256
 * of the secret, or the volume's key, so often as it was unsealed; 1: sealed, the reason on stderr;
 * 2: not to be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "lock/unseal.h"

static int unseal(const struct lock_blob *blob, bool stop_others, const char *uuid)
{
	AUTO_SECRET(secret) = { 0 };
	char hex[2 * HASH_SIZE_MAX + 1];
	struct lock_why *why = calloc(1, sizeof(*why));
	struct err err = ERR_INIT;
	struct digest digest;
	int rc;

	if (!why)
		return 2;
	rc = lock_unseal_why(blob, stop_others, secret, why, &err);
	if (rc < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		rc = why->asked ? 1 : 2;
	}
	free(why);
	if (rc)
		return rc;
	if (hash_bytes(HASH_SHA256, secret, sizeof(secret), &digest, &err) < 0 ||
	    (uuid && lock_secret_derive(secret, "luks", uuid, digest.data, &err) < 0))
		return 2;
	hex_format(digest.data, digest.len, hex);
	(void)printf("%s\n", hex);
	return 0;
}

int main(int argc, char **argv)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	struct err err = ERR_INIT;
	bool there = false;
	bool stop_others = argc > 1 && strcmp(argv[1], "--stop-others") == 0;
	int rc = 0;

	argc -= stop_others ? 1 : 0;
	argv += stop_others ? 1 : 0;
	if (!blob || argc < 2 || lock_blob_load(argv[1], blob, &there, &err) < 0 || !there) {
		(void)fprintf(stderr, "unseal: %s\n", err.text);
		return 2;
	}
	for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 0 && rc == 0; i--)
		rc = unseal(blob, stop_others, argc > 3 ? argv[3] : NULL);
	return rc;
}

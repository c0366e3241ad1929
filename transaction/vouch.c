/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose word counts for a package that carries no signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "pkg/gpgv.h"
#include "pkg/pacman.h"
#include "transaction/judge.h"
#include "trust/signing.h"

#define SIGNATURE ".sig" /* beside a package of pacman's */

static int by_archive(const struct judge *judge, const char *path UNUSED, int fd UNUSED,
		      const struct digest *digest, struct err *err)
{
	if (!judge->apt)
		return -1;
	return apt_has(judge->apt, digest)
		       ? 0
		       : err_set(err, "no archive whose key is trusted vouches for it");
}

static int refuse(const struct gpgv_result *result, struct err *err)
{
	const char *key = *result->key ? result->key : "unknown";

	switch (result->verdict) {
	case GPGV_BAD:
		return err_set(err, "it is not what key %s has signed", key);
	case GPGV_UNKNOWN_KEY:
		return err_set(err, "it is signed by key %s, which no trusted keyring has", key);
	case GPGV_EXPIRED:
		return err_set(err, "it is signed by key %s, which has expired", key);
	case GPGV_REVOKED:
		return err_set(err, "it is signed by key %s, which was revoked", key);
	case GPGV_NONE:
	case GPGV_GOOD: /* of other bytes */
		break;
	}
	return err_set(err, "its " SIGNATURE " holds no signature over it that counts");
}

/* The keyrings are those of the record in force, or the configured ones; pacman's own say nothing.
 */
static int by_signature(const struct judge *judge, const char *path, int fd,
			const struct digest *digest, struct err *err)
{
	const struct trust *trust = judge->trust;
	struct gpgv_result result;
	AUTO_STR beside = NULL;

	if (!judge->how)
		return err_set(err, "no key signs here without asking: %s",
			       judge->signing->why.text);
	if (!trust->keyrings.len)
		return err_set(err, "no keyring is trusted (assay.conf(5), keyrings)");
	if (asprintf(&beside, "%s" SIGNATURE, path) < 0) {
		beside = NULL;
		return err_set(err, "out of memory");
	}
	if (!io_exists(beside))
		return err_set(err, "no " SIGNATURE " lies beside it");
	if (gpgv_verify(fd, beside, buf_text(&trust->keyrings), &result, err) < 0)
		return -1;
	if (result.verdict == GPGV_GOOD && result.digest.len == digest->len &&
	    memcmp(result.digest.data, digest->data, digest->len) == 0)
		return 0;
	return refuse(&result, err);
}

const struct judge_source judge_dpkg = { .read = deb_read,
					 .vouch = by_archive,
					 .vouched_by = "archive" };
const struct judge_source judge_pacman = { .read = pacman_read,
					   .vouch = by_signature,
					   .vouched_by = "pacman" };

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of apt's archives: Release and Packages, as far as digests go. */
#ifndef ASSAY_PKG_APT_TEXT_H
#define ASSAY_PKG_APT_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

#define APT_DIGEST_SIZE 32 /* SHA-256 */

/* Is it past the Valid-Until of a Release?  A date that can't be read is over; none is not. */
bool apt_text_has_expired(const struct buf *release, time_t now);

/* Called for each; name is NULL for a package.  A failure ends the reading. */
typedef int (*apt_text_fn)(void *ctx, const char *name, const uint8_t digest[APT_DIGEST_SIZE],
			   struct err *err);

/* The Packages files that a Release names under SHA256; the text is cut up. */
MUST_USE int apt_text_release(struct buf *text, apt_text_fn fn, void *ctx, struct err *err);

/* The SHA256 of every package; the text is cut up. */
MUST_USE int apt_text_packages(struct buf *text, apt_text_fn fn, void *ctx, struct err *err);

#endif

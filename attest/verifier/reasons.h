/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a host failed, kept with it: JSON, [{"code":, "entry":, "text":}...], the first bad entry
 * first. */
#ifndef ASSAY_ATTEST_VERIFIER_REASONS_H
#define ASSAY_ATTEST_VERIFIER_REASONS_H

#include <jansson.h>
#include <stdbool.h>

#include "attest/verdict.h"
#include "base/buf.h"

void cleanup_json(json_t **json);
#define AUTO_JSON CLEANUP(cleanup_json) json_t *

#define REASONS_MORE "more" /* the code of the last one, where some were not kept */

/* What out holds already stays first; the verdict's reasons that are not there are added, up to
 * VERDICT_REASONS_MAX and STORE_REASONS_MAX.  What finds no room is told of by REASONS_MORE. */
MUST_USE int reasons_add(const struct verdict *verdict, struct buf *out, struct err *err);

/* "" gives an empty array.  NULL: damaged, or no memory. */
json_t *reasons_parse(const struct buf *text);

/* Are there reasons, all of them kept, and all of them about which boot it is? */
bool reasons_are_of_boot(const struct buf *text);

/* The first one's text; "": none. */
void reasons_first(const struct buf *text, char ret_text[static VERDICT_TEXT_MAX]);

#endif

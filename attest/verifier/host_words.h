/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's JSON, in words on stdout. */
#ifndef ASSAY_ATTEST_VERIFIER_HOST_WORDS_H
#define ASSAY_ATTEST_VERIFIER_HOST_WORDS_H

#include <jansson.h>

/* A member that is text; "" where there is none. */
const char *words_text(const json_t *json, const char *name);

void words_line(const json_t *host); /* one line of a list */
void words_host(const json_t *host); /* all that is known, history included */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs for people and for programs. */
#ifndef ASSAY_LOCK_SHOW_H
#define ASSAY_LOCK_SHOW_H

#include <stdint.h>

#include <jansson.h>

#include "tpm/policy.h"

#define SHOW_PCRS_MAX 128 /* bytes: all 24, NUL included */

/* "4, 7, 9" */
void show_pcrs(uint32_t mask, char ret_text[static SHOW_PCRS_MAX]);
/* {"4": "HEX", ...} */
json_t *show_pcrs_json(const struct tpm_pcrs *pcrs);
/* What the firmware and the boot loaders measure into it, in a few words. */
const char *show_pcr_words(unsigned int pcr, unsigned int record_pcr);

#endif

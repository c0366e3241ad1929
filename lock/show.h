/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs for people and for programs. */
#ifndef ASSAY_LOCK_SHOW_H
#define ASSAY_LOCK_SHOW_H

#include <stdint.h>

#include <jansson.h>

#include "lock/request.h"
#include "lock/root_fs.h"
#include "tpm/policy.h"

#define SHOW_PCRS_MAX 128 /* bytes: all 24, NUL included */

/* "4, 7, 9" */
void show_pcrs(uint32_t mask, char ret_text[static SHOW_PCRS_MAX]);
/* [4, 9] */
json_t *show_numbers_json(uint32_t mask);
/* {"4": "HEX", ...} */
json_t *show_pcrs_json(const struct tpm_pcrs *pcrs);
/* What the firmware and the boot loaders measure into it, in a few words. */
const char *show_pcr_words(unsigned int pcr, unsigned int record_pcr);

/* Which lock an approval is for, and until when it holds: to be compared where it is signed with
 * what the host shows. */
void show_request(const struct lock_request *request);

/* Of this host. */
void show_root(const struct lock_blob *blob, struct lock_root *ret_root);
/* A line on stderr for each thing of the host that a lock can't help, and the operator can. */
void show_warnings(const struct lock_blob *blob);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The binary measurement list of IMA (binary_runtime_measurements), entry by entry. */
#ifndef ASSAY_IMA_MLIST_H
#define ASSAY_IMA_MLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"
#include "crypto/hash.h"

#define MLIST_TEMPLATE_MAX 64	  /* bytes of a template's name or format (kernel: 15 and 64) */
#define MLIST_DATA_MAX (1U << 20) /* bytes of one entry's template data */
#define MLIST_NAME_MAX 4096	  /* bytes of a file name, NUL included */
#define MLIST_TEMPLATE_DIGEST 20  /* bytes: SHA-1, whatever the bank */
#define MLIST_ALGO_MAX 32	  /* bytes of "sha256" and its like */
#define MLIST_OLD_NAME_MAX 255	  /* bytes of a file name in the template "ima" */
#define MLIST_OLD_INPUT 276 /* bytes that are hashed of it: digest and name, filled with NUL */
#define MLIST_PCR 10	    /* CONFIG_IMA_MEASURE_PCR_IDX, where no rule says pcr= */

/*
 * One entry: ima_measurements_show() of security/integrity/ima/ima_fs.c.  Pointers lead into the
 * list's bytes.  Everything but pcr and template_digest is what the kernel was told by file
 * systems: name, sig and buffer are chosen by whoever wrote the file.
 */
struct mlist_entry {
	uint32_t pcr;
	const uint8_t *template_digest; /* MLIST_TEMPLATE_DIGEST bytes; all zero: a violation */
	bool violation;
	char template[MLIST_TEMPLATE_MAX + 1];
	const uint8_t *data; /* the template data, which the digests in the PCR banks are over */
	size_t data_len;
	char algo[MLIST_ALGO_MAX]; /* of the file's digest, "" if the template has none */
	bool verity;		   /* the digest is fs-verity's */
	const uint8_t *digest;
	size_t digest_len;
	const char *name;   /* NUL-terminated; "" if the template has none */
	const uint8_t *sig; /* security.ima as it was; NULL: none */
	size_t sig_len;
	const uint8_t *buffer; /* of ima-buf */
	size_t buffer_len;
};

/* One entry as it is framed, its template data not yet looked into. */
struct mlist_frame {
	uint32_t pcr;
	const uint8_t *template_digest;
	const char *name; /* of the template: name_len bytes without a NUL in them */
	size_t name_len;
	const uint8_t *data;
	size_t data_len;
};

/* The next frame, as mlist_next; and the entry in it. */
MUST_USE int mlist_frame_next(struct rd *rd, struct mlist_frame *ret_frame, bool *ret_end,
			      struct err *err);
MUST_USE int mlist_frame_decode(const struct mlist_frame *frame, struct mlist_entry *ret_entry,
				struct err *err);
bool mlist_frame_is_violation(const struct mlist_frame *frame);

/*
 * What a PCR bank is extended with: the hash by the bank's algorithm over the template data, or
 * bytes of 0xff for a violation (ima_add_template_entry() and ima_calc_field_array_hash_tfm(),
 * Linux 5.8 and later; before, all banks got SHA-1).  ret_digest: hash_algo_size(bank) bytes.
 */
void mlist_frame_digest(const struct mlist_frame *frame, enum hash_algo bank, uint8_t *ret_digest);

/*
 * Decodes the next entry (little endian, as on all machines Debian's IMA kernels run on).  At the
 * end *ret_end is true and the entry is not written.  A damaged or cut entry fails; rd then stays
 * failed.
 */
MUST_USE int mlist_next(struct rd *rd, struct mlist_entry *ret_entry, bool *ret_end,
			struct err *err);

/* The file's digest, if its algorithm is one that Assay knows; fails otherwise. */
MUST_USE int mlist_entry_digest(const struct mlist_entry *entry, struct digest *ret_digest,
				struct err *err);

#endif

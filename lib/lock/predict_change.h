/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One change put into the events, by its kind; for lock/predict.c. */
#ifndef ASSAY_LOCK_PREDICT_CHANGE_H
#define ASSAY_LOCK_PREDICT_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lock/events.h"
#include "lock/pe.h"
#include "lock/predict.h"

static inline bool lock_wants(uint32_t mask, uint32_t pcr)
{
	return mask >> pcr & 1;
}

bool lock_is_grub(const struct lock_events *events);

/* "NAME: PCR n has no event of it ..."; returns -1. */
int lock_no_event(uint32_t pcr, const struct lock_change *change, struct err *err);

/* Of both files, as they lie on the disk. */
MUST_USE int lock_whole_digests(const struct lock_events *events, const struct lock_change *change,
				struct digest *ret_was, struct digest *ret_now, struct err *err);

/* A change's two EFI images. */
struct lock_images {
	const struct lock_change *change;
	struct pe was;
	struct pe now;
};

MUST_USE int lock_images_open(const struct lock_change *change, struct lock_images *ret_images,
			      struct err *err);

/* Fails where Secure Boot is on and others signed the new image: PCR 7 tells what verified it. */
MUST_USE int lock_images_same_signers(const struct lock_images *images,
				      const struct lock_events *events, struct err *err);

/* Events of PCR 4 of the one image become the other's. */
MUST_USE int lock_images_replace(struct lock_events *events, const struct pe *was,
				 const struct pe *now, size_t *ret_n, struct err *err);

/*
 * As the change's kind, where what was is not known: events are found by the file's name, and by
 * being the initrd's.  *ret_n: how many.  They fail where two files have the name.
 */
MUST_USE int lock_predict_file_named(struct lock_events *events, const struct lock_change *change,
				     const struct digest *now, size_t *ret_n, struct err *err);
MUST_USE int lock_predict_image_named(struct lock_events *events, const struct lock_change *change,
				      const struct digest *now, bool by_grub, size_t *ret_n);

/* Each fails where a wanted PCR has no event of what was. */
MUST_USE int lock_predict_image(struct lock_events *events, const struct lock_change *change,
				uint32_t mask, struct err *err);
MUST_USE int lock_predict_file(struct lock_events *events, const struct lock_change *change,
			       uint32_t mask, struct err *err);
MUST_USE int lock_predict_cmdline(struct lock_events *events, const struct lock_change *change,
				  uint32_t mask, struct err *err);
MUST_USE int lock_predict_uki(struct lock_events *events, const struct lock_change *change,
			      uint32_t mask, struct err *err);
MUST_USE int lock_predict_grub_cfg(struct lock_events *events, const struct lock_change *change,
				   uint32_t mask, struct err *err);

struct lock_texts {
	const char *was;
	const char *now;
};

/* Events in the PCR of the one text in UTF-16, with a NUL or without, become the other's. */
MUST_USE int lock_predict_options(struct lock_events *events, uint32_t pcr, struct lock_texts texts,
				  size_t *ret_n, struct err *err);

#endif

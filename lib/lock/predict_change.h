/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One change put into the events, by its kind; for lock/predict.c. */
#ifndef ASSAY_LOCK_PREDICT_CHANGE_H
#define ASSAY_LOCK_PREDICT_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lock/events.h"
#include "lock/predict.h"

static inline bool lock_wants(uint32_t mask, uint32_t pcr)
{
	return mask >> pcr & 1;
}

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

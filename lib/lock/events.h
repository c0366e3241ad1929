/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a boot log as a list that can be changed and replayed. */
#ifndef ASSAY_LOCK_EVENTS_H
#define ASSAY_LOCK_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/boot_event.h"
#include "attest/boot_log.h"
#include "base/attr.h"
#include "base/err.h"

struct lock_event {
	uint32_t pcr;
	struct digest digest;
	struct boot_reading reading; /* of the log's own digest */
	bool changed;
};

struct lock_events {
	enum hash_algo bank;
	uint8_t locality;
	struct lock_event *at;
	size_t n;
	size_t cap;
	char *cmdline; /* as a change makes it; NULL: none did */
};

#define LOCK_EVENTS_INIT \
	{ \
		.at = NULL, .n = 0, .cap = 0, .cmdline = NULL \
	}
#define AUTO_EVENTS CLEANUP(lock_events_done) struct lock_events

/* Those of PCRs 0-15; readings lead into the log, which must outlive them. */
MUST_USE int lock_events_load(struct lock_events *events, const void *log, size_t len,
			      enum hash_algo bank, struct err *err);
void lock_events_done(struct lock_events *events);

/* Notes the command line of the kernel that will be booted. */
MUST_USE int lock_events_set_cmdline(struct lock_events *events, const char *text, size_t len,
				     struct err *err);

/* Gives each event of the PCR that has the one digest, and was not changed, the other one. */
size_t lock_events_replace(struct lock_events *events, uint32_t pcr, const struct digest *was,
			   const struct digest *now);

/* Puts a changed event with this digest before event number at; takes one out. */
MUST_USE int lock_events_insert(struct lock_events *events, size_t at, uint32_t pcr,
				const struct digest *digest, struct err *err);
void lock_events_remove(struct lock_events *events, size_t at);

/* The number of the first event of this kind in the PCR at or after from; events->n: none. */
size_t lock_events_find(const struct lock_events *events, uint32_t pcr, enum boot_kind kind,
			size_t from);

/* What the PCRs of the mask hold after them; zeroes where none extends. */
MUST_USE int lock_events_replay(const struct lock_events *events, uint32_t mask,
				struct pcr_set *ret_pcrs, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's event log (TCG PC Client Platform Firmware Profile 1.06, 10): read and replayed.
 */
#ifndef ASSAY_ATTEST_BOOT_LOG_H
#define ASSAY_ATTEST_BOOT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/quote.h"
#include "base/err.h"
#include "base/rd.h"
#include "crypto/hash.h"

#define BOOT_LOG_MAX (1U << 20) /* bytes */
#define BOOT_LOG_EVENTS_MAX 4096
#define BOOT_LOG_BANKS_MAX 8
#define BOOT_LOG_DATA_MAX (1U << 19) /* bytes of one event */

struct boot_event {
	uint32_t pcr;
	uint32_t type;	      /* a hint: it is not in the digest */
	struct digest digest; /* of the bank that was asked for */
	const uint8_t *data;  /* leads into the log; a hint until its digest was recomputed */
	size_t len;
};

/* The log: crypto-agile (TCG_PCR_EVENT2 behind a Spec ID Event03). */
struct boot_log {
	struct rd rd;
	enum hash_algo bank;
	struct {
		uint16_t alg;
		uint16_t size;
	} banks[BOOT_LOG_BANKS_MAX];
	size_t n_banks;
	size_t index;	  /* of the next event */
	uint8_t locality; /* from StartupLocality: what PCR 0 begins with */
	bool located, extended_0;
};

/* Fails on a log without this bank, or that is none. */
MUST_USE int boot_log_open(const void *data, size_t len, enum hash_algo bank,
			   struct boot_log *ret_log, struct err *err);
/* The next event; *ret_end: there is none.  EV_NO_ACTION extends nothing and is passed over. */
MUST_USE int boot_log_next(struct boot_log *log, struct boot_event *ret_event, bool *ret_end,
			   struct err *err);

/* value = H(value || digest), digest->len bytes. */
MUST_USE int boot_log_extend(struct hash_ctx *ctx, const struct digest *digest, uint8_t *value,
			     struct err *err);

/* What PCRs 0-15 hold after the log; ret_pcrs->mask has those that it extends. */
MUST_USE int boot_log_replay(const void *data, size_t len, enum hash_algo bank,
			     struct pcr_set *ret_pcrs, struct err *err);

#endif

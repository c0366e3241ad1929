/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three views of one host: what is configured, what the next boot carries, what is in force. */
#ifndef ASSAY_HOST_STATE_H
#define ASSAY_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "assay/host/facts.h"
#include "assay/host/host.h"
#include "proto/config.h"
#include "proto/record.h"

#define STATE_RUN_DIR "/run/assay"
#define STATE_RUN_FILE STATE_RUN_DIR "/boot"	 /* written by assay-boot: "key value" lines */
#define STATE_OFF_FILE STATE_RUN_DIR "/disabled" /* a disable was carried through in this boot */

#define STATE_REFUSED_MAX 8192 /* bytes; further lines are left out */

/* What this boot enforces; proven only from what the kernel and the TPM say. */
enum state_force {
	FORCE_NOTHING, /* no policy was loaded */
	FORCE_UNKNOWN, /* a policy is loaded, but not by Assay as far as can be seen */
	FORCE_LOG,
	FORCE_ENFORCE,
};

struct state {
	struct config config;
	struct record record; /* of the bundle on disk: the next boot's */
	bool has_record;
	struct digest record_digest; /* SHA-256 of its text */
	struct facts facts;
	enum state_force force;
	bool told;		/* assay-boot left its word of this boot */
	bool same_record;	/* the bundle's record is the one of this boot */
	enum facts_proof proof; /* the TPM on whether the bundle's record is in force */
	uint64_t since_ms;	/* begin of this boot; 0: unknown */
	/* What would have stopped this boot, were it not one of log mode: "CODE: text" or "text"
	 * lines, whole ones only. */
	char refused[STATE_REFUSED_MAX];
	/* of state_read_damaged: */
	struct err config_damage; /* why the configuration is not understood; "": it is */
	struct err record_damage; /* the same of the record */
	uint32_t damaged_epoch;	  /* the damaged record's, where it can be read */
	bool damaged_epoch_known;
};

/* Reads all; the caller frees it by free().  A bundle that is there and damaged is an error. */
MUST_USE int state_read(const struct host *host, struct state **ret_state, struct err *err);

/*
 * As state_read, for those who mend or take away: a configuration or a record that is not
 * understood is told in config_damage and record_damage, and stands at its defaults, or as none.
 */
MUST_USE int state_read_damaged(const struct host *host, struct state **ret_state, struct err *err);

const char *state_force_name(enum state_force force); /* "off", "unknown", "log", "enforce" */

/* When this boot began, in milliseconds since the epoch; 0: the kernel does not say. */
uint64_t state_boot_ms(const struct host *host);

#endif

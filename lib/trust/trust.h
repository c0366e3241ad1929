/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose packages this boot takes: by the record in force, else as configured. */
#ifndef ASSAY_TRUST_TRUST_H
#define ASSAY_TRUST_TRUST_H

#include <stdbool.h>

#include "pkg/apt.h"
#include "pkg/attach.h"
#include "proto/level.h"
#include "proto/record.h"

struct trust {
	struct config *config;
	bool in_force; /* a record is */
	struct record record;
	struct settings settings; /* the record's, else the configured ones */
	struct cert_set certs;
	struct buf keyrings;			 /* paths, separated by blanks */
	int keyring[RECORD_KEYRINGS_MAX];	 /* the record's, as they were verified; -1: none */
	struct apt *archives[CONFIG_LEVELS_MAX]; /* of each level, loaded when first asked for */
};

MUST_USE int trust_open(struct trust **ret_trust, struct err *err);
void trust_free(struct trust *trust);

/* ASSAY_UNSIGNED=accept, assay(8), "Upgrading an enforcing host": the operator's word that what is
 * denied then is meant. */
bool trust_unsigned_accepted(void);

/* Must what nobody vouches for be refused?  Where the record in force enforces, without that word.
 */
bool trust_refuses(const struct trust *trust);

/* Which profile a file system gets, as configured. */
enum attach_profile trust_profile(const struct trust *trust);

/* The name of the least trusted level that is taken. */
const char *trust_level(const struct trust *trust);

/* Is whoever signed a package of a level that is taken?  The host's own key may be of none. */
MUST_USE int trust_accepts(const struct trust *trust, const struct cert *by, struct err *err);

/*
 * Why a package is refused that nobody of the host's level vouches for, where someone of a lower
 * one does: by its signatures (text, thread-safe), by the archives (not thread-safe).  Else false,
 * and err stays as it is.
 */
bool trust_explain_signed(const struct trust *trust, const struct buf *text, struct err *err);
bool trust_explain_vouched(struct trust *trust, const struct digest *deb, struct err *err);

#endif

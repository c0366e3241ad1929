/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be attached: the signatures of the packages of this transaction, by digest. */
#ifndef ASSAY_PKG_TABLE_H
#define ASSAY_PKG_TABLE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "pkg/package.h"

#define TABLE_PACKAGES_MAX 16384 /* packages in one transaction */

struct table;

MUST_USE int table_new(struct table **ret_table, struct err *err);
void table_free(struct table *table);

/* Takes the package over, *package is empty afterwards. */
MUST_USE int table_add(struct table *table, struct package **package, struct err *err);

/*
 * What this content is was vouched for by whoever the host takes packages from, without a signature
 * that the kernel reads: the host's key makes one.
 */
MUST_USE int table_vouch(struct table *table, const struct digest *digest, struct err *err);
bool table_vouches(struct table *table, const struct digest *digest);

size_t table_packages(const struct table *table);
const struct package *table_package(const struct table *table, size_t i);

/* Which digests of a file are worth computing for this profile. */
struct table_wants {
	bool verity;
	bool algo[HASH_SHA512 + 1]; /* of the content */
};

const struct table_wants *table_wants(struct table *table, enum package_profile profile);

/* The same, of what is vouched for. */
const struct table_wants *table_vouch_wants(const struct table *table);

/*
 * The entry for a file of this digest, the one with the owner and mode of st where there are
 * several; NULL: no package of this transaction brings such a file.
 */
const struct manifest_entry *table_find(struct table *table, enum package_profile profile,
					enum manifest_over over, const struct digest *digest,
					const struct stat *st);

#endif

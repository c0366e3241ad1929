/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acceptance levels: whose signatures count, the most trusted first; assay.conf(5), [levels]. */
#ifndef ASSAY_PROTO_LEVEL_H
#define ASSAY_PROTO_LEVEL_H

#include "crypto/cert.h"
#include "proto/config.h"

#define LEVEL_ONLY "local" /* where assay.conf names none, there is one, of all that is trusted */

size_t level_count(const struct config *config);
const char *level_name(const struct config *config, size_t level);

/* The least trusted one that the host accepts. */
size_t level_of_host(const struct config *config);

/* Tells of the path of one certificate or keyring; what is not 0 ends it. */
typedef int (*level_path_fn)(void *ctx, const char *path, struct err *err);

/* Of one level.  Where assay.conf names none: the directory's certificates, in the order of names.
 */
MUST_USE int level_certs(const struct config *config, size_t level, level_path_fn fn, void *ctx,
			 struct err *err);
MUST_USE int level_keyrings(const struct config *config, size_t level, level_path_fn fn, void *ctx,
			    struct err *err);

/*
 * The certificates that the kernel is given: the signing one, which signs the record and what an
 * archive vouches for, and those of the host's level and above.  A file may be told of twice.
 */
MUST_USE int level_trusted(const struct config *config, level_path_fn fn, void *ctx,
			   struct err *err);

/* The same, parsed, one that is there twice only once. */
MUST_USE int level_load_trusted(const struct config *config, struct cert_set *set, struct err *err);

/* The keyrings of one level, and of the host's and above, separated by blanks: added to out. */
MUST_USE int level_add_keyrings(const struct config *config, size_t level, struct buf *out,
				struct err *err);
MUST_USE int level_accepted_keyrings(const struct config *config, struct buf *out, struct err *err);

/* The most trusted level that has the certificate; level_count: none has. */
MUST_USE int level_of_cert(const struct config *config, const struct cert *cert, size_t *ret_level,
			   struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pacman's command line, and where it keeps packages and lists: as that says, else pacman-conf. */
#ifndef ASSAY_TRANSACTION_PACMAN_CONF_H
#define ASSAY_TRANSACTION_PACMAN_CONF_H

#include "base/buf.h"
#include "base/err.h"

#define PACMAN_CACHES_MAX 64
#define PACMAN_CONF_TEXT_MAX 65536 /* bytes that pacman-conf prints */

struct pacman_conf {
	const char *config; /* --config; NULL: pacman's own default */
	const char *cache[PACMAN_CACHES_MAX];
	size_t n_caches;
	const char *database;
	struct buf told[2]; /* what pacman-conf printed */
};

/* line: words ended by a NUL each, which must stay.  For pacman_conf_done in any case. */
MUST_USE int pacman_conf_load(const struct buf *line, struct pacman_conf *ret, struct err *err);
void pacman_conf_done(struct pacman_conf *conf);

/* Called for each word that is neither an option nor an option's value; a failure ends it. */
typedef int (*pacman_word_fn)(void *ctx, const char *word, struct err *err);
MUST_USE int pacman_conf_operands(const struct buf *line, pacman_word_fn fn, void *ctx,
				  struct err *err);

#endif

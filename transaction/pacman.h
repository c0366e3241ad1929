/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packages a pacman, or another program with libalpm, is about to unpack. */
#ifndef ASSAY_TRANSACTION_PACMAN_H
#define ASSAY_TRANSACTION_PACMAN_H

#include "transaction/archives.h"

#define PACMAN_TARGETS_MAX 16384	   /* packages in one transaction */
#define PACMAN_TARGETS_BYTES (4U << 20)	   /* of their names */
#define PACMAN_CONF "/usr/bin/pacman-conf" /* tells where pacman keeps what */

/* What a hook with NeedsTargets is told: names, and no more. */
struct pacman_targets {
	char **name; /* in their order, each once */
	size_t n;
	struct buf text; /* holds them */
};

/* Reads to the end of fd; a terminal is not waited for.  For pacman_targets_done in any case. */
MUST_USE int pacman_targets_read(int fd, struct pacman_targets *ret, struct err *err);
void pacman_targets_done(struct pacman_targets *targets);

/*
 * Tells of the files of these packages: those that pacman's command line names, by their paths or
 * as what was downloaded to pacman's cache, and in the cache those that the repositories' lists
 * have for the others.  More than pacman will unpack may be among them, and what nobody finds is
 * missing: the caller looks which packages they are.
 */
MUST_USE int pacman_archives_each(pid_t pacman, const struct pacman_targets *targets,
				  archives_fn fn, void *ctx, struct err *err);

#endif

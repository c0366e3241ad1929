/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching what is written and executed: fanotify(7) on every file system. */
#ifndef ASSAY_TRANSACTION_WATCH_H
#define ASSAY_TRANSACTION_WATCH_H

#include <sys/types.h>

#include "pkg/held.h"

#define WATCH_RECENT 16 /* files that dpkg is about to rename, or pacman has just written */

struct watch {
	pid_t dpkg;    /* or pacman */
	bool is_final; /* what it closes has its name, and it does not open it again: pacman's */
	int fan;       /* writes and executions */
	int renames;   /* -1: this kernel does not tell of them */
	struct attacher attacher;
	struct held_set waiting;	  /* for fs-verity, until dpkg is through with them */
	struct stat recent[WATCH_RECENT]; /* of these, closed once more; st_ino 0: none */
	size_t recent_at;
	struct held_set labelled; /* whose owner or mode a maintainer script may change yet */
	size_t labelled_max;	  /* of these, that are held open */
	size_t unsigned_packages; /* that are let in all the same */
	size_t attached;	  /* files that were given signatures */
	size_t failed;		  /* that could not */
	struct err failure;	  /* of the first */
	void (*tick)(void *ctx);  /* called whenever it got further, NULL: by nobody */
	void *tick_ctx;
};

#define WATCH_INIT \
	{ \
		.fan = -1, .renames = -1 \
	}

/*
 * Marks the file systems that are mounted now: from then on whatever is closed after writing is
 * looked up, and no execution goes on before what was written is labelled.
 */
MUST_USE int watch_open(struct watch *watch, struct err *err);

/* All events that are there; returns when none is left. */
MUST_USE int watch_handle(struct watch *watch, struct err *err);

/* Something was renamed: fs-verity is enabled on what has its name now. */
void watch_handle_renames(struct watch *watch);

/* Is there a file that could not be labelled when it was closed, and that no event may follow? */
bool watch_is_anxious(const struct watch *watch);

/* Those, once, without patience. */
void watch_try_waiting(struct watch *watch);

/* What still waits, with patience for whoever writes. */
void watch_flush(struct watch *watch);

/* Every file that was labelled, once more: attach_again. */
void watch_look_again(struct watch *watch);

/* A file of a package that was unpacked before: labelled where it has no signature, and held. */
void watch_take_up(struct watch *watch, int *fd);

/* Whoever waits for an answer goes on. */
void watch_done(struct watch *watch);

#endif

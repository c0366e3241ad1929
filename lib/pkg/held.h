/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are held open, or known by their handles, in the order in which they came. */
#ifndef ASSAY_PKG_HELD_H
#define ASSAY_PKG_HELD_H

#include <sys/stat.h>

#include "pkg/attach.h"

struct held {
	int fd;			    /* -1: only the handle is known */
	struct file_handle *handle; /* NULL: held open */
	struct stat st;		    /* as it was when it came */
	struct attachment what;
};

struct held_set {
	struct held *held;
	size_t n;
	size_t n_open;
	size_t room;
};

/* The descriptor becomes the set's; where it fails it stays the caller's. */
MUST_USE int held_add(struct held_set *set, int *fd, const struct attachment *what,
		      struct err *err);

/*
 * As held_add, but what is kept is the file's handle, which finds it whatever its name is by then;
 * the descriptor stays the caller's.  Where its file system has no handles, or none of its files is
 * held open, which a handle takes, it is held open all the same.
 */
MUST_USE int held_add_handle(struct held_set *set, int *fd, const struct attachment *what,
			     struct err *err);

/* Opens what is known by its handle; *ret_fd stays -1 where the file is gone. */
MUST_USE int held_open(const struct held_set *set, const struct held *held, int *ret_fd,
		       struct err *err);

/* Takes one out; its descriptor is the caller's. */
struct held held_take(struct held_set *set, size_t i);

/* false: it is not there.  One that only its handle is known of has no claim to its inode's number,
 * which another file may have by now: it is found by fd's handle. */
bool held_find(const struct held_set *set, int fd, const struct stat *st, size_t *ret_at);

/* Has the content been written since it came? */
bool held_is_changed(const struct held *held, const struct stat *now);

void held_done(struct held_set *set);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of files that are held open. */
#include "pkg/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_room(struct held_set *set, struct err *err)
{
	size_t room = set->room ? 2 * set->room : 256;
	struct held *grown;

	if (set->n < set->room)
		return 0;
	grown = reallocarray(set->held, room, sizeof(*grown));
	if (!grown)
		return err_set(err, "out of memory");
	set->held = grown;
	set->room = room;
	return 0;
}

int held_add(struct held_set *set, int *fd, const struct attachment *what, struct err *err)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return err_errno(err, "stat");
	if (make_room(set, err) < 0)
		return -1;
	set->held[set->n++] = (struct held){ .fd = take_fd(fd), .st = st, .what = *what };
	set->n_open++;
	return 0;
}

/* Any file of the file system, which a handle is looked up in; -1: none is held open. */
static int open_one_of(const struct held_set *set, dev_t device)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->held[i].fd >= 0 && set->held[i].st.st_dev == device)
			return set->held[i].fd;
	return -1;
}

/* NULL: there is none to be had. */
static struct file_handle *handle_of(int fd)
{
	struct file_handle *handle = malloc(sizeof(*handle) + MAX_HANDLE_SZ);
	int mount;

	if (!handle)
		return NULL;
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(fd, "", handle, &mount, AT_EMPTY_PATH) == 0)
		return handle;
	free(handle);
	return NULL;
}

int held_add_handle(struct held_set *set, int *fd, const struct attachment *what, struct err *err)
{
	struct file_handle *handle;
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return err_errno(err, "stat");
	if (make_room(set, err) < 0)
		return -1;
	handle = open_one_of(set, st.st_dev) >= 0 ? handle_of(*fd) : NULL;
	if (!handle)
		return held_add(set, fd, what, err);
	set->held[set->n++] = (struct held){ .fd = -1, .handle = handle, .st = st, .what = *what };
	return 0;
}

int held_open(const struct held_set *set, const struct held *held, int *ret_fd, struct err *err)
{
	const int beside = open_one_of(set, held->st.st_dev);

	*ret_fd = open_by_handle_at(beside, held->handle,
				    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*ret_fd < 0 && errno != ESTALE)
		return err_errno(err, "open again");
	return 0;
}

struct held held_take(struct held_set *set, size_t i)
{
	struct held held = set->held[i];

	set->n_open -= held.fd >= 0 ? 1 : 0;
	set->n--;
	memmove(&set->held[i], &set->held[i + 1], (set->n - i) * sizeof(*set->held));
	return held;
}

static bool has_handle(const struct file_handle *handle, int fd)
{
	AUTO_MEM struct file_handle *now = handle_of(fd);

	return now && now->handle_type == handle->handle_type &&
	       now->handle_bytes == handle->handle_bytes &&
	       memcmp(now->f_handle, handle->f_handle, now->handle_bytes) == 0;
}

bool held_find(const struct held_set *set, int fd, const struct stat *st, size_t *ret_at)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct held *held = &set->held[i];

		if (held->st.st_ino == st->st_ino && held->st.st_dev == st->st_dev &&
		    (!held->handle || has_handle(held->handle, fd))) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

/* dpkg sets the time of modification back to the package's: only a later one tells of a write. */
bool held_is_changed(const struct held *held, const struct stat *now)
{
	const struct timespec *was = &held->st.st_mtim;
	const struct timespec *is = &now->st_mtim;

	return held->st.st_size != now->st_size || is->tv_sec > was->tv_sec ||
	       (is->tv_sec == was->tv_sec && is->tv_nsec > was->tv_nsec);
}

void held_done(struct held_set *set)
{
	while (set->n) {
		cleanup_fd(&set->held[--set->n].fd);
		free(set->held[set->n].handle);
	}
	free(set->held);
	*set = (struct held_set){ .held = NULL };
}

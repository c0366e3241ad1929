/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of files that are held open. */
#include "transaction/held.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNPACKED ".dpkg-new"
#define CONTROL "/tmp.ci/"

int held_add(struct held_set *set, int *fd, const struct attachment *what, struct err *err)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return err_errno(err, "stat");
	if (set->n == set->room) {
		size_t room = set->room ? 2 * set->room : 256;
		struct held *grown = reallocarray(set->held, room, sizeof(*grown));

		if (!grown)
			return err_set(err, "out of memory");
		set->held = grown;
		set->room = room;
	}
	set->held[set->n++] = (struct held){ .fd = take_fd(fd), .st = st, .what = *what };
	return 0;
}

struct held held_take(struct held_set *set, size_t i)
{
	struct held held = set->held[i];

	set->n--;
	memmove(&set->held[i], &set->held[i + 1], (set->n - i) * sizeof(*set->held));
	return held;
}

bool held_find(const struct held_set *set, const struct stat *st, size_t *ret_at)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct stat *was = &set->held[i].st;

		if (was->st_ino == st->st_ino && was->st_dev == st->st_dev) {
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

enum held_making held_making(const struct held *held)
{
	AUTO_STR path = calloc(1, PATH_MAX);
	char self[32];
	size_t n;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", held->fd);
	if (!path || readlink(self, path, PATH_MAX - 1) < 0)
		return HELD_MADE;
	n = strlen(path);
	if (n > strlen(UNPACKED) && strcmp(path + n - strlen(UNPACKED), UNPACKED) == 0)
		return HELD_UNPACKED;
	return strstr(path, CONTROL) ? HELD_CONTROL : HELD_MADE;
}

void held_done(struct held_set *set)
{
	while (set->n)
		cleanup_fd(&set->held[--set->n].fd);
	free(set->held);
	*set = (struct held_set){ .held = NULL };
}

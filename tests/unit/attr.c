/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cleanup helpers take the empty value, keep errno, and leave the empty value behind. */
#include "base/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "unit/unit.h"

static void empty_values_are_taken(void)
{
	int fd = -1;
	FILE *f = NULL;
	DIR *d = NULL;
	char *s = NULL;

	errno = EXDEV;
	cleanup_fd(&fd);
	cleanup_file(&f);
	cleanup_dir(&d);
	cleanup_str(&s);
	cleanup_mem(&s);
	CHECK(errno == EXDEV);
}

static void open_things_are_closed(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy = fd;
	FILE *f = fopen("/dev/null", "re");
	DIR *d = opendir("/");
	char *s = strdup("text");

	errno = EXDEV;
	cleanup_fd(&fd);
	cleanup_file(&f);
	cleanup_dir(&d);
	cleanup_str(&s);
	CHECK(errno == EXDEV);
	CHECK(fd == -1 && !f && !d && !s);
	CHECK(fcntl(copy, F_GETFD) == -1 && errno == EBADF);
}

static void closing_a_closed_one_keeps_errno(void)
{
	int fd = 1000;

	errno = EXDEV;
	cleanup_fd(&fd);
	CHECK(errno == EXDEV && fd == -1);
}

static void take_hands_on(void)
{
	AUTO_FD fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD other = take_fd(&fd);
	AUTO_STR s = strdup("text");
	AUTO_STR t = take_ptr(&s);

	CHECK(fd == -1 && other >= 0);
	CHECK(!s);
	CHECK_STR(t, "text");
}

static const struct unit_case cases[] = {
	CASE(empty_values_are_taken),
	CASE(open_things_are_closed),
	CASE(closing_a_closed_one_keeps_errno),
	CASE(take_hands_on),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question on every console of the kernel, answered on any of them. */
#ifndef ASSAY_INITRAMFS_TERMINAL_H
#define ASSAY_INITRAMFS_TERMINAL_H

#include <stddef.h>
#include <termios.h>

#include "base/err.h"

#define TERMINALS_MAX 4

struct terminal {
	int fd[TERMINALS_MAX];
	struct termios before[TERMINALS_MAX];
	size_t n;
};

/* Those of /sys/class/tty/console/active, else /dev/console; what they echo is ours. */
MUST_USE int terminal_open(struct terminal *t, struct err *err);
void terminal_close(struct terminal *t);
#define AUTO_TERMINAL CLEANUP(terminal_close) struct terminal

void terminal_write(const struct terminal *t, const char *text);

/*
 * A line of at most max - 1 bytes, without its end, shown as stars with a dash after every group of
 * so many.  Fails when nothing is typed for so many seconds.
 */
struct terminal_ask {
	unsigned int group;
	int seconds;
};
MUST_USE int terminal_read(const struct terminal *t, const struct terminal_ask *ask, char *ret_line,
			   size_t max, struct err *err);

#endif

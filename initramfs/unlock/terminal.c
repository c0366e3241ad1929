/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles: what is typed is not echoed, since serial lines are logged. */
#include "initramfs/unlock/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define ACTIVE "/sys/class/tty/console/active"
#define ACTIVE_MAX 256 /* bytes */
#define BACKSPACE 0x7f
#define CONTROL_H 0x08
#define CONTROL_U 0x15

static void add(struct terminal *t, const char *path)
{
	int fd = t->n < TERMINALS_MAX ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	struct termios raw;

	if (fd < 0)
		return;
	if (tcgetattr(fd, &t->before[t->n]) < 0) {
		(void)close(fd);
		return;
	}
	raw = t->before[t->n];
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(fd, TCSAFLUSH, &raw);
	t->fd[t->n++] = fd;
}

static void add_active(struct terminal *t)
{
	AUTO_BUF names = BUF_INIT(ACTIVE_MAX);
	char text[ACTIVE_MAX + 1], *state = NULL;

	if (io_read_file(ACTIVE, &names, NULL) < 0)
		return;
	(void)snprintf(text, sizeof(text), "%s", buf_text(&names));
	for (const char *n = strtok_r(text, " \n", &state); n; n = strtok_r(NULL, " \n", &state)) {
		char path[ACTIVE_MAX + 8];

		if (strchr(n, '/'))
			continue;
		(void)snprintf(path, sizeof(path), "/dev/%s", n);
		add(t, path);
	}
}

int terminal_open(struct terminal *t, struct err *err)
{
	t->n = 0;
	add_active(t);
	if (t->n == 0)
		add(t, "/dev/console");
	return t->n ? 0 : err_set(err, "there is no console to ask at");
}

void terminal_close(struct terminal *t)
{
	for (size_t i = 0; i < t->n; i++) {
		(void)tcsetattr(t->fd[i], TCSAFLUSH, &t->before[i]);
		(void)close(t->fd[i]);
	}
	t->n = 0;
}

void terminal_write(const struct terminal *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (io_write_all(t->fd[i], text, strlen(text), NULL) < 0)
			continue; /* the others have it */
}

/* The next byte of any of them.  A console that hangs up is left out. */
static int next_byte(const struct terminal *t, int seconds, char *ret_byte, struct err *err)
{
	struct pollfd fds[TERMINALS_MAX];
	size_t alive = t->n;

	for (size_t i = 0; i < t->n; i++)
		fds[i] = (struct pollfd){ .fd = t->fd[i], .events = POLLIN };
	while (alive) {
		int ready = poll(fds, (nfds_t)t->n, 1000 * seconds);

		if (ready < 0)
			return err_errno(err, "console");
		if (ready == 0)
			return err_set(err, "nobody answered in %d seconds", seconds);
		for (size_t i = 0; i < t->n; i++) {
			if (!fds[i].revents)
				continue;
			if (read(fds[i].fd, ret_byte, 1) == 1)
				return 0;
			fds[i].fd = -1;
			alive--;
		}
	}
	return err_set(err, "no console is left to ask at");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many stars and dashes show these bytes: a star for a digit, a dash between groups. */
static size_t width(const char *line, size_t len, unsigned int group)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += is_digit(line[i]);
	return digits ? digits + (digits - 1) / group : 0;
}

/* Shows what became of the line: more of it, or less. */
static void show(const struct terminal *t, size_t before, size_t now)
{
	for (; before > now; before--)
		terminal_write(t, "\b \b");
	if (now == before + 2)
		terminal_write(t, "-*");
	else if (now == before + 1)
		terminal_write(t, "*");
}

/* The line's new length. */
static size_t edit(char *line, size_t len, size_t max, char c)
{
	if (c == BACKSPACE || c == CONTROL_H)
		return len ? len - 1 : 0;
	if (c == CONTROL_U)
		return 0;
	if (len + 1 == max)
		return len;
	line[len] = c;
	return len + 1;
}

int terminal_read(const struct terminal *t, const struct terminal_ask *ask, char *ret_line,
		  size_t max, struct err *err)
{
	size_t len = 0;

	for (;;) {
		size_t before;
		char c = '\0';

		if (next_byte(t, ask->seconds, &c, err) < 0)
			return -1;
		if (c == '\n' || c == '\r')
			break;
		before = width(ret_line, len, ask->group);
		len = edit(ret_line, len, max, c);
		show(t, before, width(ret_line, len, ask->group));
	}
	ret_line[len] = '\0';
	terminal_write(t, "\n");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and secrets at the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cmd.h"

/* Length of the well-formed UTF-8 sequence at s (no overlong forms, no surrogates), 0 if none. */
static size_t utf8_len(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	     ? 1
		   : s[0] >> 5 == 6  ? 2
		   : s[0] >> 4 == 14 ? 3
		   : s[0] >> 3 == 30 ? 4
				     : 0;
	uint32_t cp = n > 1 ? s[0] & (0xffU >> (n + 1)) : s[0];

	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		cp = cp << 6 | (s[i] & 0x3fU);
	}
	if (n > 1 && (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)))
		return 0;
	return n;
}

/* Controls, and what turns the direction of text or ends a line unseen. */
static bool is_hidden(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0; /* U+0080 to U+009F */
	if (n != 3 || s[0] != 0xe2)
		return false;
	/* U+200E, U+200F, U+2028 to U+202E; U+2066 to U+2069 */
	return (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
	       (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

void cmd_print_name(FILE *to, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;

	while (*s) {
		size_t n = utf8_len(s);

		if (n == 0 || is_hidden(s, n)) {
			(void)fprintf(to, "\\x%02x", *s++);
			for (size_t i = 1; i < n; i++)
				(void)fprintf(to, "\\x%02x", *s++);
			continue;
		}
		(void)fwrite(s, 1, n, to);
		s += n;
	}
}

enum asked { ASKED_YES, ASKED_AGAIN, ASKED_NO, ASKED_TOO_LONG };

/* Waits for a line, or for a signal that is blocked and wants to be let through. */
static bool wait_for_line(int tty, int signals)
{
	struct pollfd fds[] = { { .fd = tty, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	while (poll(fds, ARRAY_LEN(fds), -1) < 0)
		if (errno != EINTR)
			return true;
	return !fds[1].revents;
}

/* One line into ret_text; a longer one is no answer, and its rest is dropped with the input. */
static enum asked read_line(int tty, int signals, char *ret_text, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n;

		if (!wait_for_line(tty, signals))
			return ASKED_AGAIN;
		n = read(tty, ret_text + len, max - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ASKED_NO;
		len += (size_t)n;
		if (ret_text[len - 1] == '\n') {
			ret_text[len - 1] = '\0';
			return ASKED_YES;
		}
	}
	return ASKED_TOO_LONG;
}

/*
 * Signals that would end or stop the program wait meanwhile: they get through when the terminal is
 * as it was, and whoever comes back from one is asked again.
 */
static enum asked ask_once(int tty, const char *prompt, char *ret_text, size_t max)
{
	static const int stopping[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP };
	AUTO_FD signals = -1;
	enum asked asked = ASKED_NO;
	struct termios before;
	struct termios quiet;
	sigset_t block;
	sigset_t old;

	(void)sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_LEN(stopping); i++)
		(void)sigaddset(&block, stopping[i]);
	signals = signalfd(-1, &block, SFD_CLOEXEC);
	if (signals < 0 || tcgetattr(tty, &before) < 0)
		return ASKED_NO;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)pthread_sigmask(SIG_BLOCK, &block, &old);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0 && dprintf(tty, "%s: ", prompt) > 0)
		asked = read_line(tty, signals, ret_text, max);
	if (asked != ASKED_YES)
		explicit_bzero(ret_text, max);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	(void)dprintf(tty, "\n");
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return asked;
}

int cmd_ask_secret(const char *prompt, const char *instead, char *ret_text, size_t max,
		   struct err *err)
{
	AUTO_FD tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum asked asked = ASKED_AGAIN;

	if (tty < 0 || !isatty(tty))
		return err_set(err,
			       "a passphrase is needed and there is no terminal to ask on: give %s",
			       instead);
	while (asked == ASKED_AGAIN)
		asked = ask_once(tty, prompt, ret_text, max);
	if (asked == ASKED_TOO_LONG)
		return err_set(err, "the passphrase is longer than %zu bytes", max - 1);
	if (asked == ASKED_NO)
		return err_set(err, "no passphrase was given");
	return 0;
}

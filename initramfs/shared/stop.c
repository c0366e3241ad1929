/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the console, and ending a boot that must not go on. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "initramfs/shared/boot.h"

#define LINE_MAX_BYTES 2048
#define LEVEL_STOP "<0>" /* KERN_EMERG: shown on every console whatever the log level */
#define LEVEL_SAY "<5>"	 /* KERN_NOTICE */

/* Does what is written to /dev/kmsg at level 0 reach the consoles? */
static bool kmsg_is_shown(const struct boot *boot)
{
	char text[64];

	if (boot->kmsg_stop < 0 || boot->dirs.proc < 0)
		return false;
	if (env_read(boot->dirs.proc, "sys/kernel/printk", text, sizeof(text), NULL) < 0 ||
	    atoi(text) <= 0)
		return false;
	return env_read(boot->dirs.proc, "sys/kernel/printk_devkmsg", text, sizeof(text), NULL) ==
		       0 &&
	       strcmp(text, "off") != 0;
}

/* Not inlined: the frames of two such lines are too much for one function. */
__attribute__((noinline)) static bool write_line(int fd, const char *level, const char *line)
{
	char text[LINE_MAX_BYTES + 8];
	int n = snprintf(text, sizeof(text), "%s%s\n", level, line);

	return fd >= 0 && n > 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

void say(const struct boot *boot, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!write_line(boot->kmsg, LEVEL_SAY, line))
		(void)write_line(STDERR_FILENO, "", line);
}

static void show(const struct boot *boot, const char *line)
{
	if (kmsg_is_shown(boot) && write_line(boot->kmsg_stop, LEVEL_STOP, line))
		return;
	if (!write_line(boot->console, "", line))
		(void)write_line(STDERR_FILENO, "", line);
}

/* What panic= on the command line asks for: seconds; negative: at once; 0: stay halted. */
static long panic_seconds(const struct boot *boot)
{
	char text[64];

	if (boot->dirs.proc < 0 ||
	    env_read(boot->dirs.proc, "sys/kernel/panic", text, sizeof(text), NULL) < 0)
		return 0;
	return strtol(text, NULL, 10);
}

_Noreturn void stop(const struct boot *boot, enum boot_reason reason, const struct err *why)
{
	char line[LINE_MAX_BYTES];
	long seconds = panic_seconds(boot);

	(void)snprintf(line, sizeof(line), "assay: boot stopped: %s: %s; %s", reason_code(reason),
		       why->text, reason_remedy(reason));
	show(boot, line);
	sync();
	if (seconds > 0)
		(void)sleep((unsigned int)seconds);
	(void)reboot(seconds != 0 ? (int)RB_AUTOBOOT : (int)RB_HALT_SYSTEM);
	for (;;)
		(void)pause();
}

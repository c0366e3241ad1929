/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handing over to init. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "initramfs/boot/parts.h"

extern char **environ;

/* Unknown NAME=VALUE kernel parameters were put into our environment; init gets only these. */
static bool is_kept(const char *variable)
{
	static const char *const kept[] = { "HOME=", "TERM=", "PATH=",	  "LANG=",
					    "init=", "LC_",   "rootmnt=", "drop_caps=" };

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

static void clean_environment(void)
{
	size_t n = 0;

	for (size_t i = 0; environ[i]; i++)
		if (is_kept(environ[i]))
			environ[n++] = environ[i];
	environ[n] = NULL;
}

static int open_console(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, "%s", path);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		return err_errno(err, "%s", path);
	if (fd > 2)
		(void)close(fd);
	return 0;
}

int init_execute(struct boot *boot, struct err *err)
{
	char **init = boot->options.init;

	if (open_console(boot->options.console, err) < 0)
		return -1;
	clean_environment();
	/*
	 * An EFI variable that nothing measures would be obeyed as a second kernel command line:
	 * SystemdOptions; systemd (252, basic/efivars.c) and its generators take this in its place.
	 */
	if (setenv("SYSTEMD_EFI_OPTIONS", "", 1) < 0)
		return err_errno(err, "environment");
	if (boot->options.caps && caps_drop(boot, err) < 0)
		return -1;
	(void)execv(init[0], init);
	if (errno == EACCES)
		return err_set(err, "%s: the kernel refuses to execute it: no valid signature",
			       init[0]);
	return err_errno(err, "%s", init[0]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and running the other programs of Assay. */
#include "assay/dispatch.h"

#include <errno.h>
#include <fcntl.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISPATCH_EXIT_SIGNAL 128 /* added to the signal's number, as shells do */
#define DISPATCH_EXIT_NOT_RUN 127
#define DISPATCH_PATH_MAX 2048 /* bytes */

static bool name_is_fit(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n < DISPATCH_NAME_MAX && name[n] == '\0';
}

/* *ret_path stays NULL when dir holds no such program. */
static int find_in(const char *dir, size_t len, const char *name, char **ret_path, struct err *err)
{
	AUTO_STR path = NULL;

	if (asprintf(&path, "%.*s/assay-%s", (int)len, dir, name) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (access(path, X_OK) == 0)
		*ret_path = take_ptr(&path);
	return 0;
}

int dispatch_find(const char *name, char **ret_path, struct err *err)
{
	const char *extra = secure_getenv("ASSAY_EXEC_PATH");
	char self[DISPATCH_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *found = NULL;

	if (!name_is_fit(name))
		return err_set(err, "no command is named '%s'", name);
	if (extra && *extra && find_in(extra, strlen(extra), name, &found, err) < 0)
		return -1;
	while (n > 0 && self[n - 1] != '/')
		n--;
	if (!found && n > 1 && find_in(self, (size_t)n - 1, name, &found, err) < 0)
		return -1;
	if (!found && find_in(ASSAY_LIBEXECDIR, strlen(ASSAY_LIBEXECDIR), name, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, "no command is named '%s'", name);
	*ret_path = found;
	return 0;
}

int dispatch_exec(const char *name, char **argv, struct err *err)
{
	AUTO_STR path = NULL;

	if (dispatch_find(name, &path, err) < 0)
		return -1;
	(void)execv(path, argv);
	return err_errno(err, "execute: %s", path);
}

static const int terminal_signals[] = { SIGINT, SIGQUIT, SIGHUP };

struct signals {
	struct sigaction before[ARRAY_LEN(terminal_signals)];
};

static void signals_ignore(struct signals *s)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < ARRAY_LEN(terminal_signals); i++)
		(void)sigaction(terminal_signals[i], &ignore, &s->before[i]);
}

static void signals_restore(const struct signals *s)
{
	for (size_t i = 0; i < ARRAY_LEN(terminal_signals); i++)
		(void)sigaction(terminal_signals[i], &s->before[i], NULL);
}

static void become(const char *path, char **argv, const char *output_path)
{
	int fd;

	if (output_path) {
		fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(DISPATCH_EXIT_NOT_RUN);
	}
	(void)execv(path, argv);
	_exit(DISPATCH_EXIT_NOT_RUN);
}

int dispatch_run_path(const char *path, char **argv, const char *output_path, int *ret_exit,
		      struct err *err)
{
	struct signals signals;
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	signals_ignore(&signals);
	pid = fork();
	if (pid < 0) {
		(void)err_errno(err, "start: %s", path);
		signals_restore(&signals);
		return -1;
	}
	if (pid == 0) {
		if (!output_path)
			signals_restore(&signals);
		become(path, argv, output_path);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signals_restore(&signals);
	*ret_exit =
		WIFEXITED(status) ? WEXITSTATUS(status) : DISPATCH_EXIT_SIGNAL + WTERMSIG(status);
	if (*ret_exit == DISPATCH_EXIT_NOT_RUN)
		return err_set(err, "execute: %s: could not be run", path);
	return 0;
}

int dispatch_run(const char *name, char **argv, const char *output_path, int *ret_exit,
		 struct err *err)
{
	AUTO_STR path = NULL;

	if (dispatch_find(name, &path, err) < 0)
		return -1;
	argv[0] = strrchr(path, '/') + 1;
	return dispatch_run_path(path, argv, output_path, ret_exit, err);
}

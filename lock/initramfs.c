/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs update-initramfs. */
#include "lock/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/io.h"
#include "cli/progress.h"

#define PROGRAM "/usr/sbin/update-initramfs"
#define WORDS PROGRAM " -u -k all"

/* What it prints is of no use to a person; what goes wrong it says on stderr. */
static int start(pid_t *ret_pid, struct err *err)
{
	char words[5][20] = { "update-initramfs", "-u", "-k", "all" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code == 0) {
		code = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
							O_WRONLY, 0);
		if (code == 0)
			code = posix_spawn(ret_pid, PROGRAM, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	errno = code;
	return code ? err_errno(err, WORDS) : 0;
}

int initramfs_renew(struct err *err)
{
	struct progress progress;
	int status = 0;
	pid_t pid;

	if (!io_exists(PROGRAM))
		return 0;
	progress_init(&progress, "making every initramfs anew, a minute or so");
	progress_say(&progress);
	if (start(&pid, err) < 0) {
		progress_done(&progress);
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	progress_done(&progress);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, WORDS ": it failed: run it again before the next boot");
	return 0;
}

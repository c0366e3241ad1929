/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the network in a process of its own. */
#include "attest/client/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attest/client/drop.h"
#include "base/io.h"

#define APART_DONE 0
#define APART_FAILED 1
#define APART_MUTE 2 /* it could not even say so */

_Noreturn static void child(apart_fn fn, void *ctx, size_t max, int to)
{
	struct buf out = BUF_INIT(max);
	struct err err = ERR_INIT;

	if (drop_privileges(&err) == 0 && fn(ctx, &out, &err) == 0)
		_exit(io_write_all(to, buf_text(&out), out.len, &err) == 0 ? APART_DONE
									   : APART_MUTE);
	_exit(io_write_all(to, err.text, strlen(err.text), NULL) == 0 ? APART_FAILED : APART_MUTE);
}

/* Its answer, whole or not at all, and how it ended. */
static int collect(pid_t pid, int from, struct buf *out, struct err *err)
{
	int rc = io_read_fd(from, "child", out, err);
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, "wait for the child");
	if (rc < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == APART_DONE)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == APART_FAILED)
		return err_set(err, "%.*s", ERR_TEXT_MAX - 1, buf_text(out));
	return err_set(err, "the process that talks to the verifier was ended");
}

int apart_run(apart_fn fn, void *ctx, struct buf *out, struct err *err)
{
	AUTO_FD from = -1;
	AUTO_FD to = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	from = ends[0];
	to = ends[1];
	pid = fork();
	if (pid < 0)
		return err_errno(err, "fork");
	if (pid == 0)
		child(fn, ctx, out->max, to);
	cleanup_fd(&to);
	return collect(pid, from, out, err);
}

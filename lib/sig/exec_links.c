/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interpreters and loader of an execution, judged one after the other. */
#include "sig/exec_links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sig/needs.h"

/* The link that was reached last. */
struct link {
	char path[NEEDS_NAME_MAX];
	char next[NEEDS_NAME_MAX]; /* what it names */
	int fd;
	struct policy_file file;
	struct sim_result result;
};

static void link_free(struct link **link)
{
	if (*link)
		cleanup_fd(&(*link)->fd);
	free(*link);
}

/* The kernel takes the first PT_INTERP. */
static int note_first(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	char *path = ctx;

	(void)err;
	if (kind == NEEDS_INTERPRETER && !*path)
		(void)snprintf(path, NEEDS_NAME_MAX, "%s", text);
	return 0;
}

/* Is this what execve says of such a path, and no trouble of ours? */
static bool is_answer(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
	       error == ENAMETOOLONG;
}

/* Opens l->path into l->file; *ret_error is what execve would say, 0: it is there. */
static int open_link(struct link *l, int *ret_error, struct err *err)
{
	cleanup_fd(&l->fd);
	l->fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (l->fd < 0 && !is_answer(errno))
		return err_errno(err, "open: %s", l->path);
	if (l->fd < 0) {
		*ret_error = errno;
		return 0;
	}
	if (policy_file_load(l->fd, l->path, &l->file, err) < 0)
		return -1;
	*ret_error = S_ISREG(l->file.st.st_mode) ? 0 : EACCES;
	return 0;
}

static int judge_link(const struct exec_walk *walk, struct link *l, enum sim_op op, bool too_deep,
		      struct err *err)
{
	const struct sim_act act = { op, &l->file, walk->task };
	struct exec_link told = { .path = l->path, .result = &l->result };
	int error = 0;

	if (open_link(l, &error, err) < 0)
		return -1;
	if (error == 0 && too_deep)
		error = ELOOP;
	if (error) {
		l->result = (struct sim_result){ .op = op, .error = error };
	} else {
		told.file = &l->file;
		if (policy_simulate(walk->host, &act, &l->result, err) < 0)
			return err_prepend(err, "%s", l->path);
	}
	return walk->fn(walk->ctx, &told, err);
}

int exec_links(const struct exec_walk *walk, const struct policy_file *file, const char *path,
	       struct exec_verdict *ret_verdict, struct err *err)
{
	CLEANUP(link_free) struct link *l = calloc(1, sizeof(*l));
	const struct policy_file *at = file;
	const char *name = path;
	struct exec_verdict verdict = { .allowed = true };

	if (!l)
		return err_set(err, "%s: out of memory", path);
	l->fd = -1;
	for (size_t depth = 0; verdict.allowed; depth++) {
		enum sim_op op = at->is_elf ? SIM_LOADER : SIM_EXEC;

		/* A loader is mapped, not executed: nobody asks what it needs. */
		if (depth && l->result.op == SIM_LOADER)
			break;
		l->next[0] = '\0';
		if (needs_read(at->fd, name, note_first, l->next, err) < 0)
			return -1;
		if (!l->next[0])
			break;
		memcpy(l->path, l->next, sizeof(l->path));
		if (judge_link(walk, l, op, op == SIM_EXEC && depth >= EXEC_INTERPRETERS_MAX, err) <
		    0)
			return -1;
		verdict = (struct exec_verdict){ l->result.allowed, l->result.error,
						 l->result.killed, op };
		at = &l->file;
		name = l->path;
	}
	*ret_verdict = verdict;
	return 0;
}

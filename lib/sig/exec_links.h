/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What execve(2) needs besides the file: interpreters and loader, judged as the kernel does. */
#ifndef ASSAY_SIG_EXEC_LINKS_H
#define ASSAY_SIG_EXEC_LINKS_H

#include "ima/policy_sim.h"

#define EXEC_INTERPRETERS_MAX 5 /* exec_binprm(), fs/exec.c: behind them ELOOP */

/* One of them.  The path is chosen by whoever wrote the file that names it. */
struct exec_link {
	const char *path;
	const struct policy_file *file;	 /* NULL: it can't be opened, or is no regular file */
	const struct sim_result *result; /* SIM_EXEC of an interpreter, SIM_LOADER of a loader */
};

/* Called for each, in the kernel's order; a failure ends the walk. */
typedef int (*exec_link_fn)(void *ctx, const struct exec_link *link, struct err *err);

/* Who executes where, and who is told. */
struct exec_walk {
	const struct sim_host *host;
	const struct policy_task *task;
	exec_link_fn fn;
	void *ctx;
};

/* Of all links together: the first that is denied ends the walk and decides. */
struct exec_verdict {
	bool allowed;
	int error;	/* errno that execve gives, with allowed false */
	bool killed;	/* it comes after the point of no return */
	enum sim_op op; /* of the link that was denied */
};

/*
 * Follows "#!" and PT_INTERP from an open file that may itself be executed, path for errors, with
 * needs_read(): what that does not read (32-bit programs), and what binfmt_misc starts, is not
 * followed.  A link that can't be opened is denied with that errno.  Fails as policy_simulate does.
 */
MUST_USE int exec_links(const struct exec_walk *walk, const struct policy_file *file,
			const char *path, struct exec_verdict *ret_verdict, struct err *err);

#endif

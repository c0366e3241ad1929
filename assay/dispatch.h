/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `assay X` runs `assay-X`, as `git X` runs `git-X`. */
#ifndef ASSAY_ASSAY_DISPATCH_H
#define ASSAY_ASSAY_DISPATCH_H

#include "base/err.h"

#define DISPATCH_NAME_MAX 32 /* bytes of a program's name behind "assay-" */

/*
 * The path of the program assay-NAME: looked for in $ASSAY_EXEC_PATH, beside this program, and in
 * the libexec directory.  The caller frees it.  Fails with a line when there is none.
 */
MUST_USE int dispatch_find(const char *name, char **ret_path, struct err *err);

/*
 * Becomes assay-NAME with these arguments; returns only when that failed.  argv[0] is what it calls
 * itself in messages: words that can be typed, which the program's own name is not, as it lies
 * outside of PATH.
 */
int dispatch_exec(const char *name, char **argv, struct err *err);

/*
 * Runs assay-NAME with argv (NULL at the end, argv[0] is replaced) and waits.  *ret_exit is its
 * exit code.  output_path: where all it says goes (made anew, mode 0600), NULL: where ours goes.
 * The terminal's interrupt and hangup do not reach the caller, who can put things right when the
 * program fails; nor the program itself where its output goes to a file: it works unseen, and is
 * not to be cut off half done.
 */
MUST_USE int dispatch_run(const char *name, char **argv, const char *output_path, int *ret_exit,
			  struct err *err);

/* As dispatch_run for any program, by absolute path. */
MUST_USE int dispatch_run_path(const char *path, char **argv, const char *output_path,
			       int *ret_exit, struct err *err);

#endif

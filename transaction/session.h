/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One transaction: the process that watches, from dpkg's first hook to its last. */
#ifndef ASSAY_TRANSACTION_SESSION_H
#define ASSAY_TRANSACTION_SESSION_H

#include <sys/types.h>

#include "transaction/watch.h"

#define SESSION_DIR "/run/assay/transaction" /* a socket for each, named as dpkg's process */
#define SESSION_ANSWER_MAX 1536		     /* bytes of what it says at its end */
#define SESSION_PATIENCE 600		     /* seconds without a sign of life, then it hangs */

/*
 * Starts the process that watches; returns when it does.  It ends by session_end, or when dpkg ends
 * without that.  *watch is its, whatever is returned.
 */
MUST_USE int session_begin(pid_t dpkg, struct watch *watch, struct err *err);

/*
 * Has the transaction of that dpkg label what is left, and end.  *ret_there: there was one.
 * *ret_answer is what went wrong, a line each; empty: nothing.
 *
 * It takes as long as it takes; but a process that gets no further for so many seconds is ended,
 * and that is a failure.  Executions that it held up go on then, and the kernel denies what has no
 * signature.
 */
MUST_USE int session_end(pid_t dpkg, unsigned int patience, bool *ret_there, struct buf *ret_answer,
			 struct err *err);

#endif

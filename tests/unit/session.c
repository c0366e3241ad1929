/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a transaction's end is waited for; what is watched is played here. */
#include "transaction/session.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit/unit.h"

#define PATIENCE 3 /* seconds */

/* How long the end takes, and whether it gets further meanwhile. */
static unsigned int steps; /* of half a second */
static bool moves;
static bool stops; /* as a process that hangs */

int watch_open(struct watch *watch, struct err *err)
{
	(void)watch;
	(void)err;
	return 0;
}

int watch_handle(struct watch *watch, struct err *err)
{
	(void)watch;
	(void)err;
	return 0;
}

void watch_handle_renames(struct watch *watch)
{
	(void)watch;
}

bool watch_is_anxious(const struct watch *watch)
{
	return watch->is_final && watch->waiting.n;
}

void watch_try_waiting(struct watch *watch)
{
	(void)watch;
}

void watch_flush(struct watch *watch)
{
	(void)watch;
}

void watch_look_again(struct watch *watch)
{
	const struct timespec half = { .tv_nsec = 500000000 };

	if (stops)
		(void)raise(SIGSTOP);
	for (unsigned int i = 0; i < steps; i++) {
		if (moves)
			watch->tick(watch->tick_ctx);
		(void)nanosleep(&half, NULL);
	}
}

void watch_done(struct watch *watch)
{
	(void)watch;
}

static struct watch watch = WATCH_INIT;

/* A /run of our own, and a transaction of this process's. */
static int begin(struct err *err)
{
	steps = 0;
	moves = false;
	stops = false;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/run", "tmpfs", 0, NULL) < 0)
		return err_errno(err, "mount");
	return 0;
}

static int end(struct buf *answer, bool *ret_there, struct err *err)
{
	return session_end(getpid(), PATIENCE, ret_there, answer, err);
}

#define NEEDS_MOUNTS \
	do { \
		if (begin(&err) < 0) \
			SKIP("a mount namespace takes root"); \
	} while (0)

/* The process that watches is this one's child; what it was ended by. */
static int ended_by(void)
{
	int status = 0;

	return wait(&status) > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void one_that_gets_further_is_waited_for(void)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there = false;

	NEEDS_MOUNTS;
	steps = 10;
	moves = true;
	CHECK_OK(session_begin(getpid(), &watch, &err), &err);
	CHECK_OK(end(&answer, &there, &err), &err);
	CHECK(there && answer.len == 0 && ended_by() == 0);
}

static void one_that_does_not_is_ended(void)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there = false;

	NEEDS_MOUNTS;
	steps = 60;
	CHECK_OK(session_begin(getpid(), &watch, &err), &err);
	CHECK_FAILS(end(&answer, &there, &err), &err, "got no further for 3 seconds");
	CHECK(there && ended_by() == SIGKILL);
	CHECK_OK(end(&answer, &there, &err), &err);
	CHECK(!there);
}

static void one_that_is_stopped_is_ended(void)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there = false;

	NEEDS_MOUNTS;
	stops = true;
	CHECK_OK(session_begin(getpid(), &watch, &err), &err);
	CHECK_FAILS(end(&answer, &there, &err), &err, "the next run of dpkg, or the next boot");
	CHECK(ended_by() == SIGKILL);
}

static void what_went_wrong_is_told(void)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there = false;

	NEEDS_MOUNTS;
	steps = 3;
	moves = true;
	watch.failed = 2;
	(void)err_set(&watch.failure, "x");
	CHECK_OK(session_begin(getpid(), &watch, &err), &err);
	CHECK_OK(end(&answer, &there, &err), &err);
	watch.failed = 0;
	CHECK(there && strcmp(buf_text(&answer), "2 files could not be signed, the first: x") == 0);
	CHECK(ended_by() == 0);
}

static const struct unit_case cases[] = {
	CASE(one_that_gets_further_is_waited_for),
	CASE(one_that_does_not_is_ended),
	CASE(one_that_is_stopped_is_ended),
	CASE(what_went_wrong_is_told),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that watches, and how it is told that dpkg is done. */
#include "transaction/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/store.h"

#define ALL_WELL "ok"  /* what is said where nothing went wrong */
#define GOES_ON "."    /* what is said meanwhile, */
#define GOES_ON_EACH 1 /* and every how many seconds at most */
#define ANXIOUS 5      /* milliseconds until what is still written to is looked at again */

enum source { SOURCE_EVENTS, SOURCE_RENAMES, SOURCE_SOCKET, SOURCE_DPKG, N_SOURCES };

struct session {
	struct watch *watch;
	int listener;
	int dpkg;  /* pidfd */
	int asker; /* who waits for the end, -1: nobody yet */
	time_t told;
	struct sockaddr_un address;
};

static int address_of(pid_t dpkg, struct sockaddr_un *ret, struct err *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (snprintf(ret->sun_path, sizeof(ret->sun_path), SESSION_DIR "/%d", (int)dpkg) >=
	    (int)sizeof(ret->sun_path))
		return err_set(err, "a process number that is too long");
	return 0;
}

/* Nobody but root may end a transaction. */
static int listen_at(struct session *s, struct err *err)
{
	if (io_make_dirs(SESSION_DIR, err) < 0)
		return -1;
	if (chmod(SESSION_DIR, 0700) < 0)
		return err_errno(err, "chmod: " SESSION_DIR);
	(void)unlink(s->address.sun_path);
	s->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener < 0 ||
	    bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address)) < 0 ||
	    listen(s->listener, 1) < 0)
		return err_errno(err, "listen at %s", s->address.sun_path);
	return 0;
}

static int open_all(struct session *s, pid_t dpkg, struct err *err)
{
	if (address_of(dpkg, &s->address, err) < 0)
		return -1;
	s->dpkg = (int)syscall(SYS_pidfd_open, dpkg, 0);
	if (s->dpkg < 0)
		return err_errno(err, "dpkg, process %d", (int)dpkg);
	if (listen_at(s, err) < 0)
		return -1;
	return watch_open(s->watch, err);
}

/* Of what a power cut in the next moment would take. */
static void sync_all(struct watch *watch)
{
	if (watch->attached)
		sync();
}

/* pacman configures what it unpacks: nothing of it waits for another run. */
static void forget(const struct table *table)
{
	for (size_t i = 0; i < table_packages(table); i++)
		store_remove(STORE_DIR, table_package(table, i));
}

static void finish(struct watch *watch, struct err *err)
{
	if (watch_handle(watch, err) == 0)
		watch_flush(watch);
	watch_look_again(watch);
	if (watch->waiting.n && !*err->text)
		(void)err_set(err, "%zu files are still written to", watch->waiting.n);
	sync_all(watch);
	if (watch->is_final && !watch->failed && !*err->text)
		forget(watch->attacher.table);
}

static void find_asker(struct session *s)
{
	if (s->asker < 0)
		s->asker = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Whoever waits knows by it that this process does not hang. */
static void on_tick(void *ctx)
{
	struct session *s = ctx;
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0 || now.tv_sec < s->told + GOES_ON_EACH)
		return;
	s->told = now.tv_sec;
	find_asker(s);
	if (s->asker >= 0)
		(void)send(s->asker, GOES_ON, strlen(GOES_ON), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void answer(struct session *s, const struct err *err)
{
	const struct watch *watch = s->watch;
	char text[SESSION_ANSWER_MAX] = ALL_WELL;

	if (watch->failed)
		(void)snprintf(text, sizeof(text), "%zu files could not be signed, the first: %s",
			       watch->failed, watch->failure.text);
	else if (*err->text)
		(void)snprintf(text, sizeof(text), "%s", err->text);
	else if (watch->unsigned_packages)
		(void)snprintf(text, sizeof(text), "%zu packages carried no good signatures",
			       watch->unsigned_packages);
	find_asker(s);
	if (s->asker >= 0)
		(void)send(s->asker, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	cleanup_fd(&s->asker);
}

/* Until dpkg says that it is done, or is gone. */
static _Noreturn void serve(struct session *s)
{
	struct pollfd polls[N_SOURCES] = {
		[SOURCE_EVENTS] = { .fd = s->watch->fan, .events = POLLIN },
		[SOURCE_RENAMES] = { .fd = s->watch->renames, .events = POLLIN },
		[SOURCE_SOCKET] = { .fd = s->listener, .events = POLLIN },
		[SOURCE_DPKG] = { .fd = s->dpkg, .events = POLLIN },
	};
	struct err err = ERR_INIT;

	s->watch->tick = on_tick;
	s->watch->tick_ctx = s;
	for (;;) {
		int n = poll(polls, N_SOURCES, watch_is_anxious(s->watch) ? ANXIOUS : -1);

		if (n < 0 && errno != EINTR)
			break;
		if (polls[SOURCE_EVENTS].revents && watch_handle(s->watch, &err) < 0)
			break;
		if (n == 0)
			watch_try_waiting(s->watch);
		if (polls[SOURCE_RENAMES].revents)
			watch_handle_renames(s->watch);
		if (s->asker >= 0 || polls[SOURCE_SOCKET].revents || polls[SOURCE_DPKG].revents)
			break;
	}
	finish(s->watch, &err);
	answer(s, &err);
	(void)unlink(s->address.sun_path);
	watch_done(s->watch);
	_exit(0);
}

/* Nothing of dpkg's terminal and pipes is kept open: whoever reads them waits for their end. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	(void)!chdir("/");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)prctl(PR_SET_DUMPABLE, 0);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		(void)dup2(null, fd);
	cleanup_fd(&null);
}

static _Noreturn void child(struct session *s, pid_t dpkg, int ready)
{
	struct err err = ERR_INIT;

	if (open_all(s, dpkg, &err) < 0) {
		(void)!write(ready, err.text, strlen(err.text));
		_exit(1);
	}
	detach();
	(void)!write(ready, "", 1);
	(void)close(ready);
	serve(s);
}

/* One byte of zero says that it watches; anything else is why it does not. */
static int wait_ready(int ready, struct err *err)
{
	char text[ERR_TEXT_MAX] = "";
	ssize_t n;

	do {
		n = read(ready, text, sizeof(text) - 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1 && text[0] == '\0')
		return 0;
	return err_set(err, "%s", n > 0 ? text : "the process that watches ended at once");
}

int session_begin(pid_t dpkg, struct watch *watch, struct err *err)
{
	struct session s = { .watch = watch, .listener = -1, .dpkg = -1, .asker = -1 };
	int ready[2];
	pid_t pid;
	int rc;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	pid = fork();
	if (pid == 0) {
		(void)close(ready[0]);
		child(&s, dpkg, ready[1]);
	}
	(void)close(ready[1]);
	rc = pid < 0 ? err_errno(err, "fork") : wait_ready(ready[0], err);
	(void)close(ready[0]);
	return rc;
}

/* The listener's, whether it has accepted or not; the connection keeps its number from being
 * another's: that ends with it. */
static int give_up(int fd, unsigned int patience, const struct sockaddr_un *address,
		   struct err *err)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 1)
		(void)kill(peer.pid, SIGKILL);
	(void)unlink(address->sun_path);
	return err_set(
		err,
		"the process that signs what dpkg installed (%d) got no further for %u "
		"seconds and was ended; the next run of dpkg, or the next boot, signs the rest",
		(int)peer.pid, patience);
}

/* A message that is no sign of life; as recv(2). */
static ssize_t receive(int fd, char *text, size_t max)
{
	ssize_t n;

	do {
		n = recv(fd, text, max, 0);
	} while ((n < 0 && errno == EINTR) || (n == (ssize_t)strlen(GOES_ON) && *text == *GOES_ON));
	return n;
}

int session_end(pid_t dpkg, unsigned int patience, bool *ret_there, struct buf *ret_answer,
		struct err *err)
{
	const struct timeval wait = { .tv_sec = (time_t)patience };
	struct sockaddr_un address;
	AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char text[SESSION_ANSWER_MAX];
	ssize_t n;

	*ret_there = false;
	if (address_of(dpkg, &address, err) < 0)
		return -1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return err_errno(err, "socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", address.sun_path);
	*ret_there = true;
	n = receive(fd, text, sizeof(text));
	if (n < 0 && errno == EAGAIN)
		return give_up(fd, patience, &address, err);
	if (n < 0)
		return err_errno(err, "%s", address.sun_path);
	if (n == 0)
		return err_set(err, "the process that watched ended without a word");
	if ((size_t)n == strlen(ALL_WELL) && memcmp(text, ALL_WELL, (size_t)n) == 0)
		return 0;
	return buf_put(ret_answer, text, (size_t)n, err);
}

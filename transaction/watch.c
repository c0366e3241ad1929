/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fanotify: close-write and open-exec, in their order. */
#include "transaction/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "ima/xattr.h"
#include "transaction/making.h"

#define MOUNTS "/proc/self/mounts"
#define EVENTS_MAX 48	 /* events read at a time */
#define RENAMES_MAX 2048 /* bytes of events read at a time */
#define BUSY_TRIES 500	 /* looks at a file that somebody writes */
#define BUSY_TRIES_BEFORE_EXEC 5
#define BUSY_WAIT 2000000 /* nanoseconds between them */
/* An execution may wait behind all that came before it.  Where that is not done with after so long,
 * it is not ours to hold up: the process ends, all who wait go on, and the kernel denies what is
 * not labelled. */
#define BARRIER_SECONDS 120
#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x200 /* include/uapi/linux/fanotify.h, Linux 5.19 */
#endif

/* No file system that a user, or a server, answers for: it would hold up every execution. */
static bool holds_files(const struct mntent *e)
{
	static const char *const types[] = { "ext2", "ext3", "ext4",	 "xfs",	  "btrfs", "f2fs",
					     "jfs",  "zfs",  "bcachefs", "tmpfs", "vfat" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(e->mnt_type, types[i]) == 0)
			return true;
	return false;
}

/* Mounted over, gone since, or of a kind that can't be watched so. */
static bool may_be_left_out(int error)
{
	return error == ENOENT || error == EACCES || error == EOPNOTSUPP || error == ENODEV ||
	       error == EXDEV;
}

static int mark(const struct watch *watch, const char *dir, struct err *err)
{
	if (watch->renames >= 0)
		(void)fanotify_mark(watch->renames, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
				    FAN_MOVED_TO, AT_FDCWD, dir);
	if (fanotify_mark(watch->fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
			  FAN_CLOSE_WRITE | FAN_OPEN_EXEC_PERM, AT_FDCWD, dir) == 0 ||
	    may_be_left_out(errno))
		return 0;
	return err_errno(err, "watch %s", dir);
}

static int mark_all(const struct watch *watch, struct err *err)
{
	FILE *file = setmntent(MOUNTS, "re");
	const struct mntent *e;
	int rc = mark(watch, "/", err);

	if (!file)
		return err_errno(err, MOUNTS);
	while (rc == 0 && (e = getmntent(file)) != NULL)
		if (holds_files(e))
			rc = mark(watch, e->mnt_dir, err);
	(void)endmntent(file);
	return rc;
}

/* A group that asks for permissions is not told of renames: that takes a second one. */
int watch_open(struct watch *watch, struct err *err)
{
	watch->fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK |
					   FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
				   O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NONBLOCK);
	if (watch->fan < 0)
		return err_errno(err, "fanotify");
	watch->renames = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_REPORT_DIR_FID |
					       FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS,
				       O_RDONLY | O_LARGEFILE | O_CLOEXEC);
	return mark_all(watch, err);
}

static void tick(const struct watch *watch)
{
	if (watch->tick)
		watch->tick(watch->tick_ctx);
}

static void note_failure(struct watch *watch, const struct err *why)
{
	if (watch->failed++ == 0)
		watch->failure = *why;
}

/* Done, whether well or not; false: somebody writes it. */
static bool label(struct watch *watch, int fd, const struct attachment *what)
{
	struct err err = ERR_INIT;
	bool busy = false;

	tick(watch);
	if (attach(&watch->attacher, fd, what, &busy, &err) < 0) {
		(void)err_prepend(&err, "%s", what->entry->path);
		note_failure(watch, &err);
	} else if (!busy) {
		watch->attached++;
	}
	return !busy;
}

/* Nobody would look at it again: what a maintainer script changes of it is told of nowhere else. */
static void keep_labelled(struct watch *watch, int *fd, const struct attachment *what)
{
	struct held_set *labelled = &watch->labelled;
	struct err err = ERR_INIT;
	int rc;

	if (!watch->attacher.evm)
		return;
	rc = labelled->n_open < watch->labelled_max ? held_add(labelled, fd, what, &err)
						    : held_add_handle(labelled, fd, what, &err);
	if (rc == 0)
		return;
	(void)err_prepend(&err, "%s: could not be kept in view", what->entry->path);
	note_failure(watch, &err);
}

/* Labels one that waits; false: somebody writes it. */
static bool try_waiting(struct watch *watch, size_t i)
{
	struct held held = watch->waiting.held[i];

	if (!label(watch, held.fd, &held.what))
		return false;
	(void)held_take(&watch->waiting, i);
	keep_labelled(watch, &held.fd, &held.what);
	cleanup_fd(&held.fd);
	return true;
}

/* dpkg has closed it once more: the next is the fsync, or the rename. */
static void note_recent(struct watch *watch, const struct stat *st)
{
	watch->recent[watch->recent_at++ % WATCH_RECENT] = *st;
}

static void label_renamed(struct watch *watch)
{
	for (size_t i = 0; i < WATCH_RECENT; i++) {
		struct stat *recent = &watch->recent[i];
		size_t at;

		if (recent->st_ino && held_find(&watch->waiting, -1, recent, &at) &&
		    making_of(watch->waiting.held[at].fd) == MAKING_DONE && try_waiting(watch, at))
			*recent = (struct stat){ .st_ino = 0 };
	}
}

/*
 * A user's file, which is nobody's business here: no more is heard of it, so that one who writes
 * and closes as fast as he can is not what executions wait for.
 */
static void ignore(const struct watch *watch, int fd)
{
	const unsigned int flags =
		FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY;

	if (fanotify_mark(watch->fan, flags | FAN_MARK_EVICTABLE, FAN_CLOSE_WRITE, fd, NULL) < 0)
		(void)fanotify_mark(watch->fan, flags, FAN_CLOSE_WRITE, fd, NULL);
}

/*
 * v2 signatures are attached at once.  fs-verity must wait: dpkg opens each file twice more, for
 * its writeback and for the fsync right before the rename, and then could not.  What is neither
 * dpkg's nor root's is not read, however much of it there is.
 */
static int on_close(struct watch *watch, pid_t pid, int *fd, struct err *err)
{
	struct attachment what;
	struct stat st;
	size_t at;

	if (fstat(*fd, &st) < 0)
		return err_errno(err, "stat");
	if (held_find(&watch->waiting, *fd, &st, &at)) {
		struct held held;

		if (!held_is_changed(&watch->waiting.held[at], &st)) {
			note_recent(watch, &st);
			return 0;
		}
		held = held_take(&watch->waiting, at);
		cleanup_fd(&held.fd);
	}
	if (pid != watch->dpkg && st.st_uid != 0) {
		ignore(watch, *fd);
		return 0;
	}
	if (attach_find(&watch->attacher, *fd, NULL, &what, err) < 0)
		return -1;
	if (!what.entry)
		return 0;
	if (what.verity) {
		if (watch->is_final)
			note_recent(watch, &st);
		return held_add(&watch->waiting, fd, &what, err);
	}
	if (label(watch, *fd, &what) && !held_find(&watch->labelled, *fd, &st, &at))
		keep_labelled(watch, fd, &what);
	return 0;
}

/* What is about to be executed, and by whom. */
struct execution {
	struct stat st;
	bool by_root;
};

/*
 * What dpkg is not through with must stay as it is, or its fsync fails; but for a control file that
 * is executed, which dpkg is through with when it does that.  Nobody else's execution counts.
 */
static bool is_due(const struct held *held, const struct execution *e)
{
	const enum making making = making_of(held->fd);

	if (!e || making == MAKING_DONE)
		return true;
	return making == MAKING_CONTROL && e->by_root && held->st.st_ino == e->st.st_ino &&
	       held->st.st_dev == e->st.st_dev;
}

/* e NULL: all is to be labelled.  How many are written to? */
static size_t flush_once(struct watch *watch, const struct execution *e)
{
	size_t busy = 0;

	for (size_t i = watch->waiting.n; i > 0; i--)
		if (is_due(&watch->waiting.held[i - 1], e) && !try_waiting(watch, i - 1))
			busy++;
	return busy;
}

static void flush(struct watch *watch, const struct execution *e, size_t tries)
{
	const struct timespec pause = { .tv_nsec = BUSY_WAIT };

	while (flush_once(watch, e) && --tries)
		(void)nanosleep(&pause, NULL);
}

void watch_flush(struct watch *watch)
{
	flush(watch, NULL, BUSY_TRIES);
}

/* fd -1: it is opened by its handle. */
static void look_again(struct watch *watch, int fd, const struct held *held)
{
	AUTO_FD opened = -1;
	struct err err = ERR_INIT;
	int rc = 0;

	tick(watch);
	if (fd < 0) {
		rc = held_open(&watch->labelled, held, &opened, &err);
		fd = opened;
	}
	if (rc == 0 && fd >= 0)
		rc = attach_again(&watch->attacher, fd, &held->what, &err);
	if (rc == 0)
		return;
	(void)err_prepend(&err, "%s", held->what.entry->path);
	note_failure(watch, &err);
}

void watch_look_again(struct watch *watch)
{
	for (size_t i = 0; i < watch->labelled.n; i++)
		look_again(watch, watch->labelled.held[i].fd, &watch->labelled.held[i]);
}

/* What is executed may have become executable after it was written. */
static int label_executed(struct watch *watch, int fd, const struct stat *st, struct err *err)
{
	struct attachment what;
	size_t at;

	if (held_find(&watch->labelled, fd, st, &at)) {
		look_again(watch, fd, &watch->labelled.held[at]);
		return 0;
	}
	if (st->st_uid != 0 || fgetxattr(fd, XATTR_IMA, NULL, 0) >= 0)
		return 0;
	if (attach_find(&watch->attacher, fd, NULL, &what, err) < 0)
		return -1;
	if (what.entry)
		(void)label(watch, fd, &what);
	return 0;
}

static bool is_root(pid_t pid)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == 0;
}

static int before_exec(struct watch *watch, pid_t pid, int fd, struct err *err)
{
	struct execution e = { .by_root = is_root(pid) };

	if (fstat(fd, &e.st) < 0)
		return err_errno(err, "stat");
	flush(watch, &e, BUSY_TRIES_BEFORE_EXEC);
	return label_executed(watch, fd, &e.st, err);
}

/* The kernel decides; here everything goes on, labelled or not.  Not inlined: the frames of it and
 * of on_close are too much for one function. */
__attribute__((noinline)) static int on_exec(struct watch *watch, pid_t pid, int fd,
					     struct err *err)
{
	const struct fanotify_response answer = { .fd = fd, .response = FAN_ALLOW };
	struct err why = ERR_INIT;

	if (before_exec(watch, pid, fd, &why) < 0)
		note_failure(watch, &why);
	if (write(watch->fan, &answer, sizeof(answer)) != sizeof(answer))
		return err_errno(err, "answer fanotify");
	return 0;
}

static int on_event(struct watch *watch, const struct fanotify_event_metadata *event,
		    struct err *err)
{
	AUTO_FD fd = event->fd;
	struct err why = ERR_INIT;

	tick(watch);
	if (event->vers != FANOTIFY_METADATA_VERSION)
		return err_set(err, "fanotify: version %u", event->vers);
	if (event->mask & FAN_Q_OVERFLOW)
		return err_set(err, "fanotify: events were lost");
	if (fd < 0)
		return 0;
	if (event->mask & FAN_OPEN_EXEC_PERM)
		return on_exec(watch, event->pid, fd, err);
	if (event->pid != getpid() && on_close(watch, event->pid, &fd, &why) < 0)
		note_failure(watch, &why);
	label_renamed(watch);
	return 0;
}

/* Is there more?  An event whose file can't be opened is an error of read(2), and gone. */
static bool has_events(const struct watch *watch)
{
	struct pollfd fan = { .fd = watch->fan, .events = POLLIN };

	return poll(&fan, 1, 0) > 0;
}

/* Of what can't be opened right now, as under a lease of a user's, the kernel denies the execution.
 */
static bool is_of_one_event(int error)
{
	return error == EINTR || error == EAGAIN || error == EACCES || error == EPERM ||
	       error == ENOENT || error == ENXIO || error == ENODEV || error == ESTALE ||
	       error == EIO || error == ETXTBSY || error == EROFS;
}

static int handle(struct watch *watch, struct err *err)
{
	struct fanotify_event_metadata events[EVENTS_MAX];

	while (has_events(watch)) {
		struct fanotify_event_metadata *event = events;
		ssize_t len = read(watch->fan, events, sizeof(events));
		int rc = 0;

		if (len < 0 && !is_of_one_event(errno))
			rc = err_errno(err, "fanotify");
		for (; rc == 0 && len > 0 && FAN_EVENT_OK(event, len);
		     event = FAN_EVENT_NEXT(event, len))
			rc = on_event(watch, event, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The deadline is from the first event that waits until none does. */
int watch_handle(struct watch *watch, struct err *err)
{
	int rc;

	(void)alarm(BARRIER_SECONDS);
	rc = handle(watch, err);
	(void)alarm(0);
	return rc;
}

void watch_take_up(struct watch *watch, int *fd)
{
	struct attachment what;
	struct err err = ERR_INIT;
	bool labelled = fgetxattr(*fd, XATTR_IMA, NULL, 0) >= 0;

	if (labelled && !watch->attacher.evm)
		return;
	if (attach_find(&watch->attacher, *fd, NULL, &what, &err) < 0)
		note_failure(watch, &err);
	else if (what.entry && (labelled || label(watch, *fd, &what)))
		keep_labelled(watch, fd, &what);
}

/* What was renamed is not asked for: what waits is looked at, whoever renamed it. */
void watch_handle_renames(struct watch *watch)
{
	char events[RENAMES_MAX];

	while (read(watch->renames, events, sizeof(events)) > 0)
		continue;
	label_renamed(watch);
}

bool watch_is_anxious(const struct watch *watch)
{
	return watch->is_final && watch->waiting.n > 0;
}

void watch_try_waiting(struct watch *watch)
{
	(void)flush_once(watch, NULL);
}

void watch_done(struct watch *watch)
{
	held_done(&watch->waiting);
	held_done(&watch->labelled);
	cleanup_fd(&watch->renames);
	cleanup_fd(&watch->fan);
}

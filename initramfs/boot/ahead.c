/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init will map is read while other steps go on, and appraised by all processors, instead of
 * by one when init maps it. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/root.h"
#include "initramfs/boot/parts.h"

#define AHEAD_TEXT_MAX 16384
#define AHEAD_FILES_MAX 64
#define AHEAD_THREADS_MAX 15
#define AHEAD_STEP (128 << 10) /* bytes read in one go, no more than any device's readahead */
#define AHEAD_STEPS_MAX 512    /* 64 MiB; Debian's init has 17 */

struct ahead {
	struct buf text; /* cut into the names */
	const char *file[AHEAD_FILES_MAX];
	size_t n;
	size_t helpers; /* threads beside the one that goes on */
	int root;	/* O_PATH, the reader's */
	int proc;	/* not its own */
	size_t left;	/* steps that it may still do */
	pthread_t reader;
	bool reading; /* there is a reader */
	atomic_bool pause;
	atomic_size_t next;
	atomic_size_t mapped;
};

static void cleanup_ahead(struct ahead **ahead)
{
	if (!*ahead)
		return;
	cleanup_fd(&(*ahead)->root);
	buf_done(&(*ahead)->text);
	free(*ahead);
	*ahead = NULL;
}

static struct ahead *read_list(const struct boot *boot)
{
	CLEANUP(cleanup_ahead) struct ahead *ahead = calloc(1, sizeof(*ahead));
	struct err none = ERR_INIT;
	char path[BUNDLE_PATH_MAX];
	char *state = NULL;

	if (!ahead)
		return NULL;
	ahead->root = -1;
	ahead->text.max = AHEAD_TEXT_MAX;
	if (bundle_path(boot, "ahead", path, &none) < 0 ||
	    io_read_file(path, &ahead->text, &none) < 0)
		return NULL;
	for (char *line; ahead->n < AHEAD_FILES_MAX && (line = buf_line(&ahead->text, &state));)
		ahead->file[ahead->n++] = line;
	return take_ptr(&ahead);
}

/* The node is looked at before it is opened for reading: to open a device is to run its driver. */
static int open_file(const struct ahead *ahead, const char *path, off_t *ret_size)
{
	AUTO_FD node = root_openat(ahead->root, path, O_PATH);
	char again[64];
	struct stat st;

	if (node < 0 || fstat(node, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	(void)snprintf(again, sizeof(again), "self/fd/%d", node);
	*ret_size = st.st_size;
	return openat(ahead->proc, again, O_RDONLY | O_CLOEXEC);
}

/* The kernel takes at most its device's readahead at a time: mm/readahead.c,
 * force_page_cache_ra(). */
static void read_in(struct ahead *ahead, const char *path)
{
	off_t size = 0;
	AUTO_FD fd = open_file(ahead, path, &size);

	for (off_t at = 0; fd >= 0 && at < size && ahead->left > 0 && !ahead->pause;
	     at += AHEAD_STEP) {
		(void)posix_fadvise(fd, at, AHEAD_STEP, POSIX_FADV_WILLNEED);
		ahead->left--;
	}
}

static void *read_all(void *ctx)
{
	struct ahead *ahead = ctx;

	for (size_t i = 0; i < ahead->n && !ahead->pause; i++)
		read_in(ahead, ahead->file[i]);
	return NULL;
}

static size_t other_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) - 1 : 0;
}

/* Before the root is changed: the list lies in the initramfs.  Nothing is lost without one.  With
 * fs-verity init reads, and the kernel hashes, only what it needs of a file. */
int ahead_start(struct boot *boot, struct err *err UNUSED)
{
	const struct settings *s = &boot->record.settings;
	size_t helpers = other_processors();
	struct ahead *ahead;

	if (s->mode != MODE_ENFORCE || helpers == 0 || (ahead = read_list(boot)) == NULL)
		return 0;
	boot->ahead = ahead;
	ahead->helpers = helpers < AHEAD_THREADS_MAX ? helpers : AHEAD_THREADS_MAX;
	if (s->profile != PROFILE_SIGNATURE)
		return 0;
	ahead->proc = boot->dirs.proc;
	ahead->left = AHEAD_STEPS_MAX;
	ahead->root = open(boot->options.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ahead->reading =
		ahead->root >= 0 && pthread_create(&ahead->reader, NULL, read_all, ahead) == 0;
	return 0;
}

int ahead_pause(struct boot *boot, struct err *err UNUSED)
{
	struct ahead *ahead = boot->ahead;

	if (!ahead || !ahead->reading)
		return 0;
	ahead->pause = true;
	(void)pthread_join(ahead->reader, NULL);
	ahead->reading = false;
	return 0;
}

/* A file that is not there any more, or refused, is so once more when init maps it. */
static bool appraise(const char *path)
{
	struct err none = ERR_INIT;
	AUTO_FD fd = -1;
	void *at;

	if (io_open_regular(path, &fd, &none) < 0)
		return false;
	at = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return at != MAP_FAILED && munmap(at, 1) == 0;
}

static void *work(void *ctx)
{
	struct ahead *ahead = ctx;

	for (size_t i; (i = atomic_fetch_add(&ahead->next, 1)) < ahead->n;)
		if (appraise(ahead->file[i]))
			atomic_fetch_add(&ahead->mapped, 1);
	return NULL;
}

/*
 * All threads end before init is executed, which would interrupt the kernel while it reads a file
 * and leave a denial in its log that was none.
 */
static void appraise_all(struct ahead *ahead)
{
	pthread_t thread[AHEAD_THREADS_MAX];
	size_t n = 0;

	while (n < ahead->helpers && n < ahead->n &&
	       pthread_create(&thread[n], NULL, work, ahead) == 0)
		n++;
	(void)work(ahead);
	while (n > 0)
		(void)pthread_join(thread[--n], NULL);
}

int ahead_appraise(struct boot *boot, struct err *err UNUSED)
{
	CLEANUP(cleanup_ahead) struct ahead *ahead = take_ptr(&boot->ahead);

	if (ahead && ahead->n > 0) {
		appraise_all(ahead);
		report_line(boot, "ahead %zu of %zu", ahead->mapped, ahead->n);
	}
	return 0;
}

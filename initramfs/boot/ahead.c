/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init will map is appraised by all processors, instead of by one when init maps it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/io.h"
#include "initramfs/boot/parts.h"

#define AHEAD_TEXT_MAX 16384
#define AHEAD_FILES_MAX 64
#define AHEAD_THREADS_MAX 15 /* beside the one that goes on */

struct ahead {
	struct buf text; /* cut into the names */
	const char *file[AHEAD_FILES_MAX];
	size_t n;
	atomic_size_t next;
	atomic_size_t mapped;
};

static struct ahead *ahead_free(struct ahead *ahead)
{
	if (ahead)
		buf_done(&ahead->text);
	free(ahead);
	return NULL;
}

/* Before the root is changed: the list lies in the initramfs.  Nothing is lost without one. */
int ahead_read(struct boot *boot, struct err *err UNUSED)
{
	struct ahead *ahead = calloc(1, sizeof(*ahead));
	struct err none = ERR_INIT;
	char path[BUNDLE_PATH_MAX];
	char *state = NULL;

	if (!ahead)
		return 0;
	ahead->text.max = AHEAD_TEXT_MAX;
	if (bundle_path(boot, "ahead", path, &none) < 0 ||
	    io_read_file(path, &ahead->text, &none) < 0) {
		(void)ahead_free(ahead);
		return 0;
	}
	for (char *line; ahead->n < AHEAD_FILES_MAX && (line = buf_line(&ahead->text, &state));)
		ahead->file[ahead->n++] = line;
	boot->ahead = ahead;
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

static size_t other_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) - 1 : 0;
}

/*
 * All threads end before init is executed, which would interrupt the kernel while it reads a file
 * and leave a denial in its log that was none.
 */
static void appraise_all(struct ahead *ahead, size_t helpers)
{
	pthread_t thread[AHEAD_THREADS_MAX];
	size_t n = 0;

	if (helpers > AHEAD_THREADS_MAX)
		helpers = AHEAD_THREADS_MAX;
	while (n < helpers && n < ahead->n && pthread_create(&thread[n], NULL, work, ahead) == 0)
		n++;
	(void)work(ahead);
	while (n > 0)
		(void)pthread_join(thread[--n], NULL);
}

int ahead_appraise(struct boot *boot, struct err *err UNUSED)
{
	struct ahead *ahead = boot->ahead;
	size_t helpers = other_processors();

	if (ahead && ahead->n > 0 && helpers > 0 && boot->record.settings.mode == MODE_ENFORCE) {
		appraise_all(ahead, helpers);
		report_line(boot, "ahead %zu of %zu", ahead->mapped, ahead->n);
	}
	boot->ahead = ahead_free(ahead);
	return 0;
}

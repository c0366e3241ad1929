/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running gpgv. */
#include "pkg/gpgv.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define STATUS_FD 3
#define STATUS_MAX 65536 /* bytes that gpgv tells of the signatures */
#define STATUS_PREFIX "[GNUPG:] "
#define ARGS_MAX (2 * GPGV_KEYRINGS_MAX + 9)

/* The words are not written to: posix_spawn only wants them so. */
static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* Its arguments; the words of the keyrings are cut apart in place. */
static int arguments(char *keyrings, const char *path, char *ret_args[static ARGS_MAX],
		     struct err *err)
{
	size_t n = 0;
	char *rest = keyrings;

	ret_args[n++] = word(GPGV_PROGRAM);
	ret_args[n++] = word("--status-fd=3");
	ret_args[n++] = word("--output=-");
	ret_args[n++] = word("--weak-digest=SHA1");
	for (char *one; (one = strtok_r(rest, " \t", &rest));) {
		if (n + 4 >= ARGS_MAX)
			return err_set(err, "more than %d keyrings", GPGV_KEYRINGS_MAX);
		ret_args[n++] = word("--keyring");
		ret_args[n++] = one;
	}
	ret_args[n++] = word("--");
	ret_args[n++] = word(path);
	ret_args[n] = NULL;
	return 0;
}

static int spawn(char *const *args, int text, int status, pid_t *ret_pid)
{
	char *const env[] = { word("PATH=/usr/bin:/bin"), word("LC_ALL=C"), NULL };
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, text, 1);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, status, STATUS_FD);
	if (!rc)
		rc = posix_spawn(ret_pid, GPGV_PROGRAM, &actions, NULL, args, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Its exit status says nothing here: a further signature by a key that is not asked for makes it
 * fail. */
static int run(char *const *args, int text, int status, struct err *err)
{
	int how = 0;
	pid_t pid;

	errno = spawn(args, text, status, &pid);
	if (errno)
		return err_errno(err, GPGV_PROGRAM);
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, GPGV_PROGRAM);
	if (!WIFEXITED(how))
		return err_set(err, GPGV_PROGRAM ": ended by a signal");
	return 0;
}

/* docs/DETAILS of GnuPG: a key that expired or was revoked has another word than GOODSIG. */
static bool is_good(struct buf *status)
{
	const size_t n = strlen(STATUS_PREFIX);
	char *save = NULL;
	bool good = false;

	for (char *line; (line = buf_line(status, &save));) {
		if (strncmp(line, STATUS_PREFIX, n) != 0)
			continue;
		if (strncmp(line + n, "BADSIG ", 7) == 0)
			return false;
		good = good || strncmp(line + n, "GOODSIG ", 8) == 0;
	}
	return good;
}

static int read_back(int fd, const char *name, struct buf *out, struct err *err)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "%s", name);
	return io_read_fd(fd, name, out, err);
}

int gpgv_read(const char *path, const char *keyrings, struct buf *out, bool *ret_good,
	      struct err *err)
{
	AUTO_STR words = strdup(keyrings);
	AUTO_FD text = memfd_create("text", MFD_CLOEXEC);
	AUTO_FD status = memfd_create("status", MFD_CLOEXEC);
	AUTO_BUF told = BUF_INIT(STATUS_MAX);
	char *args[ARGS_MAX];

	if (!words || text < 0 || status < 0)
		return err_errno(err, "gpgv");
	if (arguments(words, path, args, err) < 0 || run(args, text, status, err) < 0 ||
	    read_back(status, "gpgv", &told, err) < 0 || read_back(text, path, out, err) < 0)
		return -1;
	*ret_good = is_good(&told);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running gpgv. */
#include "pkg/gpgv.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/source.h"

#define STATUS_FD 3
#define STATUS_MAX 65536 /* bytes that gpgv tells of the signatures */
#define STATUS_PREFIX "[GNUPG:] "
#define ARGS_MAX (2 * GPGV_KEYRINGS_MAX + 10)

/* The words are not written to: posix_spawn only wants them so. */
static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* Its arguments; the words of the keyrings are cut apart in place.  data NULL: the text is in the
 * file itself. */
static int arguments(char *keyrings, const char *path, const char *data,
		     char *ret_args[static ARGS_MAX], struct err *err)
{
	size_t n = 0;
	char *rest = keyrings;

	ret_args[n++] = word(GPGV_PROGRAM);
	ret_args[n++] = word("--status-fd=3");
	if (!data)
		ret_args[n++] = word("--output=-");
	ret_args[n++] = word("--weak-digest=SHA1");
	for (char *one; (one = strtok_r(rest, " \t", &rest));) {
		if (n + 5 >= ARGS_MAX)
			return err_set(err, "more than %d keyrings", GPGV_KEYRINGS_MAX);
		ret_args[n++] = word("--keyring");
		ret_args[n++] = one;
	}
	ret_args[n++] = word("--");
	ret_args[n++] = word(path);
	if (data)
		ret_args[n++] = word(data);
	ret_args[n] = NULL;
	return 0;
}

/* What it reads and writes. */
struct ends {
	int in; /* -1: nothing */
	int text;
	int status;
};

static int spawn(char *const *args, const struct ends *ends, pid_t *ret_pid)
{
	char *const env[] = { word("PATH=/usr/bin:/bin"), word("LC_ALL=C"), NULL };
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = ends->in < 0 ? posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
			  : posix_spawn_file_actions_adddup2(&actions, ends->in, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, ends->text, 1);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, ends->status, STATUS_FD);
	if (!rc)
		rc = posix_spawn(ret_pid, GPGV_PROGRAM, &actions, NULL, args, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Its exit status says nothing here: a further signature by a key that is not asked for makes it
 * fail. */
static int wait_for(pid_t pid, struct err *err)
{
	int how = 0;

	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, GPGV_PROGRAM);
	if (!WIFEXITED(how))
		return err_set(err, GPGV_PROGRAM ": ended by a signal");
	return 0;
}

static int run(char *const *args, const struct ends *ends, struct err *err)
{
	pid_t pid;

	errno = spawn(args, ends, &pid);
	return errno ? err_errno(err, GPGV_PROGRAM) : wait_for(pid, err);
}

/* docs/DETAILS of GnuPG: a key that expired or was revoked has another word than GOODSIG. */
static enum gpgv_verdict judge(struct buf *status, char ret_key[static GPGV_KEY_MAX])
{
	static const struct {
		const char *word;
		enum gpgv_verdict means;
	} words[] = { { "BADSIG ", GPGV_BAD },	      { "GOODSIG ", GPGV_GOOD },
		      { "EXPKEYSIG ", GPGV_EXPIRED }, { "EXPSIG ", GPGV_EXPIRED },
		      { "REVKEYSIG ", GPGV_REVOKED }, { "NO_PUBKEY ", GPGV_UNKNOWN_KEY } };
	const size_t n = strlen(STATUS_PREFIX);
	enum gpgv_verdict verdict = GPGV_NONE;
	char *save = NULL;

	for (char *line; (line = buf_line(status, &save));) {
		if (strncmp(line, STATUS_PREFIX, n) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			const size_t len = strlen(words[i].word);

			if (strncmp(line + n, words[i].word, len) != 0 || verdict == GPGV_BAD ||
			    (verdict == GPGV_GOOD && words[i].means != GPGV_BAD))
				continue;
			verdict = words[i].means;
			(void)sscanf(line + n + len, "%40[0-9A-F]", ret_key);
		}
	}
	return verdict;
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
	const struct ends ends = { .in = -1, .text = text, .status = status };
	AUTO_BUF told = BUF_INIT(STATUS_MAX);
	char key[GPGV_KEY_MAX] = "";
	char *args[ARGS_MAX];

	if (!words || text < 0 || status < 0)
		return err_errno(err, "gpgv");
	if (arguments(words, path, NULL, args, err) < 0 || run(args, &ends, err) < 0 ||
	    read_back(status, "gpgv", &told, err) < 0 || read_back(text, path, out, err) < 0)
		return -1;
	*ret_good = judge(&told, key) == GPGV_GOOD;
	return 0;
}

/* A reader that has seen enough is no failure: its verdict tells. */
static int send_all(int to, const uint8_t *data, size_t len, bool *ret_ended, struct err *err)
{
	while (len) {
		ssize_t n = send(to, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			*ret_ended = true;
			return 0;
		}
		if (n < 0)
			return err_errno(err, GPGV_PROGRAM);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Hashes what gpgv is given. */
static int feed(int fd, int to, struct digest *ret_digest, struct err *err)
{
	CLEANUP(source_done) struct source source = SOURCE_INIT;
	bool ended = false;
	ssize_t n;

	if (source_init(&source, fd, err) < 0)
		return -1;
	while ((n = source_next(&source, err)) > 0 && !ended)
		if (send_all(to, source.block, (size_t)n, &ended, err) < 0)
			return -1;
	return n < 0 ? -1 : source_finish(&source, ret_digest, err);
}

/* A socket and no pipe: a write to one that nobody reads is then no signal. */
static int run_fed(char *const *args, int fd, int status, struct digest *ret_digest,
		   struct err *err)
{
	AUTO_FD null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	AUTO_FD ours = -1;
	AUTO_FD its = -1;
	int pair[2];
	pid_t pid;
	int rc;

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, GPGV_PROGRAM);
	ours = pair[0];
	its = pair[1];
	errno = spawn(args, &(struct ends){ .in = its, .text = null, .status = status }, &pid);
	if (errno)
		return err_errno(err, GPGV_PROGRAM);
	cleanup_fd(&its);
	rc = feed(fd, ours, ret_digest, err);
	cleanup_fd(&ours);
	return wait_for(pid, rc < 0 ? NULL : err) < 0 ? -1 : rc;
}

int gpgv_verify(int fd, const char *signature, const char *keyrings, struct gpgv_result *ret,
		struct err *err)
{
	AUTO_STR words = strdup(keyrings);
	AUTO_FD status = memfd_create("status", MFD_CLOEXEC);
	AUTO_BUF told = BUF_INIT(STATUS_MAX);
	char *args[ARGS_MAX];

	*ret = (struct gpgv_result){ .verdict = GPGV_NONE };
	if (!words || status < 0)
		return err_errno(err, "gpgv");
	if (arguments(words, signature, "-", args, err) < 0 ||
	    run_fed(args, fd, status, &ret->digest, err) < 0 ||
	    read_back(status, "gpgv", &told, err) < 0)
		return -1;
	ret->verdict = judge(&told, ret->key);
	return 0;
}

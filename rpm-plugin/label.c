/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsm_file_prepare, for a regular file. */
#include "rpm-plugin/label.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <rpm/rpmlog.h>

#include "ima/xattr.h"

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define NUMBER_MAX 16 /* bytes of a descriptor's number as text */

/* rpm writes to its own, and knows the file by a name within a directory that it does not tell. */
static int open_again(const struct session *s, int fd, const char *dest, int *ret_fd,
		      struct err *err)
{
	char number[NUMBER_MAX];

	if (fd < 0) {
		*ret_fd = open(dest, FLAGS | O_NOFOLLOW);
		return *ret_fd < 0 ? err_errno(err, "open") : 0;
	}
	(void)snprintf(number, sizeof(number), "%d", fd);
	*ret_fd = openat(s->fds, number, FLAGS);
	return *ret_fd < 0 ? err_errno(err, "open again") : 0;
}

/* fs-verity takes a file that nobody can write to, rpm included. */
static int end_writing(int fd, int read_only, struct err *err)
{
	return dup3(read_only, fd, O_CLOEXEC) < 0 ? err_errno(err, "end writing") : 0;
}

/* A boot loader on FAT: the kernel has nothing to appraise there, and runs nothing of it. */
static bool keeps_no_attributes(int fd)
{
	return fgetxattr(fd, XATTR_IMA, NULL, 0) < 0 && errno == EOPNOTSUPP;
}

static void tell_of_file_system(struct session *s, const char *dest)
{
	if (!s->told_of_file_system)
		rpmlog(RPMLOG_WARNING,
		       "assay: not signed: %s: its file system keeps no signatures\n", dest);
	s->told_of_file_system = true;
}

static int attach_all(struct session *s, int rpms, int fd, const struct attachment *what,
		      struct err *err)
{
	bool busy = false;

	if (what->verity && rpms >= 0 && end_writing(rpms, fd, err) < 0)
		return -1;
	if (attach(&s->attacher, fd, what, &busy, err) < 0)
		return -1;
	return busy ? err_set(err, "somebody has it open for writing") : 0;
}

static int keep(struct session *s, int *fd, const struct attachment *what, struct err *err)
{
	if (!s->attacher.evm)
		return 0;
	return s->labelled.n_open < SESSION_HELD_OPEN
		       ? held_add(&s->labelled, fd, what, err)
		       : held_add_handle(&s->labelled, fd, what, err);
}

int label_file(struct session *s, int rpms, const char *dest, struct err *err)
{
	struct attachment what;
	AUTO_FD fd = -1;

	if (open_again(s, rpms, dest, &fd, err) < 0 ||
	    attach_find(&s->attacher, fd, dest, &what, err) < 0)
		return -1;
	if (what.kind == SIG_NONE)
		return 0;
	if (keeps_no_attributes(fd)) {
		tell_of_file_system(s, dest);
		return 0;
	}
	if (!attachment_is_due(&what))
		return err_set(err, "its content is not what the package's header says, or carries "
				    "no signature that serves here");
	if (attach_all(s, rpms, fd, &what, err) < 0)
		return -1;
	return keep(s, &fd, &what, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded before libc: writes for each quote what passed between the network and the TPM, into the
 * file that ASSAY_TEST_TIMES names; a line is "round quote", in microseconds.  The round is from
 * the last byte of an answer (recv) to the evidence on its way (send), the quote what the TPM's
 * socket took of it (connect to the last read). */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	double heard; /* the last byte of the network's */
	double asked; /* the TPM */
	double told;  /* by the TPM */
	int tpm;      /* its socket */
	int to;	      /* where it is noted */
} times = { .tpm = -1, .to = -1 };

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Opened before the process may open nothing any more. */
__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("ASSAY_TEST_TIMES");

	if (path)
		times.to = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
	typedef int (*connect_fn)(int fd, __CONST_SOCKADDR_ARG address, socklen_t len);
	static connect_fn real;
	double begun;
	int rc;

	if (!real)
		real = (connect_fn)dlsym(RTLD_NEXT, "connect");
	begun = now();
	rc = real(fd, address, len);
	if (address.__sockaddr__->sa_family == AF_UNIX) {
		times.tpm = fd;
		times.asked = begun;
	}
	return rc;
}

ssize_t read(int fd, void *to, size_t len)
{
	typedef ssize_t (*read_fn)(int fd, void *to, size_t len);
	static read_fn real;
	ssize_t n;

	if (!real)
		real = (read_fn)dlsym(RTLD_NEXT, "read");
	n = real(fd, to, len);
	if (fd == times.tpm && n > 0)
		times.told = now();
	return n;
}

ssize_t recv(int fd, void *to, size_t len, int flags)
{
	typedef ssize_t (*recv_fn)(int fd, void *to, size_t len, int flags);
	static recv_fn real;
	ssize_t n;

	if (!real)
		real = (recv_fn)dlsym(RTLD_NEXT, "recv");
	n = real(fd, to, len, flags);
	if (n > 0)
		times.heard = now();
	return n;
}

ssize_t send(int fd, const void *from, size_t len, int flags)
{
	typedef ssize_t (*send_fn)(int fd, const void *from, size_t len, int flags);
	static send_fn real;
	ssize_t n;

	if (!real)
		real = (send_fn)dlsym(RTLD_NEXT, "send");
	n = real(fd, from, len, flags);
	if (times.to >= 0 && times.heard > 0 && times.asked > times.heard)
		(void)dprintf(times.to, "%.1f %.1f\n", now() - times.heard,
			      times.told - times.asked);
	times.heard = 0;
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded before libc: makes the Nth call of a kind fail, be short, or be where the process dies. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <ucontext.h>
#include <unistd.h>

/*
 * FAULT_CALL   the kind: malloc, open, read, write, fsync, ... (the second word of each CALL below)
 * FAULT_AT     which call of it, from 1; 0 only counts
 * FAULT_DO     fail, from (it and all later ones fail), kill, or short (every read and write)
 * FAULT_ERRNO  the number that a failing call leaves
 * FAULT_LOG    a file that receives two 64 bit numbers: calls seen, faults made
 *
 * Only what happens between the start of main and its end counts.
 *
 * OpenSSL 3.0's decoder (below OSSL_DECODER_from_bio) follows a null pointer when some of its own
 * allocations fail.  A program that dies in libcrypto's code so, while it loads a key, ends with
 * CRASHED_DECODER; one that dies in any other code dies by the signal.  libarchive 3.6 does the
 * same while it reads headers, and elsewhere calls exit, with a line of its own: that counts
 * likewise.
 */
#define CRASHED_DECODER 126

static _Thread_local bool decoding;

struct tally {
	atomic_uint_fast64_t seen;
	atomic_uint_fast64_t made;
};

enum deed { DEED_FAIL, DEED_FROM, DEED_KILL, DEED_SHORT };

static struct {
	atomic_bool armed;
	const char *call;
	uint64_t at;
	enum deed deed;
	int number;
	struct tally *tally;
	int (*main)(int, char **, char **);
} shim;

/* glibc's own names, which are not in its headers. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *p, size_t len);
typedef int main_fn(int argc, char **argv, char **envp);
int __libc_start_main(main_fn *run, int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

static bool due(const char *kind)
{
	uint64_t n;

	if (!atomic_load(&shim.armed) || strcmp(kind, shim.call) != 0)
		return false;
	n = atomic_fetch_add(&shim.tally->seen, 1) + 1;
	if (shim.at == 0 || n < shim.at || (n > shim.at && shim.deed != DEED_FROM))
		return false;
	atomic_fetch_add(&shim.tally->made, 1);
	if (shim.deed == DEED_KILL)
		(void)kill(getpid(), SIGKILL);
	errno = shim.number;
	return true;
}

static size_t shorter(size_t len)
{
	if (!atomic_load(&shim.armed) || shim.deed != DEED_SHORT || len < 2)
		return len;
	atomic_fetch_add(&shim.tally->made, 1);
	return (len + 1) / 2;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* CALL(type, kind, value when it fails, name, parameters, arguments) */
#define CALL(type, kind, bad, name, params, args) \
	type name params \
	{ \
		type(*real) params = next(#name); \
\
		if (due(#kind)) \
			return bad; \
		return real args; \
	}

void *malloc(size_t len)
{
	return due("malloc") ? NULL : __libc_malloc(len);
}

void *calloc(size_t n, size_t len)
{
	return due("malloc") ? NULL : __libc_calloc(n, len);
}

void *realloc(void *p, size_t len)
{
	return due("malloc") ? NULL : __libc_realloc(p, len);
}

#define OPEN(name, first_param, first_arg) \
	int name first_param \
	{ \
		int(*real) first_param = next(#name); \
		mode_t mode; \
		va_list ap; \
\
		va_start(ap, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
		va_end(ap); \
		if (due("open")) \
			return -1; \
		return real first_arg; \
	}
OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
OPEN(openat64, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
CALL(int, open, -1, mkostemp, (char *path, int flags), (path, flags))
CALL(int, open, -1, mkostemp64, (char *path, int flags), (path, flags))
CALL(FILE *, open, NULL, fopen, (const char *path, const char *how), (path, how))
CALL(FILE *, open, NULL, fopen64, (const char *path, const char *how), (path, how))
CALL(DIR *, opendir, NULL, opendir, (const char *path), (path))
CALL(DIR *, opendir, NULL, fdopendir, (int fd), (fd))
CALL(struct dirent *, readdir, NULL, readdir, (DIR * dir), (dir))
CALL(struct dirent64 *, readdir, NULL, readdir64, (DIR * dir), (dir))

CALL(ssize_t, read, -1, read, (int fd, void *to, size_t len), (fd, to, shorter(len)))
CALL(ssize_t, read, -1, pread, (int fd, void *to, size_t len, off_t at), (fd, to, shorter(len), at))
CALL(ssize_t, read, -1, pread64, (int fd, void *to, size_t len, off64_t at),
     (fd, to, shorter(len), at))
CALL(ssize_t, read, -1, getrandom, (void *to, size_t len, unsigned int flags), (to, len, flags))
CALL(ssize_t, write, -1, write, (int fd, const void *from, size_t len), (fd, from, shorter(len)))
CALL(off_t, lseek, -1, lseek, (int fd, off_t at, int whence), (fd, at, whence))
CALL(off64_t, lseek, -1, lseek64, (int fd, off64_t at, int whence), (fd, at, whence))
CALL(int, fsync, -1, fsync, (int fd), (fd))
CALL(int, fsync, -1, fdatasync, (int fd), (fd))
CALL(int, truncate, -1, ftruncate, (int fd, off_t len), (fd, len))
CALL(int, truncate, -1, ftruncate64, (int fd, off64_t len), (fd, len))
CALL(void *, mmap, MAP_FAILED, mmap, (void *p, size_t len, int prot, int how, int fd, off_t at),
     (p, len, prot, how, fd, at))
CALL(void *, mmap, MAP_FAILED, mmap64, (void *p, size_t len, int prot, int how, int fd, off64_t at),
     (p, len, prot, how, fd, at))

CALL(int, rename, -1, rename, (const char *from, const char *to), (from, to))
CALL(int, rename, -1, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
CALL(int, link, -1, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
CALL(int, mkdir, -1, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, mkdir, -1, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
CALL(int, unlink, -1, unlink, (const char *path), (path))
CALL(int, unlink, -1, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
CALL(int, chmod, -1, fchmod, (int fd, mode_t mode), (fd, mode))
CALL(int, chmod, -1, chmod, (const char *path, mode_t mode), (path, mode))
CALL(int, chown, -1, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
CALL(int, stat, -1, fstat, (int fd, struct stat *st), (fd, st))
CALL(int, stat, -1, fstat64, (int fd, struct stat64 *st), (fd, st))
CALL(int, stat, -1, stat64, (const char *path, struct stat64 *st), (path, st))
CALL(int, stat, -1, lstat64, (const char *path, struct stat64 *st), (path, st))
CALL(int, stat, -1, fstatat64, (int dir, const char *path, struct stat64 *st, int flags),
     (dir, path, st, flags))
CALL(int, utimens, -1, futimens, (int fd, const struct timespec times[2]), (fd, times))

CALL(int, setxattr, -1, fsetxattr,
     (int fd, const char *name, const void *value, size_t len, int flags),
     (fd, name, value, len, flags))
CALL(int, setxattr, -1, setxattr,
     (const char *path, const char *name, const void *value, size_t len, int flags),
     (path, name, value, len, flags))
CALL(ssize_t, getxattr, -1, fgetxattr, (int fd, const char *name, void *value, size_t len),
     (fd, name, value, len))
CALL(ssize_t, getxattr, -1, getxattr, (const char *path, const char *name, void *value, size_t len),
     (path, name, value, len))
CALL(ssize_t, getxattr, -1, lgetxattr,
     (const char *path, const char *name, void *value, size_t len), (path, name, value, len))
CALL(ssize_t, getxattr, -1, flistxattr, (int fd, char *list, size_t len), (fd, list, len))
CALL(int, removexattr, -1, fremovexattr, (int fd, const char *name), (fd, name))

CALL(int, thread, EAGAIN, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg),
     (thread, attr, run, arg))

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = next("ioctl");
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return due("ioctl") ? -1 : real(fd, request, arg);
}

/* libkeyutils makes its calls so. */
long syscall(long number, ...)
{
	long (*real)(long, ...) = next("syscall");
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return due("syscall") ? -1 : real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* OSSL_STORE_INFO *OSSL_STORE_load(OSSL_STORE_CTX *ctx) */
void *OSSL_STORE_load(void *ctx);
void *OSSL_STORE_load(void *ctx)
{
	void *(*real)(void *) = next("OSSL_STORE_load");
	void *info;

	decoding = true;
	info = real(ctx);
	decoding = false;
	return info;
}

static bool is_in(const void *code, const char *library)
{
	Dl_info where;

	return dladdr(code, &where) && strstr(where.dli_fname, library);
}

static void crashed(int number, siginfo_t *info, void *ctx)
{
	const ucontext_t *at = ctx;
	const void *code = (void *)(uintptr_t)at->uc_mcontext.gregs[REG_RIP];
	/* Of a function of libc's that has no frame: strlen and the like. */
	const void *caller = *(void **)(uintptr_t)at->uc_mcontext.gregs[REG_RSP];

	(void)info;
	if ((decoding && is_in(code, "/libcrypto.so")) || is_in(code, "/libarchive.so") ||
	    (is_in(code, "/libc.so") && is_in(caller, "/libarchive.so")))
		_exit(CRASHED_DECODER);
	(void)signal(number, SIG_DFL);
}

void exit(int status)
{
	void (*real)(int) __attribute__((noreturn)) = next("exit");

	if (is_in(__builtin_return_address(0), "/libarchive.so"))
		_exit(CRASHED_DECODER);
	atomic_store(&shim.armed, false);
	real(status);
}

static enum deed deed_of(const char *name)
{
	if (!name || strcmp(name, "fail") == 0)
		return DEED_FAIL;
	if (strcmp(name, "from") == 0)
		return DEED_FROM;
	return strcmp(name, "kill") == 0 ? DEED_KILL : DEED_SHORT;
}

static int armed_main(int argc, char **argv, char **envp)
{
	const char *at = getenv("FAULT_AT");
	const char *number = getenv("FAULT_ERRNO");
	const char *log = getenv("FAULT_LOG");
	int fd = log ? open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	const struct sigaction on_crash = { .sa_sigaction = crashed, .sa_flags = SA_SIGINFO };
	int status;

	shim.call = getenv("FAULT_CALL");
	shim.at = at ? strtoull(at, NULL, 10) : 0;
	shim.deed = deed_of(getenv("FAULT_DO"));
	shim.number = number ? atoi(number) : EIO;
	if (!shim.call || fd < 0 || ftruncate(fd, sizeof(struct tally)) < 0)
		_exit(125);
	shim.tally = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (shim.tally == MAP_FAILED)
		_exit(125);
	if (strcmp(shim.call, "malloc") == 0)
		(void)sigaction(SIGSEGV, &on_crash, NULL);
	atomic_store(&shim.armed, true);
	status = shim.main(argc, argv, envp);
	atomic_store(&shim.armed, false);
	return status;
}

int __libc_start_main(main_fn *run, int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	int (*real)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void),
		    void *) = next("__libc_start_main");

	if (!getenv("FAULT_LOG"))
		return real(run, argc, argv, init, fini, rtld_fini, stack_end);
	shim.main = run;
	return real(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

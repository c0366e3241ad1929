/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proving that the policy took, by what it denies and by what it lets run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "ima/probe.h"
#include "initramfs/boot/parts.h"
#include "sig/needs.h"

#define INTERPRETERS_MAX 6 /* include/linux/binfmts.h: a script's interpreter may be a script */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* include/uapi/linux/memfd.h, Linux 6.3 */
#endif

/* Executed and mapped before and after the load.  Read-only: a file that is open for writing is not
 * executed, whatever the policy says. */
static int probe_open(const struct boot *boot, int *ret_fd, struct err *err)
{
	AUTO_FD fd = memfd_create("assay-probe", MFD_CLOEXEC | MFD_EXEC);
	char path[64];
	int reader;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("assay-probe", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0)
		return err_errno(err, "probe");
	if (io_write_all(fd, IMA_PROBE_TEXT, IMA_PROBE_LEN, err) < 0)
		return err_prepend(err, "probe");
	(void)snprintf(path, sizeof(path), "self/fd/%d", fd);
	reader = openat(boot->dirs.proc, path, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		return err_errno(err, "probe");
	*ret_fd = reader;
	return 0;
}

static int exec_errno(int fd)
{
	char name[] = "probe";
	char *argv[] = { name, NULL };
	char *envp[] = { NULL };

	(void)execveat(fd, "", argv, envp, AT_EMPTY_PATH);
	return errno;
}

static int map_errno(int fd)
{
	void *at = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED)
		return errno;
	(void)munmap(at, 1);
	return 0;
}

static int probe(const struct boot *boot, int want_exec, int want_map, struct err *err)
{
	AUTO_FD fd = -1;
	int got;

	if (probe_open(boot, &fd, err) < 0)
		return -1;
	got = exec_errno(fd);
	if (got != want_exec)
		return err_set(err, "executing an unsigned file: %s, expected %s",
			       strerrorname_np(got), strerrorname_np(want_exec));
	got = map_errno(fd);
	if (got != want_map)
		return err_set(err, "mapping an unsigned file: %s, expected %s",
			       got ? strerrorname_np(got) : "done",
			       want_map ? strerrorname_np(want_map) : "done");
	return 0;
}

int proof_control(struct boot *boot, struct err *err)
{
	if (probe(boot, ENOEXEC, 0, err) < 0)
		return err_prepend(err, "before the policy was loaded");
	return 0;
}

/* Kernels with IMA_WRITE_POLICY keep the node; then the probe alone tells. */
int proof_denial(struct boot *boot, struct err *err)
{
	bool enforce = boot->record.settings.mode == MODE_ENFORCE;
	bool gone = faccessat(boot->dirs.security, "ima/policy", F_OK, 0) < 0 && errno == ENOENT;

	report_line(boot, "policy-node %s", gone ? "gone" : "kept");
	if (!enforce && !gone)
		return err_set(err, "the kernel did not take the policy");
	if (enforce && probe(boot, EACCES, EACCES, err) < 0)
		return err_prepend(err, "the policy is not in force");
	report_line(boot, "proof %s", enforce ? "unsigned exec and mmap denied" : "policy loaded");
	return 0;
}

static int keep_interpreter(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	char *path = ctx;

	if (kind != NEEDS_INTERPRETER || *path)
		return 0;
	if (strlen(text) >= SETTINGS_PATH_MAX)
		return err_set(err, "the interpreter's name is too long");
	strcpy(path, text);
	return 0;
}

/* path becomes that of the interpreter, "" when there is none. */
static int prove_runs(char path[static SETTINGS_PATH_MAX], struct err *err)
{
	char interpreter[SETTINGS_PATH_MAX] = "";
	AUTO_FD fd = -1;
	int got;

	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	got = map_errno(fd);
	if (got == EACCES)
		return err_set(err,
			       "%s: the kernel refuses it: no valid signature by a certificate of "
			       "the record",
			       path);
	if (got != 0)
		return err_set(err, "%s: %s", path, strerror(got));
	if (needs_read(fd, path, keep_interpreter, interpreter, err) < 0)
		return -1;
	strcpy(path, interpreter);
	return 0;
}

/*
 * Init, and the loader or shell that the kernel starts with it, are appraised now, while a denial
 * can still be told.  This is also where the kernel finds and keeps the keyrings.
 */
int proof_init(struct boot *boot, struct err *err)
{
	AUTO_MEM char *path = calloc(1, SETTINGS_PATH_MAX);

	if (boot->record.settings.mode != MODE_ENFORCE)
		return 0;
	if (!path)
		return err_errno(err, "proof");
	(void)snprintf(path, SETTINGS_PATH_MAX, "%s", boot->options.init[0]);
	for (int depth = 0; *path && depth < INTERPRETERS_MAX; depth++)
		if (prove_runs(path, err) < 0)
			return -1;
	report_line(boot, "init %s", boot->options.init[0]);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of one boot, and what assay-guard and assay-boot share of the steps that work on it. */
#ifndef ASSAY_INITRAMFS_BOOT_H
#define ASSAY_INITRAMFS_BOOT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "initramfs/shared/reason.h"
#include "proto/record.h"

#define REPORT_PATH "/run/assay/boot"
#define REPORT_MAX 65536     /* bytes */
#define BUNDLE_PATH_MAX 1024 /* bytes */

/* run-init's calling convention: [-d caps] [-c console] [-n] [-p] /root /sbin/init args... */
struct boot_options {
	const char *root;
	const char *console;
	const char *caps; /* comma-separated names, NULL: none dropped */
	char **init;	  /* init and its arguments, NULL-terminated */
	bool dry_run;	  /* -n: only check that init is there */
	bool persist;	  /* -p: keep the contents of the initramfs */
};

/* Directories of the kernel's own file systems, O_PATH; they outlive the change of root. */
struct boot_dirs {
	int proc;
	int sys;
	int security;
	bool mounted_security; /* by us, in the guard */
};

struct ahead;

struct boot {
	struct boot_options options;
	const char *bundle; /* the bundle's directory */
	struct boot_dirs dirs;
	int kmsg;
	int kmsg_stop; /* for one line: the kernel drops what exceeds ten in five seconds on one */
	int console;
	struct timespec start;
	struct buf record_text;
	struct buf record_sig; /* once it was verified */
	struct buf policy;
	struct record record;
	struct cert_set certs;
	int32_t keyring_ima;
	int32_t keyring_evm;
	struct ahead *ahead; /* of assay-boot, NULL: nothing is appraised ahead */
	bool measured;	     /* the record is in its PCR */
	struct buf report;   /* lines of REPORT_PATH */
	bool report_full;    /* that was said */
};

/* One step: 0, or -1 and a line; what it found goes into the report. */
typedef int (*boot_step_fn)(struct boot *boot, struct err *err);

struct step {
	enum boot_reason reason; /* what a failure of it is called */
	boot_step_fn run;
	bool log_goes_on; /* log mode reports a failure of it, and boots */
};

/* boot.c: NULL: no memory.  A step that fails stops the boot, unless log mode lets it go on. */
struct boot *boot_new(void);
void boot_run(struct boot *boot, const struct step *steps, size_t n);

/* env.c: the kernel's file systems, mounted where nothing else looks. */
MUST_USE int env_prepare(struct boot *boot, struct err *err);
MUST_USE int env_prepare_guard(struct boot *boot, struct err *err);
MUST_USE int env_require_ima(struct boot *boot, struct err *err);
void env_unmount(void);
void env_unmount_guard(const struct boot *boot);

/* Small files of those file systems: one write; a read of at most max - 1 bytes, NUL added. */
MUST_USE int env_write(int dir, const char *path, const char *text, struct err *err);
MUST_USE int env_read(int dir, const char *path, char *ret_text, size_t max, struct err *err);

/* record.c: the name of a part of the bundle; the record, read but not verified. */
MUST_USE int bundle_path(const struct boot *boot, const char *name,
			 char ret_path[static BUNDLE_PATH_MAX], struct err *err);
MUST_USE int bundle_load_record(struct boot *boot, struct err *err);
/* root.c: may everything in the initramfs be deleted?  And, changing root: is init there, a
 * program?
 */
MUST_USE int root_check(struct boot *boot, struct err *err);
MUST_USE int root_dry_run(struct boot *boot, struct err *err);

/* cmdline.c */
MUST_USE int guard_cmdline(struct boot *boot, struct err *err);
MUST_USE int guard_init(struct boot *boot, struct err *err);

/* switches.c */
MUST_USE int switches_set(struct boot *boot, struct err *err);
MUST_USE int switches_lockdown(struct boot *boot, struct err *err);

/* report.c: adds a line; a report that can't be written is said on the console, nothing more. */
void report_line(struct boot *boot, const char *fmt, ...) PRINTF_LIKE(2, 3);
void report_refusal(struct boot *boot, enum boot_reason reason, const struct err *why);
/* For the scripts of the initramfs, in log mode: report_write takes it up. */
MUST_USE int report_early_refusal(struct boot *boot, enum boot_reason reason, const struct err *why,
				  struct err *err);
MUST_USE int report_write(struct boot *boot, struct err *err);

/* stop.c */
void say(const struct boot *boot, const char *fmt, ...) PRINTF_LIKE(2, 3);
_Noreturn void stop(const struct boot *boot, enum boot_reason reason, const struct err *why);

#endif

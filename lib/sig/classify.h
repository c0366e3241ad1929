/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel would appraise: decided by a file's content, mode and place, not by its name. */
#ifndef ASSAY_SIG_CLASSIFY_H
#define ASSAY_SIG_CLASSIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

#define CLASSIFY_HEAD_MAX 2048		 /* bytes read from the start of a file */
#define CLASSIFY_SECTION_NAMES_MAX 65536 /* bytes of its section names looked at */

/*
 * By the hook that appraises (security/integrity/ima/ima_main.c): SIG_EXEC by BPRM_CHECK and
 * MMAP_CHECK, SIG_MODULE by MODULE_CHECK, SIG_FIRMWARE by FIRMWARE_CHECK, SIG_KERNEL by
 * KEXEC_KERNEL_CHECK, SIG_POLICY by POLICY_CHECK.
 */
enum sig_kind { SIG_NONE, SIG_EXEC, SIG_MODULE, SIG_FIRMWARE, SIG_KERNEL, SIG_POLICY };

#define SIG_KINDS 6

/* "executable", "module", ...; "other" for SIG_NONE. */
const char *sig_kind_name(enum sig_kind kind);

/*
 * Judges one open file; the offset of fd stays where it is, st is its fstat, path its name for the
 * error and for rules of place.  These match at any depth, so that a path may be below another
 * root; a relative path is completed from /proc/self/fd.
 *
 *   SIG_FIRMWARE  whatever lies under lib/firmware, where the kernel's loader searches
 *		   (drivers/base/firmware_loader/main.c, fw_path)
 *   SIG_POLICY    etc/ima/ima-policy and what lies under etc/assay/policy
 *   SIG_KERNEL    bzImage by its HdrS magic; below boot/ also EFI PE, arm64 Image and ELF kernels
 *   SIG_MODULE    ELF relocatables with a .modinfo section; xz, zstd and gzip under lib/modules
 *   SIG_EXEC	   ELF executables and shared objects of any machine and mode, PE images (wine and
 *		   .NET map them executable), and whatever has an execute bit: execve appraises a
 *		   file before it knows its format, scripts and binfmt_misc targets included
 *
 * The rest is SIG_NONE: data, static archives, other relocatables, core files, empty files.
 * At most one read of the head for all but relocatables.  Thread-safe.
 */
MUST_USE int classify_fd(int fd, const char *path, const struct stat *st, enum sig_kind *ret_kind,
			 struct err *err);

#endif

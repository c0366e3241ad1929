/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads as much of an ELF file as tells programs, libraries and kernel modules from the rest. */
#ifndef ASSAY_SIG_CLASSIFY_ELF_H
#define ASSAY_SIG_CLASSIFY_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum elf_kind {
	ELF_NOT,     /* not an ELF file */
	ELF_PROGRAM, /* ET_EXEC, ET_DYN: the kernel or a loader maps it executable */
	ELF_MODULE,  /* ET_REL with a .modinfo section */
	ELF_OTHER,   /* objects, core files, unknown types */
};

/*
 * head holds the first len bytes of the file behind fd, which is read on only for relocatables.
 * A damaged file is ELF_OTHER; only a read that fails is an error.
 */
MUST_USE int elf_classify(int fd, const uint8_t *head, size_t len, enum elf_kind *ret_kind,
			  struct err *err);

#endif

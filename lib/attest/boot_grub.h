/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The strings that GRUB measures into PCR 8: which of them is the kernel's command line. */
#ifndef ASSAY_ATTEST_BOOT_GRUB_H
#define ASSAY_ATTEST_BOOT_GRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero before the first. */
struct boot_grub {
	const uint8_t *args; /* of a command that loads a kernel; what comes next is its line */
	size_t args_len;
	const uint8_t *line; /* the kernel's command line, quoted, without BOOT_IMAGE= */
	size_t line_len;
	size_t strings;
	size_t loads;
	bool broken; /* not one kernel loaded once, by what was measured */
};

/*
 * The strings in their order, as they were hashed.  "grub_cmd: " and "kernel_cmdline: " are not
 * hashed, so anybody can swap them: a string is the command line because it follows the command
 * that loads a kernel and has its words, and any other that could be one breaks it.
 */
void boot_grub_string(struct boot_grub *grub, const uint8_t *text, size_t len);

/* Exactly one kernel was loaded, and its command line is known. */
bool boot_grub_knows(const struct boot_grub *grub);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a boot log proves in words: only what follows from digests that were computed anew. */
#ifndef ASSAY_ATTEST_BOOT_FACTS_H
#define ASSAY_ATTEST_BOOT_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "attest/boot_log.h"
#include "base/err.h"

#define BOOT_CMDLINE_MAX 4096

enum boot_way { BOOT_UNKNOWN, BOOT_EFI_STUB, BOOT_UKI, BOOT_GRUB };
enum boot_tri { BOOT_NOT_TOLD, BOOT_NO, BOOT_YES };

struct boot_facts {
	enum boot_way way;
	enum boot_tri secure_boot;	/* the variable SecureBoot, PCR 7 */
	bool cmdline_known;		/* exactly one, and nothing of its PCR is unexplained */
	char cmdline[BOOT_CMDLINE_MAX]; /* UTF-8, escaped; as /proc/cmdline has it */
	size_t unexplained; /* events of PCRs 4, 8, 9, 11, 12 whose data is not what was hashed */
};

/*
 * The log must have been replayed to quoted values before: facts of a log that was not are claims.
 * They are those of the loader that PCR 4 tells of: one that measures nothing leaves PCRs 8 to 12
 * to who comes after it, so they count beside an approved PCR 4 (or 7) only.
 *
 * The kernel's EFI stub hashes its load options and does not log them.  They are then known where
 * another event has them (systemd-boot in PCR 12, the firmware's Boot#### in PCR 1), or by
 * boot_facts_claimed.
 */
MUST_USE int boot_facts_read(const void *data, size_t len, enum hash_algo bank,
			     struct boot_facts *ret_facts, struct err *err);

/* The same, with the command line that the host says it has (/proc/cmdline, no newline): it counts
 * where the log has its digest, and nowhere else.  NULL: none. */
struct boot_claim {
	const void *data;
	size_t len;
	enum hash_algo bank;
	const char *cmdline;
};
MUST_USE int boot_facts_claimed(const struct boot_claim *claim, struct boot_facts *ret_facts,
				struct err *err);

const char *boot_way_name(enum boot_way way); /* "unknown", "efi-stub", "uki", "grub" */

#endif

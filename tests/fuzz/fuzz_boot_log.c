/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot event log: replay and facts agree on what is a log, and facts keep their promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/boot_facts.h"
#include "lock/boot.h"
#include "lock/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char was_cfg[] = "menuentry 'A' {\n\tlinux /k ro\n}\n";
static const char now_cfg[] = "menuentry 'A' {\n\tlinux /k rw\n}\nmenuentry 'B' {\n}\n";

/* Whatever the log says: predicted or refused, and no PCR that was not asked for. */
static void predict(const uint8_t *data, size_t size)
{
	static const struct lock_change changes[] = {
		{ LOCK_CHANGE_INITRD, "/boot/initrd.img-1", NULL, 0, "new", 3 },
		{ LOCK_CHANGE_GRUB_FILE, "/boot/grub/grubenv", NULL, 0, "new", 3 },
		{ LOCK_CHANGE_CMDLINE, "line", "ro", 2, "rw", 2 },
		{ LOCK_CHANGE_GRUB_CFG, "grub.cfg", was_cfg, sizeof(was_cfg) - 1, now_cfg,
		  sizeof(now_cfg) - 1 },
	};
	const struct lock_template t = { data, size, HASH_SHA256, 1 << 4 | 1 << 8, NULL, NULL };
	struct pcr_set pcrs;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (lock_predict(&t, &changes[i], 1, &pcrs, NULL) == 0 && pcrs.mask != t.mask)
			abort();
}

/* A summary can be kept. */
static void summarise(const struct boot_claim *claim)
{
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);

	if (!boot || lock_boot_read(claim, boot, NULL) < 0 ||
	    lock_boot_encode(boot, &out, NULL) < 0 ||
	    lock_boot_decode(out.data, out.len, boot, NULL) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_MEM struct boot_facts *facts = calloc(1, sizeof(*facts));
	const struct boot_claim claim = { data, size, HASH_SHA256,
					  "console=ttyS0 panic=-1 quiet loglevel=0" };
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	int replayed;

	if (!facts)
		abort();
	replayed = boot_log_replay(data, size, HASH_SHA256, &pcrs, &err);
	if (boot_facts_claimed(&claim, facts, &err) != replayed)
		abort();
	if (replayed < 0)
		return 0;
	summarise(&claim);
	predict(data, size);
	if (!facts->cmdline_known && facts->cmdline[0] != '\0')
		abort();
	if (facts->cmdline_known && facts->way == BOOT_UNKNOWN)
		abort();
	if (pcrs.mask > 0xffff || !memchr(facts->cmdline, '\0', sizeof(facts->cmdline)))
		abort();
	return 0;
}

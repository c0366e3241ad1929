/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot event log: replay and facts agree on what is a log, and facts keep their promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/boot_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	if (facts->cmdline_known != (facts->cmdline[0] != '\0') && !facts->cmdline_known)
		abort();
	if (facts->cmdline_known && facts->way == BOOT_UNKNOWN)
		abort();
	if (pcrs.mask > 0xffff || !memchr(facts->cmdline, '\0', sizeof(facts->cmdline)))
		abort();
	return 0;
}

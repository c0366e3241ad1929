/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real boot logs forged wherever the replay does not see it: no fact becomes another one. */
#include "attest/boot_facts.h"

#include "boot_made.h"
#include "unit.h"

#define LOGS "tests/fuzz/corpus/boot_log/"
REAL_FILE(log_qemu, LOGS "qemu-kernel-6.1");
REAL_FILE(log_uki, LOGS "uki-a");
REAL_FILE(log_sdboot, LOGS "systemd-boot-a");
REAL_FILE(log_grub, LOGS "shim-grub-a");

#define LINE "console=ttyS0 panic=-1 quiet loglevel=0"
#define STRIDE 5 /* every byte takes too long for each run */

static struct boot_facts good; /* of the running case: too large for a frame */
static struct boot_facts forged;

static int read_facts(const uint8_t *log, size_t len, const char *claim, struct boot_facts *ret)
{
	const struct boot_claim all = { log, len, HASH_SHA256, claim };

	return boot_facts_claimed(&all, ret, NULL);
}

/* Unknown, or what it is. */
static bool is_no_other_fact(void)
{
	if (forged.cmdline_known && strcmp(forged.cmdline, good.cmdline) != 0)
		return false;
	if (forged.secure_boot != BOOT_NOT_TOLD && forged.secure_boot != good.secure_boot)
		return false;
	return forged.way == good.way || !forged.cmdline_known;
}

/* The log with each type there is at each event. */
static bool types_tell_nothing(const uint8_t *log, size_t len, const char *claim)
{
	static const uint32_t types[] = {
		1, 4, 5, 6, 0xd, 0x80000001, 0x80000002, 0x80000003, 0x80000007, 0x800000e0
	};
	AUTO_MEM uint8_t *copy = malloc(len);
	struct boot_event event;
	struct boot_log at;
	bool end = false;
	bool right = copy && read_facts(log, len, claim, &good) == 0 && good.cmdline_known;

	must(boot_log_open(log, len, HASH_SHA256, &at, NULL));
	while (right && !end) {
		size_t offset = len - at.rd.left + 4;

		must(boot_log_next(&at, &event, &end, NULL));
		for (size_t i = 0; right && !end && i < ARRAY_LEN(types); i++) {
			memcpy(copy, log, len);
			for (size_t j = 0; j < 4; j++)
				copy[offset + j] = (uint8_t)(types[i] >> (8 * j));
			right = read_facts(copy, len, claim, &forged) == 0 && is_no_other_fact();
		}
	}
	return right;
}

static void no_type_makes_another_fact(void)
{
	CHECK(types_tell_nothing(log_qemu, REAL_LEN(log_qemu), LINE " initrd=initrd"));
	CHECK(types_tell_nothing(log_uki, REAL_LEN(log_uki), LINE));
	CHECK(types_tell_nothing(log_sdboot, REAL_LEN(log_sdboot), NULL));
	CHECK(types_tell_nothing(log_grub, REAL_LEN(log_grub), NULL));
}

/* Each byte that the replay does not depend on, changed in three ways. */
static bool bytes_tell_nothing(const uint8_t *log, size_t len, const char *claim, size_t *ret_tried)
{
	static const uint8_t flips[] = { 0x01, 0x20, 0xff };
	AUTO_MEM uint8_t *copy = malloc(len);
	struct pcr_set want;
	struct pcr_set got;

	*ret_tried = 0;
	must(read_facts(log, len, claim, &good));
	must(boot_log_replay(log, len, HASH_SHA256, &want, NULL));
	for (size_t i = 0; copy && i < len; i += STRIDE)
		for (size_t j = 0; j < ARRAY_LEN(flips); j++) {
			memcpy(copy, log, len);
			copy[i] ^= flips[j];
			if (boot_log_replay(copy, len, HASH_SHA256, &got, NULL) < 0 ||
			    memcmp(&got, &want, sizeof(got)) != 0)
				continue;
			(*ret_tried)++;
			if (read_facts(copy, len, claim, &forged) < 0 || !is_no_other_fact())
				return false;
		}
	return copy != NULL;
}

static void no_byte_makes_another_fact(void)
{
	size_t n;

	CHECK(bytes_tell_nothing(log_sdboot, REAL_LEN(log_sdboot), NULL, &n) && n > 1000);
	CHECK(bytes_tell_nothing(log_qemu, REAL_LEN(log_qemu), LINE " initrd=initrd", &n) &&
	      n > 1000);
	CHECK(bytes_tell_nothing(log_grub, REAL_LEN(log_grub), NULL, &n) && n > 1000);
}

static void swapped_words_of_grub_are_unexplained(void)
{
	AUTO_MEM uint8_t *copy = malloc(REAL_LEN(log_grub));
	const char from[] = "grub_cmd: set timeout=0";
	const char to[] = "grub_cmd: set timeout=1";
	uint8_t *at;

	CHECK(copy);
	memcpy(copy, log_grub, REAL_LEN(log_grub));
	at = memmem(copy, REAL_LEN(log_grub), from, sizeof(from));
	CHECK(at);
	memcpy(at, to, sizeof(to));
	CHECK(read_facts(copy, REAL_LEN(log_grub), NULL, &forged) == 0);
	CHECK(forged.unexplained == 1 && !forged.cmdline_known && forged.way == BOOT_GRUB);
}

static const struct unit_case cases[] = {
	CASE(no_type_makes_another_fact),
	CASE(no_byte_makes_another_fact),
	CASE(swapped_words_of_grub_are_unexplained),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot event log: real ones replay to what their TPM held, and no bytes lead astray. */
#include "attest/boot_log.h"

#include "base/hex.h"
#include "boot_made.h"
#include "unit.h"

#define LOGS "tests/fuzz/corpus/boot_log/"
#define PCRS "tests/unit/data/boot/"
REAL_FILE(log_qemu61, LOGS "qemu-kernel-6.1");
REAL_FILE(pcrs_qemu61, PCRS "qemu-kernel-6.1.pcrs");
REAL_FILE(log_qemu612, LOGS "qemu-kernel-6.12");
REAL_FILE(pcrs_qemu612, PCRS "qemu-kernel-6.12.pcrs");
REAL_FILE(log_uki, LOGS "uki-a");
REAL_FILE(pcrs_uki, PCRS "uki-a.pcrs");
REAL_FILE(log_sdboot, LOGS "systemd-boot-a");
REAL_FILE(pcrs_sdboot, PCRS "systemd-boot-a.pcrs");
REAL_FILE(log_grub, LOGS "shim-grub-a");
REAL_FILE(pcrs_grub, PCRS "shim-grub-a.pcrs");

/* Lines "BANK PCR HEX" as that machine's /sys/class/tpm had them; all must be what is replayed. */
static bool replays(const uint8_t *log, size_t len, const uint8_t *pcrs, size_t *ret_checked)
{
	char bank[16];
	char hex[2 * HASH_SIZE_MAX + 1];
	unsigned int pcr;
	int skip;
	const char *at = (const char *)pcrs;

	*ret_checked = 0;
	while (sscanf(at, "%15s %u %128s\n%n", bank, &pcr, hex, &skip) == 3) {
		uint8_t want[HASH_SIZE_MAX];
		struct err err = ERR_INIT;
		enum hash_algo algo;
		struct pcr_set got;
		size_t size;

		must(hash_algo_parse(bank, &algo, &err));
		size = hash_algo_size(algo);
		must(hex_parse(hex, want, size, &err));
		at += skip;
		if (pcr == 10)
			continue; /* IMA's */
		if (boot_log_replay(log, len, algo, &got, &err) < 0 ||
		    memcmp(got.value[pcr], want, size) != 0)
			return false;
		(*ret_checked)++;
	}
	return true;
}

static void real_logs_replay_to_what_the_tpm_held(void)
{
	size_t n;

	CHECK(replays(log_qemu61, REAL_LEN(log_qemu61), pcrs_qemu61, &n) && n == 60);
	CHECK(replays(log_qemu612, REAL_LEN(log_qemu612), pcrs_qemu612, &n) && n == 60);
	CHECK(replays(log_uki, REAL_LEN(log_uki), pcrs_uki, &n) && n == 60);
	CHECK(replays(log_sdboot, REAL_LEN(log_sdboot), pcrs_sdboot, &n) && n == 60);
	CHECK(replays(log_grub, REAL_LEN(log_grub), pcrs_grub, &n) && n == 60);
}

static void one_bit_of_a_digest_is_another_value(void)
{
	AUTO_MEM uint8_t *copy = malloc(REAL_LEN(log_uki));
	struct err err = ERR_INIT;
	size_t n;

	CHECK(copy);
	memcpy(copy, log_uki, REAL_LEN(log_uki));
	copy[REAL_LEN(log_uki) - 60] ^= 1; /* SHA-512 of the last event */
	CHECK(!replays(copy, REAL_LEN(log_uki), pcrs_uki, &n));
	CHECK(err.text[0] == '\0');
}

static void every_cut_is_refused_or_a_shorter_log(void)
{
	for (size_t len = 0; len < REAL_LEN(log_qemu61); len++) {
		struct err err = ERR_INIT;
		struct pcr_set pcrs;
		AUTO_MEM uint8_t *cut = malloc(len + 1);

		CHECK(cut);
		memcpy(cut, log_qemu61, len);
		if (boot_log_replay(cut, len, HASH_SHA256, &pcrs, &err) == 0)
			CHECK(len >= 69); /* behind the first event, at an event's end */
		else
			CHECK(strstr(err.text, "boot log: "));
	}
}

static int replay(const struct buf *log, struct pcr_set *pcrs, struct err *err)
{
	return boot_log_replay(log->data, log->len, HASH_SHA256, pcrs, err);
}

#define LOG(name) \
	AUTO_BUF name = BUF_INIT(2 * BOOT_LOG_MAX); \
	made_begin(&name)

static void a_bank_that_is_not_there_is_refused(void)
{
	struct err err = ERR_INIT;
	struct boot_log log;
	LOG(b);

	CHECK_OK(boot_log_open(b.data, b.len, HASH_SHA256, &log, &err), &err);
	CHECK_FAILS(boot_log_open(b.data, b.len, HASH_SHA384, &log, &err), &err,
		    "boot log: has no bank sha384");
}

/* Bytes of the Spec ID event, each with what is wrong with it then. */
static void spec_id_event_must_be_right(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} bad[] = {
		{ 0, 1, "does not begin" },    { 4, 4, "does not begin" },
		{ 28, 36, "not of its size" }, { 28, 38, "does not begin" },
		{ 32, 'X', "crypto-agile" },   { 46, '2', "crypto-agile" },
		{ 56, 0, "0 banks" },	       { 56, 9, "9 banks" },
		{ 56, 3, "truncated" },	       { 56, 1, "has no bank sha256" },
		{ 62, 31, "bank 0x0004" },     { 66, 48, "bank 0x000b" },
		{ 64, 4, "bank 0x0004" },      { 64, 0xc, "bank 0x000c" },
		{ 68, 1, "not of its size" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		struct boot_log log;
		LOG(b);

		b.data[bad[i].at] = bad[i].value;
		CHECK_FAILS(boot_log_open(b.data, b.len, HASH_SHA256, &log, &err), &err,
			    bad[i].says);
	}
}

#define FIRST 69 /* bytes of the Spec ID event as it is made */
#define AT_COUNT (FIRST + 8)
#define AT_ALG_1 (FIRST + 12)
#define AT_ALG_2 (AT_ALG_1 + 22)
#define AT_SIZE (AT_ALG_2 + 34)

static void counts_and_sizes_that_lie_are_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} bad[] = {
		{ AT_COUNT, 0, "0 digests" },
		{ AT_COUNT, 3, "3 digests, of 2 banks" },
		{ AT_COUNT, 1, "no digest of sha256" },
		{ AT_COUNT + 3, 0x80, "digests, of 2 banks" },
		{ AT_ALG_1, 0xd, "a digest of no bank" },
		{ AT_ALG_2, 4, "two digests of a bank" },
		{ AT_SIZE, 5, "truncated" },
		{ AT_SIZE + 3, 0xff, "larger than 524288 bytes" },
		{ FIRST, 24, "there is no PCR 24" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		struct pcr_set pcrs;
		LOG(b);

		made_data(&b, 7, BOOT_EV_SEPARATOR, "\0\0\0\0", 4);
		CHECK_OK(replay(&b, &pcrs, &err), &err);
		b.data[bad[i].at] = bad[i].value;
		CHECK_FAILS(replay(&b, &pcrs, &err), &err, bad[i].says);
		CHECK_FAILS(replay(&b, &pcrs, &err), &err, "boot log: event 1: ");
	}
}

/* The same alg twice, with room for both. */
static void a_bank_twice_in_one_event_is_refused(void)
{
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	uint8_t zero[32] = { 0 };
	LOG(b);

	made_le(&b, 7, 4);
	made_le(&b, BOOT_EV_SEPARATOR, 4);
	made_le(&b, 2, 4);
	for (int i = 0; i < 2; i++) {
		made_le(&b, 0xb, 2);
		must(buf_put(&b, zero, sizeof(zero), &err));
	}
	made_le(&b, 0, 4);
	CHECK_FAILS(replay(&b, &pcrs, &err), &err, "two digests of a bank");
}

static void made_locality(struct buf *log, uint8_t locality)
{
	uint8_t data[17] = "StartupLocality";

	data[16] = locality;
	made_data(log, 0, BOOT_EV_NO_ACTION, data, sizeof(data));
}

static void startup_locality_is_where_pcr_0_begins(void)
{
	static const uint8_t localities[] = { 0, 3, 4 };

	for (size_t i = 0; i < ARRAY_LEN(localities); i++) {
		uint8_t both[64] = { 0 };
		struct err err = ERR_INIT;
		struct pcr_set pcrs;
		struct digest d;
		LOG(b);

		made_locality(&b, localities[i]);
		made_separator(&b, 0);
		made_separator(&b, 1);
		CHECK_OK(replay(&b, &pcrs, &err), &err);
		CHECK(pcrs.mask == 3);
		CHECK_OK(hash_bytes(HASH_SHA256, "\0\0\0\0", 4, &d, &err), &err);
		memcpy(both + 32, d.data, 32);
		CHECK_OK(hash_bytes(HASH_SHA256, both, 64, &d, &err), &err);
		CHECK_MEM(pcrs.value[1], d.data, 32);
		both[31] = localities[i];
		CHECK_OK(hash_bytes(HASH_SHA256, both, 64, &d, &err), &err);
		CHECK_MEM(pcrs.value[0], d.data, 32);
	}
}

static void startup_locality_comes_once_and_first(void)
{
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	LOG(twice);
	LOG(late);
	LOG(wrong);

	made_locality(&twice, 3);
	made_locality(&twice, 3);
	CHECK_FAILS(replay(&twice, &pcrs, &err), &err, "a second or a late StartupLocality");
	made_separator(&late, 0);
	made_locality(&late, 3);
	CHECK_FAILS(replay(&late, &pcrs, &err), &err, "a second or a late StartupLocality");
	made_locality(&wrong, 1);
	CHECK_FAILS(replay(&wrong, &pcrs, &err), &err, "none of 0, 3, 4");
}

static void no_action_extends_nothing_wherever_it_points(void)
{
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	LOG(b);

	made_data(&b, UINT32_MAX, BOOT_EV_NO_ACTION, "note", 4);
	made_data(&b, 4, BOOT_EV_NO_ACTION, "note", 4);
	made_separator(&b, 17);
	CHECK_OK(replay(&b, &pcrs, &err), &err);
	CHECK(pcrs.mask == 0);
}

static void maxima_hold(void)
{
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	AUTO_MEM uint8_t *large = calloc(1, BOOT_LOG_DATA_MAX + 1);
	LOG(events);
	LOG(at);
	LOG(past);

	CHECK(large);
	for (int i = 0; i < BOOT_LOG_EVENTS_MAX; i++)
		made_separator(&events, 7);
	CHECK_OK(replay(&events, &pcrs, &err), &err);
	made_separator(&events, 7);
	CHECK_FAILS(replay(&events, &pcrs, &err), &err, "more than 4096 events");
	made_data(&at, 7, BOOT_EV_IPL, large, BOOT_LOG_DATA_MAX);
	CHECK_OK(replay(&at, &pcrs, &err), &err);
	made_data(&past, 7, BOOT_EV_IPL, large, BOOT_LOG_DATA_MAX + 1);
	CHECK_FAILS(replay(&past, &pcrs, &err), &err, "larger than 524288 bytes");
	made_data(&at, 7, BOOT_EV_IPL, large, BOOT_LOG_DATA_MAX);
	CHECK_FAILS(replay(&at, &pcrs, &err), &err, "larger than 1048576 bytes");
}

static const struct unit_case cases[] = {
	CASE(real_logs_replay_to_what_the_tpm_held),
	CASE(one_bit_of_a_digest_is_another_value),
	CASE(every_cut_is_refused_or_a_shorter_log),
	CASE(a_bank_that_is_not_there_is_refused),
	CASE(spec_id_event_must_be_right),
	CASE(counts_and_sizes_that_lie_are_refused),
	CASE(a_bank_twice_in_one_event_is_refused),
	CASE(startup_locality_is_where_pcr_0_begins),
	CASE(startup_locality_comes_once_and_first),
	CASE(no_action_extends_nothing_wherever_it_points),
	CASE(maxima_hold),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of a boot: what digests prove, whatever an event's type and words say. */
#include "attest/boot_facts.h"

#include "boot_made.h"
#include "unit.h"

#define LOGS "tests/fuzz/corpus/boot_log/"
REAL_FILE(log_qemu, LOGS "qemu-kernel-6.12");
REAL_FILE(log_uki, LOGS "uki-a");
REAL_FILE(log_sdboot, LOGS "systemd-boot-a");
REAL_FILE(log_grub, LOGS "shim-grub-a");

#define LOG(name) \
	AUTO_BUF name = BUF_INIT(BOOT_LOG_MAX); \
	made_begin(&name)

#define STUB_LINE "console=ttyS0 panic=-1 quiet loglevel=0"

static struct boot_facts facts; /* of the running case: too large for a frame */

static int claimed(const void *data, size_t len, const char *cmdline, struct err *err)
{
	const struct boot_claim claim = { data, len, HASH_SHA256, cmdline };

	return boot_facts_claimed(&claim, &facts, err);
}

static int of(const struct buf *log, struct err *err)
{
	return boot_facts_read(log->data, log->len, HASH_SHA256, &facts, err);
}

static void a_stub_tells_its_command_line_to_who_knows_it(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(claimed(log_qemu, REAL_LEN(log_qemu), NULL, &err), &err);
	CHECK(facts.way == BOOT_EFI_STUB && facts.secure_boot == BOOT_NO);
	CHECK(!facts.cmdline_known && facts.unexplained == 0);
	CHECK_OK(claimed(log_qemu, REAL_LEN(log_qemu), STUB_LINE " initrd=initrd", &err), &err);
	CHECK(facts.cmdline_known);
	CHECK_STR(facts.cmdline, STUB_LINE " initrd=initrd");
	CHECK_OK(claimed(log_qemu, REAL_LEN(log_qemu), STUB_LINE, &err), &err);
	CHECK(!facts.cmdline_known);
	CHECK_STR(facts.cmdline, "");
}

static void a_uki_tells_its_own_likewise(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(claimed(log_uki, REAL_LEN(log_uki), STUB_LINE, &err), &err);
	CHECK(facts.way == BOOT_UKI && facts.unexplained == 0 && facts.cmdline_known);
	CHECK_STR(facts.cmdline, STUB_LINE);
	CHECK_OK(claimed(log_uki, REAL_LEN(log_uki), STUB_LINE " ima_appraise=off", &err), &err);
	CHECK(facts.way == BOOT_UKI && !facts.cmdline_known);
}

static void systemd_boot_logs_it(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(claimed(log_sdboot, REAL_LEN(log_sdboot), NULL, &err), &err);
	CHECK(facts.way == BOOT_EFI_STUB && facts.unexplained == 0 && facts.cmdline_known);
	CHECK_STR(facts.cmdline, "initrd=\\initrd.img " STUB_LINE);
}

static void grub_logs_it_under_secure_boot(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(claimed(log_grub, REAL_LEN(log_grub), NULL, &err), &err);
	CHECK(facts.way == BOOT_GRUB && facts.secure_boot == BOOT_YES);
	CHECK(facts.unexplained == 0 && facts.cmdline_known);
	CHECK_STR(facts.cmdline, "BOOT_IMAGE=/vmlinuz-1 " STUB_LINE);
}

/* A copy with bytes replaced, wherever they stand. */
static size_t replace(uint8_t *data, size_t len, const char *from, const char *to, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i + n <= len; i++) {
		if (memcmp(data + i, from, n) != 0)
			continue;
		memcpy(data + i, to, n);
		found++;
	}
	return found;
}

static void words_that_were_not_hashed_are_nothing(void)
{
	AUTO_MEM uint8_t *copy = malloc(REAL_LEN(log_grub));
	struct err err = ERR_INIT;

	CHECK(copy);
	memcpy(copy, log_grub, REAL_LEN(log_grub));
	CHECK(replace(copy, REAL_LEN(log_grub), "kernel_cmdline: /vmlinuz-1 c",
		      "kernel_cmdline: /vmlinuz-1 C", 28) == 1);
	CHECK_OK(claimed(copy, REAL_LEN(log_grub), NULL, &err), &err);
	CHECK(!facts.cmdline_known && facts.unexplained == 1);
	memcpy(copy, log_grub, REAL_LEN(log_grub));
	CHECK(replace(copy, REAL_LEN(log_grub), "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0\1",
		      "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0\0", 21) == 1);
	CHECK_OK(claimed(copy, REAL_LEN(log_grub), NULL, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
}

/* Every type that there is, on the events that matter. */
static void types_are_not_believed(void)
{
	static const uint32_t types[] = { 1, 4, 5, 6, 0xd, 0x80000002, 0x80000007, 0x800000e0 };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct err err = ERR_INIT;
		uint8_t zero[4] = { 0 };
		LOG(b);

		made_data(&b, 7, types[i],
			  MADE_GLOBAL "\x0a\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
				      "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0\1",
			  53);
		made_data(&b, 7, types[i], zero, sizeof(zero));
		CHECK_OK(of(&b, &err), &err);
		CHECK(facts.secure_boot == BOOT_YES);
	}
}

static void secure_boot_is_told_once_before_the_separator(void)
{
	struct err err = ERR_INIT;
	LOG(good);
	LOG(late);
	LOG(again);
	LOG(after);
	LOG(unseparated);
	LOG(nothing);

	made_secure_boot(&good, "\0");
	made_separator(&good, 7);
	CHECK_OK(of(&good, &err), &err);
	CHECK(facts.secure_boot == BOOT_NO);
	made_separator(&late, 7);
	made_secure_boot(&late, "\1");
	CHECK_OK(of(&late, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
	made_secure_boot(&again, "\0");
	made_secure_boot(&again, "\1");
	made_separator(&again, 7);
	CHECK_OK(of(&again, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
	made_secure_boot(&after, "\0");
	made_separator(&after, 7);
	made_secure_boot(&after, "\1");
	CHECK_OK(of(&after, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
	made_secure_boot(&unseparated, "\1");
	CHECK_OK(of(&unseparated, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
	CHECK_OK(of(&nothing, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD && facts.way == BOOT_UNKNOWN);
}

/* A log with this variable before the separator: what is told. */
static enum boot_tri told_by(uint32_t pcr, const char *guid_name, const char *value, size_t len)
{
	struct err err = ERR_INIT;
	LOG(b);

	made_variable(&b, pcr, guid_name, value, len);
	made_separator(&b, 7);
	return of(&b, &err) == 0 ? facts.secure_boot : BOOT_YES;
}

static void only_the_global_variable_is_secure_boot(void)
{
	CHECK(told_by(7, MADE_GLOBAL "SecureBoot", "\1", 1) == BOOT_YES);
	CHECK(told_by(7, MADE_DATABASE "SecureBoot", "\1", 1) == BOOT_NOT_TOLD);
	CHECK(told_by(7, MADE_GLOBAL "SecureBoo", "\1", 1) == BOOT_NOT_TOLD);
	CHECK(told_by(7, MADE_GLOBAL "SecureBootX", "\1", 1) == BOOT_NOT_TOLD);
	CHECK(told_by(7, MADE_GLOBAL "SecureBoot", "\2", 1) == BOOT_NOT_TOLD);
	CHECK(told_by(7, MADE_GLOBAL "SecureBoot", "\1\1", 2) == BOOT_NOT_TOLD);
	CHECK(told_by(7, MADE_GLOBAL "SecureBoot", "", 0) == BOOT_NO);
	CHECK(told_by(6, MADE_GLOBAL "SecureBoot", "\1", 1) == BOOT_NOT_TOLD);
	CHECK(told_by(1, MADE_GLOBAL "SecureBoot", "\1", 1) == BOOT_NOT_TOLD);
}

static void what_stands_unexplained_before_it_voids_secure_boot(void)
{
	struct err err = ERR_INIT;
	LOG(opaque);
	LOG(debug);

	made_secure_boot(&opaque, "\1");
	made_event(&opaque, &(struct made){ 7, MADE_DRIVER_CONFIG, "a", 1, "b", 1 });
	made_separator(&opaque, 7);
	CHECK_OK(of(&opaque, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
	made_data(&debug, 7, MADE_ACTION, "UEFI Debug Mode", 15);
	made_secure_boot(&debug, "\1");
	made_separator(&debug, 7);
	CHECK_OK(of(&debug, &err), &err);
	CHECK(facts.secure_boot == BOOT_NOT_TOLD);
}

/* Strings of PCR 8 in their order, the prefix before '|'; is the command line known? */
static bool grub_knows(const char *const *strings)
{
	struct err err = ERR_INIT;
	LOG(b);

	for (; *strings; strings++) {
		const char *bar = strchr(*strings, '|');
		char prefix[32] = "";

		memcpy(prefix, *strings, (size_t)(bar - *strings));
		made_grub(&b, prefix, bar + 1);
	}
	return of(&b, &err) == 0 && facts.cmdline_known;
}

#define GRUB(...) grub_knows((const char *const[]){ __VA_ARGS__, NULL })
#define CMD "grub_cmd: |"
#define KERNEL "kernel_cmdline: |"

static void grub_s_strings_are_told_apart_by_their_order(void)
{
	CHECK(GRUB(CMD "set x=y", CMD "linux /k ro", KERNEL "/k ro", CMD "initrd /i"));
	CHECK_STR(facts.cmdline, "BOOT_IMAGE=/k ro");
	CHECK(GRUB(CMD "! linux /k 'a b'", KERNEL "/k \"'a b'\""));
	/* The prefix is not hashed. */
	CHECK(GRUB(KERNEL "linux /k ro", CMD "/k ro"));
	CHECK_STR(facts.cmdline, "BOOT_IMAGE=/k ro");
	/* A line that follows no command, before or behind the true one. */
	CHECK(!GRUB(KERNEL "/k ro", CMD "linux /k evil", CMD "/k evil"));
	CHECK(!GRUB(CMD "linux /k evil", CMD "/k evil", KERNEL "/k ro"));
	CHECK(!GRUB(CMD "linux /k evil", CMD "/k evil", CMD "linux /k ro", KERNEL "/k ro"));
	CHECK(!GRUB(KERNEL "/k ro"));
	CHECK(!GRUB(CMD "linux /k ro"));
	CHECK(!GRUB(CMD "linux /k ro", CMD "boot", KERNEL "/k ro"));
	CHECK(!GRUB(CMD "linux /k evil", KERNEL "/k ro"));
	CHECK(!GRUB(CMD "linux /k ro", KERNEL "/k ro x"));
	CHECK(!GRUB(CMD "linux /k ro x", KERNEL "/k ro"));
	CHECK(!GRUB(CMD "(hd0)/k ro", CMD "linux /k ro", KERNEL "/k ro"));
	CHECK(!GRUB(CMD "0+2000 evil", CMD "linux /k ro", KERNEL "/k ro"));
}

static void what_else_grub_may_start_voids_it(void)
{
	CHECK(!GRUB(CMD "linux /k ro", KERNEL "/k ro", CMD "chainloader /evil.efi"));
	CHECK(!GRUB(CMD "linux /k ro", KERNEL "/k ro", CMD "multiboot2 /evil"));
	CHECK(!GRUB(CMD "linux /k ro", KERNEL "/k ro", CMD "! time linux /k evil"));
	CHECK(!GRUB(CMD "linux /k ro", KERNEL "/k ro", CMD "linuxefi /k", KERNEL "/k"));
	CHECK(GRUB(CMD "linux /k ro", KERNEL "/k ro", CMD "times"));
}

static void strings_without_a_prefix_are_strings(void)
{
	struct err err = ERR_INIT;
	LOG(b);

	made_data(&b, 8, BOOT_EV_IPL, "linux /k evil", 13);
	made_data(&b, 8, BOOT_EV_IPL, "/k evil", 7);
	made_grub(&b, "grub_cmd: ", "linux /k ro");
	made_grub(&b, "kernel_cmdline: ", "/k ro");
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.way == BOOT_GRUB && !facts.cmdline_known);
}

static void an_unexplained_string_voids_it(void)
{
	struct err err = ERR_INIT;
	LOG(b);

	made_event(&b, &(struct made){ 8, BOOT_EV_IPL, "linux /k evil", 13, "grub_cmd: x", 12 });
	made_grub(&b, "grub_cmd: ", "linux /k ro");
	made_grub(&b, "kernel_cmdline: ", "/k ro");
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.way == BOOT_GRUB && !facts.cmdline_known && facts.unexplained == 1);
}

static void grub_in_another_pcr_is_no_grub(void)
{
	struct err err = ERR_INIT;
	const char said[] = "kernel_cmdline: /k ro";
	LOG(b);

	made_event(&b, &(struct made){ 9, BOOT_EV_IPL, "/k ro", 5, said, sizeof(said) });
	made_event(&b, &(struct made){ 12, BOOT_EV_IPL, "/k ro", 5, said, sizeof(said) });
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.way == BOOT_UNKNOWN && !facts.cmdline_known && facts.unexplained == 2);
}

/* PCR 9 after these events, with a claim of "ro": known? */
static bool stub_knows(const struct buf *log, const char *claim)
{
	struct err err = ERR_INIT;

	return claimed(log->data, log->len, claim, &err) == 0 && facts.cmdline_known;
}

static void the_stub_s_options_come_first_and_once(void)
{
	LOG(good);
	LOG(bare);
	LOG(twice);
	LOG(relabelled);
	LOG(late);
	LOG(initrds);

	made_options(&good, "ro");
	made_tag(&good, MADE_TAG_INITRD, "initrd", 6);
	CHECK(stub_knows(&good, "ro"));
	CHECK(!stub_knows(&good, "ro "));
	CHECK(!stub_knows(&good, "\xff"));
	made_tag(&bare, MADE_TAG_OPTIONS, "r\0o", 4);
	CHECK(stub_knows(&bare, "ro"));
	made_options(&twice, "evil");
	made_options(&twice, "ro");
	CHECK(!stub_knows(&twice, "ro") && facts.unexplained == 1);
	/* The true options said to be an initrd, and true-looking ones extended behind them. */
	made_tag(&relabelled, MADE_TAG_INITRD, "e\0v\0i\0l\0\0", 10);
	made_tag(&relabelled, MADE_TAG_INITRD, "initrd", 6);
	made_options(&relabelled, "ro");
	CHECK(!stub_knows(&relabelled, "ro"));
	made_event(&late, &(struct made){ 9, BOOT_EV_EVENT_TAG, "x", 1, "y", 1 });
	made_options(&late, "ro");
	CHECK(!stub_knows(&late, "ro"));
	made_options(&initrds, "ro");
	made_tag(&initrds, MADE_TAG_INITRD, "initrd", 6);
	made_tag(&initrds, MADE_TAG_INITRD, "another", 7);
	CHECK(!stub_knows(&initrds, "ro") && facts.unexplained == 1);
}

static void systemd_boot_s_line_must_be_what_the_kernel_took(void)
{
	LOG(same);
	LOG(other);
	LOG(alone);

	made_line(&same, "ro quiet");
	made_options(&same, "ro quiet");
	CHECK(stub_knows(&same, NULL));
	CHECK_STR(facts.cmdline, "ro quiet");
	made_line(&other, "ro quiet");
	made_options(&other, "evil");
	CHECK(!stub_knows(&other, NULL));
	made_line(&alone, "ro quiet");
	CHECK(!stub_knows(&alone, NULL) && facts.way == BOOT_UNKNOWN);
}

/* The firmware's boot entry: attributes, path length, description, path, load options. */
static void the_firmware_s_entry_has_it(void)
{
	static const char entry[] = "\1\0\0\0\4\0L\0\0\0\x7f\xff\4\0r\0o\0\0";
	LOG(good);
	LOG(other);

	made_variable(&good, 1, MADE_GLOBAL "Boot0001", entry, sizeof(entry));
	made_options(&good, "ro");
	CHECK(stub_knows(&good, NULL));
	CHECK_STR(facts.cmdline, "ro");
	made_variable(&other, 1, MADE_GLOBAL "Boot0001", entry, sizeof(entry));
	made_options(&other, "evil");
	CHECK(!stub_knows(&other, NULL));
}

static void sections_of_a_uki_come_in_pairs(void)
{
	struct err err = ERR_INIT;
	LOG(good);
	LOG(other);
	LOG(unfinished);

	made_section(&good, ".linux", "kernel");
	made_options(&good, "ro");
	CHECK(stub_knows(&good, "ro") && facts.way == BOOT_UKI && facts.unexplained == 0);
	made_section(&other, ".osrel", "text");
	CHECK_OK(of(&other, &err), &err);
	CHECK(facts.way == BOOT_UNKNOWN);
	made_section(&unfinished, ".linux", "kernel");
	made_event(&unfinished,
		   &(struct made){ 11, BOOT_EV_IPL, ".initrd", 8, ".\0i\0n\0i\0t\0r\0d\0\0", 16 });
	CHECK_OK(of(&unfinished, &err), &err);
	CHECK(facts.way == BOOT_UKI && facts.unexplained == 1);
	made_data(&unfinished, 11, BOOT_EV_IPL, "enter-initrd", 12);
	CHECK_OK(of(&unfinished, &err), &err);
	CHECK(facts.unexplained == 1);
}

static void a_name_that_was_not_hashed_is_no_section(void)
{
	struct err err = ERR_INIT;
	LOG(b);

	made_event(&b, &(struct made){ 11, BOOT_EV_IPL, "x", 1, ".\0l\0i\0n\0u\0x\0\0", 14 });
	made_event(&b, &(struct made){ 11, BOOT_EV_IPL, "y", 1, ".\0l\0i\0n\0u\0x\0\0", 14 });
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.way == BOOT_UNKNOWN && facts.unexplained == 2);
}

static void grub_and_a_uki_together_are_unknown(void)
{
	struct err err = ERR_INIT;
	LOG(b);

	made_grub(&b, "grub_cmd: ", "linux /k ro");
	made_grub(&b, "kernel_cmdline: ", "/k ro");
	made_section(&b, ".linux", "kernel");
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.way == BOOT_UNKNOWN && !facts.cmdline_known);
}

static void pcr_4_has_images_and_actions(void)
{
	static const uint8_t image[32] = { 0 };
	struct err err = ERR_INIT;
	LOG(b);

	made_data(&b, 4, MADE_ACTION, "Calling EFI Application from Boot Option", 40);
	made_event(&b, &(struct made){ 4, BOOT_EV_APPLICATION, "pe", 2, image, sizeof(image) });
	made_separator(&b, 4);
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.unexplained == 0);
	made_event(&b, &(struct made){ 4, MADE_ACTION, "pe", 2, image, sizeof(image) });
	made_event(&b, &(struct made){ 4, BOOT_EV_APPLICATION, "pe", 2, image, 31 });
	CHECK_OK(of(&b, &err), &err);
	CHECK(facts.unexplained == 2);
}

static void lines_are_escaped_and_bounded(void)
{
	AUTO_MEM char *text = calloc(1, BOOT_CMDLINE_MAX + 1);
	LOG(escaped);
	LOG(at);
	LOG(past);

	CHECK(text);
	made_line(&escaped, "a\nb\x1b[1m\x7f");
	made_options(&escaped, "a\nb\x1b[1m\x7f");
	CHECK(stub_knows(&escaped, NULL));
	CHECK_STR(facts.cmdline, "a\\nb\\x1b[1m\\x7f");
	memset(text, 'a', BOOT_CMDLINE_MAX - 1);
	made_line(&at, text);
	made_options(&at, text);
	CHECK(stub_knows(&at, NULL) && strlen(facts.cmdline) == BOOT_CMDLINE_MAX - 1);
	text[BOOT_CMDLINE_MAX - 1] = 'a';
	made_line(&past, text);
	made_options(&past, text);
	CHECK(!stub_knows(&past, NULL));
	CHECK_STR(facts.cmdline, "");
}

static const struct unit_case cases[] = {
	CASE(a_stub_tells_its_command_line_to_who_knows_it),
	CASE(a_uki_tells_its_own_likewise),
	CASE(systemd_boot_logs_it),
	CASE(grub_logs_it_under_secure_boot),
	CASE(words_that_were_not_hashed_are_nothing),
	CASE(types_are_not_believed),
	CASE(secure_boot_is_told_once_before_the_separator),
	CASE(only_the_global_variable_is_secure_boot),
	CASE(what_stands_unexplained_before_it_voids_secure_boot),
	CASE(grub_s_strings_are_told_apart_by_their_order),
	CASE(what_else_grub_may_start_voids_it),
	CASE(strings_without_a_prefix_are_strings),
	CASE(an_unexplained_string_voids_it),
	CASE(grub_in_another_pcr_is_no_grub),
	CASE(the_stub_s_options_come_first_and_once),
	CASE(systemd_boot_s_line_must_be_what_the_kernel_took),
	CASE(the_firmware_s_entry_has_it),
	CASE(sections_of_a_uki_come_in_pairs),
	CASE(a_name_that_was_not_hashed_is_no_section),
	CASE(grub_and_a_uki_together_are_unknown),
	CASE(pcr_4_has_images_and_actions),
	CASE(lines_are_escaped_and_bounded),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a boot that is not the approved one is said to be: of real logs, in the user's words. */
#include "lock/explain.h"

#include "base/hex.h"
#include "boot_made.h"
#include "lock/predict.h"
#include "unit.h"

#define LOGS "tests/fuzz/corpus/boot_log/"
#define DATA "tests/unit/data/boot/"
REAL_FILE(qemu61, LOGS "qemu-kernel-6.1");
REAL_FILE(qemu612, LOGS "qemu-kernel-6.12");
REAL_FILE(sd_a, LOGS "systemd-boot-a");
REAL_FILE(sd_b, LOGS "systemd-boot-b");
REAL_FILE(sd_off, LOGS "systemd-boot-off");
REAL_FILE(uki, LOGS "uki-a");
REAL_FILE(uki_insecure, LOGS "uki-a-insecure");
REAL_FILE(grub_a, LOGS "shim-grub-a");
REAL_FILE(grub_b, LOGS "shim-grub-b");
REAL_FILE(grub_off, LOGS "shim-grub-off");
REAL_FILE(grub_a_cfg, DATA "grub-a.cfg");
REAL_FILE(grub_b_cfg, DATA "grub-b.cfg");
REAL_FILE(initrd_a, DATA "initrd-a");
REAL_FILE(initrd_b, DATA "initrd-b");

#define LINE "console=ttyS0 panic=-1 quiet loglevel=0"

static struct lock_boot before; /* of the running case: too large for a frame */
static struct lock_boot after;
static struct lock_explanation said;

static void read_boot(const void *log, size_t len, const char *cmdline, struct lock_boot *ret)
{
	const struct boot_claim claim = { log, len, HASH_SHA256, cmdline };

	must(lock_boot_read(&claim, ret, NULL));
}

static int explain(struct err *err)
{
	const struct lock_side approved = { &before, NULL, 0 };
	const struct lock_side now = { &after, NULL, 0 };

	return lock_explain(&approved, &now, &said, err);
}

/* The two real logs; the command line is the claim where the log does not have it. */
#define EXPLAIN(a, a_line, b, b_line) \
	do { \
		struct err explain_err = ERR_INIT; \
		read_boot(a, REAL_LEN(a), a_line, &before); \
		read_boot(b, REAL_LEN(b), b_line, &after); \
		CHECK_OK(explain(&explain_err), &explain_err); \
	} while (0)

static void the_same_is_nothing(void)
{
	EXPLAIN(sd_a, NULL, sd_a, NULL);
	CHECK(said.n == 0);
	EXPLAIN(grub_b, NULL, grub_b, NULL);
	CHECK(said.n == 0);
}

static void a_parameter_was_added(void)
{
	EXPLAIN(sd_a, NULL, sd_off, NULL);
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "kernel command line: \"ima_appraise=off\" was added");
	EXPLAIN(grub_a, NULL, grub_off, NULL);
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "kernel command line: \"ima_appraise=off\" was added");
	EXPLAIN(sd_off, NULL, sd_a, NULL);
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "kernel command line: \"ima_appraise=off\" was removed");
}

static void another_initramfs_and_line(void)
{
	EXPLAIN(sd_a, NULL, sd_b, NULL);
	CHECK(said.n == 2);
	CHECK_STR(said.lines[0], "kernel command line: \"\"x=a b\"\" was added");
	CHECK_STR(said.lines[1], "initramfs: not the approved one");
	EXPLAIN(grub_a, NULL, grub_b, NULL);
	CHECK(said.n == 2);
	CHECK_STR(said.lines[1], "initramfs: not the approved one");
}

static void another_kernel(void)
{
	EXPLAIN(qemu61, LINE " initrd=initrd", qemu612, LINE " initrd=initrd");
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "kernel: not the approved one");
}

static void secure_boot_was_switched_off(void)
{
	EXPLAIN(uki, LINE, uki_insecure, LINE);
	/* The variables came without keys, and OVMF's PCR 0 depends on them. */
	CHECK(said.n == 6);
	CHECK_STR(said.lines[0], "Secure Boot: off, was on");
	CHECK_STR(said.lines[1], "Secure Boot's PK: changed");
	lock_explanation_cut(&said, 3);
	CHECK(said.n == 3);
	CHECK_STR(said.lines[2], "Secure Boot's KEK: changed (and 3 more)");
	EXPLAIN(uki_insecure, LINE, uki, LINE);
	CHECK_STR(said.lines[0], "Secure Boot: on, was off");
}

static void a_line_that_nobody_knows(void)
{
	EXPLAIN(qemu61, LINE " initrd=initrd", sd_off, NULL);
	CHECK(said.n > 1);
	read_boot(sd_a, REAL_LEN(sd_a), NULL, &before);
	read_boot(sd_off, REAL_LEN(sd_off), NULL, &after);
	after.cmdline_known = false;
	CHECK_OK(explain(&(struct err)ERR_INIT), &(struct err)ERR_INIT);
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "kernel command line: not the approved one");
}

static void another_way_to_boot(void)
{
	EXPLAIN(sd_a, NULL, uki_insecure, LINE);
	CHECK_STR(said.lines[0], "boot loader: uki, was efi-stub");
}

static void a_boot_without_a_log(void)
{
	struct err err = ERR_INIT;

	read_boot(grub_a, REAL_LEN(grub_a), NULL, &before);
	memset(&after, 0, sizeof(after));
	CHECK_OK(explain(&err), &err);
	CHECK(said.n == 1);
	CHECK(strstr(said.lines[0], "boot log: none, was there (GRUB"));
	after = before;
	memset(&before, 0, sizeof(before));
	CHECK_OK(explain(&err), &err);
	CHECK_STR(said.lines[0], "boot log: there was none when this was approved");
}

/* The command lines alone; the rest is that of systemd-boot-a. */
static const char *lines_say(const char *was, const char *now)
{
	read_boot(sd_a, REAL_LEN(sd_a), NULL, &before);
	after = before;
	(void)snprintf(before.cmdline, sizeof(before.cmdline), "%s", was);
	(void)snprintf(after.cmdline, sizeof(after.cmdline), "%s", now);
	must(explain(NULL));
	return said.n == 1 ? said.lines[0] : said.n ? "more than one" : "";
}

static void words_of_command_lines(void)
{
	CHECK_STR(lines_say("ro quiet", "ro quiet"), "");
	CHECK_STR(lines_say("ro quiet", "quiet ro"), "kernel command line: in another order");
	CHECK_STR(lines_say("ro", "ro ro"), "kernel command line: \"ro\" was added");
	CHECK_STR(lines_say("ro", "ro a b"), "kernel command line: \"a\", \"b\" were added");
	CHECK_STR(lines_say("ro", "ro a b c d e"),
		  "kernel command line: \"a\", \"b\", \"c\" and 2 more were added");
	CHECK_STR(lines_say("ro x=\"a b\" y", "ro y"),
		  "kernel command line: \"x=\"a b\"\" was removed");
	CHECK_STR(lines_say("BOOT_IMAGE=/a ro", "BOOT_IMAGE=/b ro"),
		  "kernel command line: another path of the kernel");
	CHECK_STR(lines_say("ro init=/sbin/init", "ro init=/bin/sh"), "more than one");
	CHECK_STR(said.lines[0], "kernel command line: \"init=/bin/sh\" was added");
	CHECK_STR(said.lines[1], "kernel command line: \"init=/sbin/init\" was removed");
	CHECK_STR(lines_say("", "\x1b[2J"), "kernel command line: \"\\x1b[2J\" was added");
}

/* A log of PCR 7 alone, with this database. */
static void read_db(const char *guid_name, const char *value, struct lock_boot *ret)
{
	AUTO_BUF log = BUF_INIT(BOOT_LOG_MAX);

	made_begin(&log);
	made_secure_boot(&log, "\1");
	made_variable(&log, 7, guid_name, value, strlen(value));
	made_separator(&log, 7);
	made_variable(&log, 7, MADE_DATABASE "db", value, strlen(value));
	read_boot(log.data, log.len, NULL, ret);
}

static void keys_of_secure_boot_are_named(void)
{
	static const char *const names[][2] = {
		{ MADE_GLOBAL "PK", "Secure Boot's PK: changed" },
		{ MADE_GLOBAL "KEK", "Secure Boot's KEK: changed" },
		{ MADE_DATABASE "db", "Secure Boot's db: changed" },
		{ MADE_DATABASE "dbx", "Secure Boot's dbx: changed" },
		{ MADE_GLOBAL "db", "boot log: other events than approved" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err err = ERR_INIT;
		size_t at;

		read_db(names[i][0], "one", &before);
		read_db(names[i][0], "two", &after);
		CHECK_OK(explain(&err), &err);
		CHECK(said.n == 2);
		at = i == 4;
		CHECK_STR(said.lines[at], names[i][1]);
		CHECK(strstr(said.lines[!at], "another key verified"));
	}
}

static void a_predicted_boot_is_the_one_that_came(void)
{
	const struct lock_template t = {
		grub_a, REAL_LEN(grub_a), HASH_SHA256, 0xfbff, NULL, NULL
	};
	const struct lock_change changes[] = {
		{ LOCK_CHANGE_GRUB_CFG, "grub.cfg", grub_a_cfg, REAL_LEN(grub_a_cfg), grub_b_cfg,
		  REAL_LEN(grub_b_cfg) },
		{ LOCK_CHANGE_INITRD, "initrd", initrd_a, REAL_LEN(initrd_a), initrd_b,
		  REAL_LEN(initrd_b) },
	};
	struct err err = ERR_INIT;

	CHECK_OK(lock_predict_boot(&t, changes, 2, &before, &err), &err);
	read_boot(grub_b, REAL_LEN(grub_b), NULL, &after);
	CHECK_STR(before.cmdline, after.cmdline);
	CHECK_OK(explain(&err), &err);
	CHECK(said.n == 0);
}

static void it_is_encoded_and_decoded_alike(void)
{
	struct lock_boot *boots[] = { &before, &after };
	struct err err = ERR_INIT;

	read_boot(grub_b, REAL_LEN(grub_b), NULL, &before);
	read_boot(qemu61, REAL_LEN(qemu61), NULL, &after);
	CHECK(before.cmdline_known && !after.cmdline_known);
	for (size_t i = 0; i < ARRAY_LEN(boots); i++) {
		AUTO_MEM struct lock_boot *again = calloc(1, sizeof(*again));
		AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);

		CHECK(again);
		CHECK_OK(lock_boot_encode(boots[i], &out, &err), &err);
		CHECK(out.len < 1024);
		CHECK_OK(lock_boot_decode(out.data, out.len, again, &err), &err);
		CHECK_MEM(again, boots[i], sizeof(*again));
		for (size_t len = 0; len < out.len; len++)
			CHECK_FAILS(lock_boot_decode(out.data, len, again, &err), &err,
				    "approved boot: ");
		CHECK_OK(buf_put_u8(&out, 0, &err), &err);
		CHECK_FAILS(lock_boot_decode(out.data, out.len, again, &err), &err, "damaged");
	}
}

/* That of docs/PROTOCOL.boot. */
static void the_vector_is_decoded(void)
{
	static const char hex[] = "41535341594254310101010002726f0001030000000000000000";
	uint8_t raw[(sizeof(hex) - 1) / 2];
	struct err err = ERR_INIT;

	CHECK_OK(hex_parse(hex, raw, sizeof(raw), &err), &err);
	CHECK_OK(lock_boot_decode(raw, sizeof(raw), &before, &err), &err);
	CHECK(before.has_log && before.way == BOOT_EFI_STUB && before.secure_boot == BOOT_NO);
	CHECK_STR(before.cmdline, "ro");
	CHECK(before.n_marks == 1 && before.marks[0].subject == LOCK_ABOUT_INITRD);
}

static void what_encode_would_not_write_is_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 'B' },	      { 7, '2' },   { 8, 2 },	  { 9, BOOT_GRUB + 1 },
		{ 10, BOOT_YES + 1 }, { 11, 0x7f }, { 13, '\n' }, { 13, 0 },
		{ 13, 0xff },	      { 15, 1 },    { 16, 129 },  { 17, LOCK_ABOUT_N },
	};
	struct err err = ERR_INIT;
	AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);

	memset(&before, 0, sizeof(before));
	before.has_log = true;
	before.cmdline_known = true;
	strcpy(before.cmdline, "ro");
	before.n_marks = 1;
	CHECK_OK(lock_boot_encode(&before, &out, &err), &err);
	CHECK_OK(lock_boot_decode(out.data, out.len, &after, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t was = out.data[bad[i].at];

		out.data[bad[i].at] = bad[i].value;
		CHECK_FAILS(lock_boot_decode(out.data, out.len, &after, &err), &err,
			    "approved boot: ");
		out.data[bad[i].at] = was;
	}
}

/* More events than marks, and the longest command line: still in bounds. */
static void the_largest_boot_fits(void)
{
	AUTO_BUF log = BUF_INIT(BOOT_LOG_MAX);
	AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);
	struct err err = ERR_INIT;
	char line[LOCK_BOOT_CMDLINE_MAX + 1] = "";

	memset(line, 'a', LOCK_BOOT_CMDLINE_MAX - 1);
	made_begin(&log);
	made_line(&log, line);
	made_options(&log, line);
	for (int i = 0; i < 2 * LOCK_BOOT_MARKS_MAX; i++)
		made_separator(&log, 7);
	read_boot(log.data, log.len, NULL, &before);
	CHECK(before.n_marks == LOCK_BOOT_MARKS_MAX && before.cmdline_known);
	CHECK_OK(lock_boot_encode(&before, &out, &err), &err);
	CHECK_OK(lock_boot_decode(out.data, out.len, &after, &err), &err);
	made_data(&log, 7, BOOT_EV_IPL, "one more", 8);
	read_boot(log.data, log.len, NULL, &after);
	CHECK_OK(explain(&err), &err);
	CHECK(said.n == 1);
	line[LOCK_BOOT_CMDLINE_MAX - 1] = 'a';
	log.len = 0;
	made_begin(&log);
	made_line(&log, line);
	made_options(&log, line);
	read_boot(log.data, log.len, NULL, &before);
	CHECK(!before.cmdline_known && before.cmdline[0] == '\0');
}

static void lines_are_cut_to_what_was_asked(void)
{
	struct lock_explanation *e = &said;

	memset(e, 0, sizeof(*e));
	for (int i = 0; i < LOCK_LINES_MAX + 2; i++)
		lock_explanation_add(e, "line %d", i);
	CHECK(e->n == LOCK_LINES_MAX && e->more == 2);
	lock_explanation_cut(e, 3);
	CHECK(e->n == 3 && e->more == 0);
	CHECK_STR(e->lines[1], "line 1");
	CHECK_STR(e->lines[2], "line 2 (and 23 more)");
	lock_explanation_cut(e, 3);
	CHECK_STR(e->lines[2], "line 2 (and 23 more)");
	memset(e->lines[0], 'x', LOCK_LINE_MAX - 1);
	lock_explanation_cut(e, 1);
	CHECK(e->n == 1 && strstr(e->lines[0], "x (and 2 more)"));
}

static const struct unit_case cases[] = {
	CASE(the_same_is_nothing),
	CASE(a_parameter_was_added),
	CASE(another_initramfs_and_line),
	CASE(another_kernel),
	CASE(secure_boot_was_switched_off),
	CASE(a_line_that_nobody_knows),
	CASE(another_way_to_boot),
	CASE(a_boot_without_a_log),
	CASE(words_of_command_lines),
	CASE(keys_of_secure_boot_are_named),
	CASE(a_predicted_boot_is_the_one_that_came),
	CASE(it_is_encoded_and_decoded_alike),
	CASE(the_vector_is_decoded),
	CASE(what_encode_would_not_write_is_refused),
	CASE(the_largest_boot_fits),
	CASE(lines_are_cut_to_what_was_asked),
	CASE_END,
};
UNIT_MAIN(cases)

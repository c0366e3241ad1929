/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prediction: from the log of one real boot to what the TPM held after another, and no guesses. */
#include "lock/predict.h"

#include "base/hex.h"
#include "boot_made.h"
#include "unit.h"

#define LOGS "tests/fuzz/corpus/boot_log/"
#define DATA "tests/unit/data/boot/"
REAL_FILE(sd_a, LOGS "systemd-boot-a");
REAL_FILE(sd_b_pcrs, DATA "systemd-boot-b.pcrs");
REAL_FILE(sd_off_pcrs, DATA "systemd-boot-off.pcrs");
REAL_FILE(grub_a, LOGS "shim-grub-a");
REAL_FILE(grub_b, LOGS "shim-grub-b");
REAL_FILE(grub_a_pcrs, DATA "shim-grub-a.pcrs");
REAL_FILE(grub_b_pcrs, DATA "shim-grub-b.pcrs");
REAL_FILE(grub_off_pcrs, DATA "shim-grub-off.pcrs");
REAL_FILE(grub_a_cfg, DATA "grub-a.cfg");
REAL_FILE(grub_b_cfg, DATA "grub-b.cfg");
REAL_FILE(grub_off_cfg, DATA "grub-off.cfg");
REAL_FILE(initrd_a, DATA "initrd-a");
REAL_FILE(initrd_b, DATA "initrd-b");

#define BOOT_MASK 0xfbff /* 0-9, 11-15 */
#define LINE "initrd=\\initrd.img console=ttyS0 panic=-1 quiet loglevel=0"

/* The lengths of real files are known when the program runs only. */
static struct lock_change real_change(enum lock_change_kind kind, const uint8_t *was,
				      size_t was_len, const uint8_t *now, size_t now_len)
{
	return (struct lock_change){ kind, "/boot/file", was, was_len, now, now_len };
}

#define REAL_CHANGE(kind, was, now) real_change(kind, was, REAL_LEN(was), now, REAL_LEN(now))

static struct lock_change text_change(enum lock_change_kind kind, const char *was, const char *now)
{
	return (struct lock_change){ kind, "text", was, strlen(was), now, strlen(now) };
}

/* Lines "BANK PCR HEX": those of the bank and the mask. */
static void read_pcrs(const uint8_t *text, enum hash_algo algo, struct pcr_set *ret)
{
	const char *at = (const char *)text;
	char hex[2 * HASH_SIZE_MAX + 1];
	char bank[16];
	unsigned int pcr;
	int skip;

	*ret = (struct pcr_set){ .bank = algo, .mask = BOOT_MASK };
	while (sscanf(at, "%15s %u %128s\n%n", bank, &pcr, hex, &skip) == 3) {
		at += skip;
		if (strcmp(bank, hash_algo_name(algo)) == 0)
			must(hex_parse(hex, ret->value[pcr], hash_algo_size(algo), NULL));
	}
}

/* All PCRs but those of the mask, which the same machine may give otherwise at every boot. */
static bool same(const struct pcr_set *a, const struct pcr_set *b)
{
	if (a->mask != b->mask || a->bank != b->bank)
		return false;
	for (unsigned int i = 0; i < 16; i++)
		if ((a->mask >> i & 1) && memcmp(a->value[i], b->value[i], HASH_SIZE_MAX) != 0)
			return false;
	return true;
}

static const enum hash_algo banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

/* Every bank: after the changes, what the other boot's TPM held. */
static int predicts(const struct lock_template *t, const struct lock_change *changes, size_t n,
		    const uint8_t *pcrs, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		struct lock_template bank = *t;
		struct pcr_set want;
		struct pcr_set got;

		bank.bank = banks[i];
		read_pcrs(pcrs, banks[i], &want);
		if (lock_predict(&bank, changes, n, &got, err) < 0)
			return -1;
		if (!same(&got, &want))
			return err_set(err, "%s: not what the TPM held", hash_algo_name(banks[i]));
	}
	return 0;
}

static const struct lock_template *sd_boot(void)
{
	static struct lock_template t;

	t = (struct lock_template){ sd_a, REAL_LEN(sd_a), HASH_SHA256, BOOT_MASK, NULL, NULL };
	return &t;
}

static const struct lock_template *grub(void)
{
	static struct lock_template t;

	t = (struct lock_template){ grub_a, REAL_LEN(grub_a), HASH_SHA256, BOOT_MASK, NULL, NULL };
	return &t;
}

static void an_initrd_and_a_command_line_under_systemd_boot(void)
{
	const struct lock_change changes[] = {
		REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_a, initrd_b),
		text_change(LOCK_CHANGE_CMDLINE, LINE, LINE " \"x=a b\""),
	};
	struct err err = ERR_INIT;

	CHECK_OK(predicts(sd_boot(), changes, 2, sd_b_pcrs, &err), &err);
	CHECK_FAILS(predicts(sd_boot(), changes, 1, sd_b_pcrs, &err), &err, "not what the TPM");
	CHECK_FAILS(predicts(sd_boot(), changes + 1, 1, sd_b_pcrs, &err), &err, "not what the TPM");
}

static void a_command_line_alone(void)
{
	const struct lock_change change =
		text_change(LOCK_CHANGE_CMDLINE, LINE, LINE " ima_appraise=off");
	struct err err = ERR_INIT;

	CHECK_OK(predicts(sd_boot(), &change, 1, sd_off_pcrs, &err), &err);
}

static void entries_kernels_and_lines_of_grub(void)
{
	const struct lock_change changes[] = {
		REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_a_cfg, grub_b_cfg),
		REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_a, initrd_b),
	};
	const struct lock_change off = REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_a_cfg, grub_off_cfg);
	struct err err = ERR_INIT;

	CHECK_OK(predicts(grub(), changes, 2, grub_b_pcrs, &err), &err);
	CHECK_OK(predicts(grub(), &off, 1, grub_off_pcrs, &err), &err);
	CHECK_FAILS(predicts(grub(), &off, 1, grub_b_pcrs, &err), &err, "not what the TPM held");
}

static void and_back(void)
{
	const struct lock_template t = { grub_b, REAL_LEN(grub_b), HASH_SHA256, BOOT_MASK, NULL,
					 NULL };
	const struct lock_change changes[] = {
		REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_b, initrd_a),
		REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_b_cfg, grub_a_cfg),
	};
	struct err err = ERR_INIT;

	CHECK_OK(predicts(&t, changes, 2, grub_a_pcrs, &err), &err);
}

/* Replaced in its place: nobody has what was. */
static void an_initrd_that_is_found_by_its_name_or_tag(void)
{
	struct lock_change changes[] = {
		REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_a, initrd_b),
		text_change(LOCK_CHANGE_CMDLINE, LINE, LINE " \"x=a b\""),
		REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_a_cfg, grub_b_cfg),
	};
	struct err err = ERR_INIT;

	changes[0].was = NULL;
	CHECK_OK(predicts(sd_boot(), changes, 2, sd_b_pcrs, &err), &err);
	changes[1] = changes[2];
	CHECK_FAILS(predicts(grub(), changes, 2, grub_b_pcrs, &err), &err,
		    "/boot/file: PCR 9 has no event");
	changes[0].name = "/boot/initrd.img-1";
	CHECK_OK(predicts(grub(), changes, 2, grub_b_pcrs, &err), &err);
	changes[0].kind = LOCK_CHANGE_GRUB_FILE;
	CHECK_OK(predicts(grub(), changes, 2, grub_b_pcrs, &err), &err);
	changes[0].name = "img-1";
	CHECK_FAILS(predicts(grub(), changes, 2, grub_b_pcrs, &err), &err, "no event");
	changes[1].was = NULL;
	CHECK_FAILS(predicts(grub(), changes + 1, 1, grub_b_pcrs, &err), &err,
		    "what was booted is to be told");
}

static void nothing_changed_is_what_it_is(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(predicts(grub(), NULL, 0, grub_a_pcrs, &err), &err);
}

static int refused(const struct lock_template *t, const struct lock_change *change, struct err *err)
{
	struct pcr_set pcrs;

	return lock_predict(t, change, 1, &pcrs, err);
}

static void what_was_not_booted_is_refused(void)
{
	const struct lock_change initrd = REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_b, initrd_a);
	const struct lock_change line = text_change(LOCK_CHANGE_CMDLINE, LINE " x", LINE);
	const struct lock_change cfg = REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_b_cfg, grub_a_cfg);
	struct err err = ERR_INIT;

	CHECK_FAILS(refused(sd_boot(), &initrd, &err), &err,
		    "/boot/file: PCR 9 has no event of it as it was booted");
	CHECK_FAILS(refused(grub(), &initrd, &err), &err, "PCR 9 has no event");
	CHECK_FAILS(refused(sd_boot(), &line, &err), &err, "text: PCR 9 has no event");
	CHECK_FAILS(refused(grub(), &cfg, &err), &err, "PCR 9 has no event");
	CHECK_FAILS(refused(sd_boot(), &cfg, &err), &err, "PCR 9 has no event");
}

static void pcrs_that_are_not_wanted_refuse_nothing(void)
{
	const struct lock_change initrd = REAL_CHANGE(LOCK_CHANGE_INITRD, initrd_b, initrd_a);
	struct lock_template t = *sd_boot();
	struct err err = ERR_INIT;
	struct pcr_set pcrs;

	t.mask = 1 << 7;
	CHECK_OK(lock_predict(&t, &initrd, 1, &pcrs, &err), &err);
	CHECK(pcrs.mask == 1 << 7);
	t.mask = 1 << 16;
	CHECK_FAILS(lock_predict(&t, NULL, 0, &pcrs, &err), &err, "PCRs beyond 15");
	CHECK_FAILS(lock_predict(sd_boot(), &initrd, LOCK_CHANGES_MAX + 1, &pcrs, &err), &err,
		    "more than 32 changes");
}

static void kinds_that_do_not_fit_are_refused(void)
{
	const struct lock_change line = text_change(LOCK_CHANGE_CMDLINE, "ro", "rw");
	const struct lock_change image = REAL_CHANGE(LOCK_CHANGE_IMAGE, initrd_a, initrd_b);
	const struct lock_change uki = REAL_CHANGE(LOCK_CHANGE_UKI, initrd_a, initrd_b);
	struct lock_change nul = { LOCK_CHANGE_CMDLINE, "text", "ro", 3, "rw", 2 };
	struct err err = ERR_INIT;

	CHECK_FAILS(refused(grub(), &line, &err), &err, "GRUB takes it from grub.cfg");
	CHECK_FAILS(refused(grub(), &image, &err), &err, "/boot/file: not an EFI image");
	CHECK_FAILS(refused(sd_boot(), &uki, &err), &err, "/boot/file: not an EFI image");
	CHECK_FAILS(refused(sd_boot(), &nul, &err), &err, "text: has a NUL");
	nul.kind = (enum lock_change_kind)99;
	CHECK_FAILS(refused(sd_boot(), &nul, &err), &err, "no kind of change");
}

static void what_the_tpm_holds_must_be_what_the_log_leads_to(void)
{
	struct lock_template t = *grub();
	struct err err = ERR_INIT;
	struct pcr_set held;
	struct pcr_set pcrs;

	read_pcrs(grub_a_pcrs, HASH_SHA256, &held);
	t.held = &held;
	CHECK_OK(lock_predict(&t, NULL, 0, &pcrs, &err), &err);
	held.value[9][31] ^= 1;
	CHECK_FAILS(lock_predict(&t, NULL, 0, &pcrs, &err), &err,
		    "PCR 9 is not what the boot log leads to");
	t.mask &= ~(1U << 9);
	CHECK_OK(lock_predict(&t, NULL, 0, &pcrs, &err), &err);
	held.mask &= ~(1U << 4);
	CHECK_FAILS(lock_predict(&t, NULL, 0, &pcrs, &err), &err, "PCR 4 is not");
	held.bank = HASH_SHA1;
	CHECK_FAILS(lock_predict(&t, NULL, 0, &pcrs, &err), &err, "another bank");
}

/* grub-a.cfg with one text put in place of another, once. */
static int edited(const char *from, const char *to, struct err *err)
{
	AUTO_BUF cfg = BUF_INIT(65536);
	AUTO_STR text = strndup((const char *)grub_a_cfg, REAL_LEN(grub_a_cfg));
	const char *at = text ? strstr(text, from) : NULL;
	struct lock_change change = REAL_CHANGE(LOCK_CHANGE_GRUB_CFG, grub_a_cfg, grub_a_cfg);

	if (!at)
		return err_set(err, "the test's text is not there");
	must(buf_putf(&cfg, NULL, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
	change.now = cfg.data;
	change.now_len = cfg.len;
	return refused(grub(), &change, err);
}

static void what_is_not_understood_of_grub_cfg_is_refused(void)
{
	struct err err = ERR_INIT;

	CHECK_FAILS(edited("set timeout=0", "set timeout=5", &err), &err,
		    "differs from what was booted outside its menu entries");
	CHECK_FAILS(edited("function load", "function lood", &err), &err, "outside its menu");
	CHECK_FAILS(edited("menuentry 'Debian GNU/Linux'", "menuentry 'Other'", &err), &err,
		    "another menu entry stands where the booted one was");
	CHECK_FAILS(edited("\tload_video\n", "", &err), &err, "has 7 commands, not 8");
	CHECK_FAILS(edited("insmod xzio", "insmod lzio", &err), &err, "PCR 8 does not have");
	CHECK_FAILS(edited("linux\t/vmlinuz-1 console", "linux\t/vmlinuz-$v console", &err), &err,
		    "variable v is not known");
	CHECK_FAILS(edited("linux\t/vmlinuz-1", "chainloader\t/vmlinuz-1", &err), &err,
		    "another command in place of 'linux /vmlinuz-1");
	CHECK_FAILS(edited("linux\t/vmlinuz-1", "linux\t/vmlinuz*", &err), &err,
		    "'*' that is not understood");
	CHECK_FAILS(edited("fwsetup\n  }\n", "fwsetup\n", &err), &err, "a brace is not closed");
	CHECK_FAILS(edited("\tload_video\n", "\tload_video '\n", &err), &err, "a quote is not");
	CHECK_OK(edited("# DO NOT EDIT THIS FILE", "# another comment", &err), &err);
	CHECK_OK(edited("set timeout=0\n", "\nset   timeout=0\n\n", &err), &err);
}

/* Made logs: what does not stand in any real one here. */
static int of_made(const struct buf *log, uint32_t mask, const struct lock_change *change,
		   struct err *err)
{
	const struct lock_template t = { log->data, log->len, HASH_SHA256, mask, NULL, NULL };

	return refused(&t, change, err);
}

#define CFG(line) "menuentry 'A' {\n\tlinux " line "\n}\n"

static void made_menu(struct buf *log, const char *cfg)
{
	const char name[] = "/grub.cfg";

	made_event(log, &(struct made){ 9, BOOT_EV_IPL, cfg, strlen(cfg), name, sizeof(name) });
	made_grub(log, "grub_cmd: ", "menuentry A {\n\tlinux /k ro\n}");
	made_grub(log, "grub_cmd: ", "setparams A");
	made_grub(log, "grub_cmd: ", "linux /k ro");
}

#define LOG(name) \
	AUTO_BUF name = BUF_INIT(BOOT_LOG_MAX); \
	made_begin(&name)

static void a_log_of_two_entries_or_lines_is_refused(void)
{
	const struct lock_change change =
		text_change(LOCK_CHANGE_GRUB_CFG, CFG("/k ro"), CFG("/k rw"));
	struct err err = ERR_INIT;
	LOG(good);
	LOG(other_line);
	LOG(no_line);
	LOG(twice);
	LOG(more);

	made_menu(&good, CFG("/k ro"));
	made_grub(&good, "kernel_cmdline: ", "/k ro");
	CHECK_OK(of_made(&good, 1 << 8, &change, &err), &err);
	made_menu(&other_line, CFG("/k ro"));
	made_grub(&other_line, "kernel_cmdline: ", "/k rx");
	CHECK_FAILS(of_made(&other_line, 1 << 8, &change, &err), &err, "PCR 8 does not have");
	made_menu(&no_line, CFG("/k ro"));
	CHECK_FAILS(of_made(&no_line, 1 << 8, &change, &err), &err, "PCR 8 does not have");
	made_menu(&twice, CFG("/k ro"));
	made_grub(&twice, "kernel_cmdline: ", "/k ro");
	made_grub(&twice, "grub_cmd: ", "setparams A");
	CHECK_FAILS(of_made(&twice, 1 << 8, &change, &err), &err, "2 menu entries were run");
	made_menu(&more, CFG("/k ro"));
	made_grub(&more, "kernel_cmdline: ", "/k ro");
	made_grub(&more, "grub_cmd: ", "menuentry B {\n}");
	CHECK_FAILS(of_made(&more, 1 << 8, &change, &err), &err,
		    "2 menu entries were measured, of which this file has 1");
}

static void the_line_of_a_loader_that_differs_is_refused(void)
{
	const struct lock_change change = text_change(LOCK_CHANGE_CMDLINE, "ro", "rw");
	struct err err = ERR_INIT;
	LOG(same_line);
	LOG(other_line);

	made_line(&same_line, "ro");
	made_options(&same_line, "ro");
	CHECK_OK(of_made(&same_line, 1 << 9 | 1 << 12, &change, &err), &err);
	made_line(&other_line, "ro quiet");
	made_options(&other_line, "ro");
	CHECK_FAILS(of_made(&other_line, 1 << 9 | 1 << 12, &change, &err), &err,
		    "PCR 12 has no event");
	CHECK_OK(of_made(&other_line, 1 << 9, &change, &err), &err);
}

static void two_files_of_a_name_are_refused(void)
{
	struct lock_change change = text_change(LOCK_CHANGE_GRUB_FILE, "", "new");
	struct err err = ERR_INIT;
	LOG(same_file);
	LOG(others);

	change.was = NULL;
	change.name = "/boot/grub/font";
	made_event(&same_file, &(struct made){ 9, BOOT_EV_IPL, "one", 3, "/x/font", 8 });
	made_event(&same_file, &(struct made){ 9, BOOT_EV_IPL, "one", 3, "/x/font", 8 });
	CHECK_OK(of_made(&same_file, 1 << 9, &change, &err), &err);
	made_event(&others, &(struct made){ 9, BOOT_EV_IPL, "one", 3, "/x/font", 8 });
	made_event(&others, &(struct made){ 9, BOOT_EV_IPL, "two", 3, "/y/font", 8 });
	CHECK_FAILS(of_made(&others, 1 << 9, &change, &err), &err, "two files of this name");
}

static void files_that_change_places_do(void)
{
	const struct lock_change swap[] = {
		text_change(LOCK_CHANGE_GRUB_FILE, "one", "two"),
		text_change(LOCK_CHANGE_GRUB_FILE, "two", "one"),
	};
	struct err err = ERR_INIT;
	struct pcr_set got;
	struct pcr_set want;
	LOG(a);
	LOG(b);
	struct lock_template t = { a.data, 0, HASH_SHA256, 1 << 9, NULL, NULL };

	made_event(&a, &(struct made){ 9, BOOT_EV_IPL, "one", 3, "/a", 3 });
	made_event(&a, &(struct made){ 9, BOOT_EV_IPL, "two", 3, "/b", 3 });
	made_event(&b, &(struct made){ 9, BOOT_EV_IPL, "two", 3, "/a", 3 });
	made_event(&b, &(struct made){ 9, BOOT_EV_IPL, "one", 3, "/b", 3 });
	t.log = a.data;
	t.len = a.len;
	CHECK_OK(lock_predict(&t, swap, 2, &got, &err), &err);
	CHECK_OK(boot_log_replay(b.data, b.len, HASH_SHA256, &want, &err), &err);
	CHECK_MEM(got.value[9], want.value[9], 32);
}

static const struct unit_case cases[] = {
	CASE(an_initrd_and_a_command_line_under_systemd_boot),
	CASE(a_command_line_alone),
	CASE(entries_kernels_and_lines_of_grub),
	CASE(and_back),
	CASE(an_initrd_that_is_found_by_its_name_or_tag),
	CASE(nothing_changed_is_what_it_is),
	CASE(what_was_not_booted_is_refused),
	CASE(pcrs_that_are_not_wanted_refuse_nothing),
	CASE(kinds_that_do_not_fit_are_refused),
	CASE(what_the_tpm_holds_must_be_what_the_log_leads_to),
	CASE(what_is_not_understood_of_grub_cfg_is_refused),
	CASE(a_log_of_two_entries_or_lines_is_refused),
	CASE(the_line_of_a_loader_that_differs_is_refused),
	CASE(two_files_of_a_name_are_refused),
	CASE(files_that_change_places_do),
	CASE_END,
};
UNIT_MAIN(cases)

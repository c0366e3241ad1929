/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images in place of another: in form, with a log as systemd-stub leaves it. */
#include "attest/boot_facts.h"
#include "boot_made.h"
#include "lock/pe.h"
#include "lock/predict.h"
#include "unit.h"

#define DATA "tests/unit/data/boot/"
REAL_FILE(uki_a, DATA "tiny-uki-a.efi");
REAL_FILE(uki_b, DATA "tiny-uki-b.efi");
REAL_FILE(uki_more, DATA "tiny-uki-more.efi");
REAL_FILE(uki_newer, DATA "tiny-uki-newer.efi");

REAL_FILE(tiny_signed, "tests/fuzz/corpus/pe/tiny-signed.efi");
REAL_FILE(tiny_twice, "tests/fuzz/corpus/pe/tiny-signed-twice.efi");

#define ALL (1U << 4 | 1U << 9 | 1U << 11 | 1U << 12)

/* A digest is put in by the log's maker. */
static void made_digest(struct buf *log, const struct made *m, const struct digest *digest)
{
	size_t at;

	made_event(log, m);
	at = log->len - m->len - 4 - digest->len;
	memcpy(log->data + at, digest->data, digest->len);
}

static void made_image(struct buf *log, const struct pe *pe)
{
	static const uint8_t event[32];
	struct digest d;

	must(pe_digest(pe, HASH_SHA256, &d, NULL));
	made_digest(log, &(struct made){ 4, BOOT_EV_APPLICATION, "", 0, event, sizeof(event) }, &d);
}

static void made_content(struct buf *log, const struct pe *pe, const char *name)
{
	AUTO_BUF utf16 = BUF_INIT(64);
	struct digest d;

	made_utf16(&utf16, name);
	made_le(&utf16, 0, 2);
	made_event(log, &(struct made){ 11, BOOT_EV_IPL, name, strlen(name) + 1, utf16.data,
					utf16.len });
	must(pe_section_digest(pe, pe_find(pe, name), HASH_SHA256, &d, NULL));
	made_digest(log, &(struct made){ 11, BOOT_EV_IPL, "", 0, utf16.data, utf16.len }, &d);
}

static void made_stub_initrd(struct buf *log, const struct pe *pe)
{
	size_t len;
	const uint8_t *data = pe_section_data(pe, pe_find(pe, ".initrd"), &len);

	made_tag(log, MADE_TAG_INITRD, data, len);
}

/* What systemd-stub 252 and the kernel in it measure; the log of uki-a in tests/fuzz has the same
 * events. */
static void made_boot(struct buf *log, const void *image, size_t len, const char *cmdline)
{
	AUTO_MEM struct pe *pe = calloc(2, sizeof(*pe));
	const uint8_t *kernel;
	size_t kernel_len;

	made_begin(log);
	must(pe_open(image, len, &pe[0], NULL));
	kernel = pe_section_data(&pe[0], pe_find(&pe[0], ".linux"), &kernel_len);
	must(pe_open(kernel, kernel_len, &pe[1], NULL));
	made_image(log, &pe[0]);
	made_content(log, &pe[0], ".linux");
	made_content(log, &pe[0], ".osrel");
	made_content(log, &pe[0], ".cmdline");
	made_content(log, &pe[0], ".initrd");
	made_image(log, &pe[1]);
	made_options(log, cmdline);
	made_stub_initrd(log, &pe[0]);
}

static int predict(const struct buf *log, uint32_t mask, const struct lock_change *change,
		   struct pcr_set *ret, struct err *err)
{
	const struct lock_template t = { log->data, log->len, HASH_SHA256, mask, NULL, NULL };

	return lock_predict(&t, change, 1, ret, err);
}

#define CHANGE(a, b) \
	(struct lock_change) \
	{ \
		LOCK_CHANGE_UKI, "/boot/efi/uki", a, REAL_LEN(a), b, REAL_LEN(b) \
	}
#define LOG(name) AUTO_BUF name = BUF_INIT(BOOT_LOG_MAX)

static void another_image_is_predicted(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	struct err err = ERR_INIT;
	struct pcr_set got;
	struct pcr_set want;
	LOG(a);
	LOG(b);

	made_boot(&a, uki_a, REAL_LEN(uki_a), "ro quiet");
	made_boot(&b, uki_b, REAL_LEN(uki_b), "ro  debug");
	CHECK_OK(predict(&a, ALL, &change, &got, &err), &err);
	CHECK_OK(boot_log_replay(b.data, b.len, HASH_SHA256, &want, &err), &err);
	CHECK_MEM(got.value[4], want.value[4], 32);
	CHECK_MEM(got.value[9], want.value[9], 32);
	CHECK_MEM(got.value[11], want.value[11], 32);
	CHECK_MEM(got.value[12], want.value[12], 32);
}

static void its_summary_has_the_new_line(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	struct err err = ERR_INIT;
	LOG(a);
	struct lock_template t = { NULL, 0, HASH_SHA256, ALL, "ro quiet", NULL };

	CHECK(boot);
	made_boot(&a, uki_a, REAL_LEN(uki_a), "ro quiet");
	t.log = a.data;
	t.len = a.len;
	CHECK_OK(lock_predict_boot(&t, NULL, 0, boot, &err), &err);
	CHECK_STR(boot->cmdline, "ro quiet");
	CHECK_OK(lock_predict_boot(&t, &change, 1, boot, &err), &err);
	CHECK(boot->way == BOOT_UKI && boot->cmdline_known);
	CHECK_STR(boot->cmdline, "ro  debug");
}

static void an_image_that_was_not_booted_is_refused(void)
{
	const struct lock_change change = CHANGE(uki_b, uki_a);
	struct err err = ERR_INIT;
	struct pcr_set got;
	LOG(a);

	made_boot(&a, uki_a, REAL_LEN(uki_a), "ro quiet");
	CHECK_FAILS(predict(&a, 1 << 4, &change, &got, &err), &err,
		    "/boot/efi/uki: PCR 4 has no event of it");
	CHECK_FAILS(predict(&a, 1 << 9, &change, &got, &err), &err,
		    "PCR 9 has no event of its .cmdline");
	CHECK_FAILS(predict(&a, 1 << 11, &change, &got, &err), &err,
		    "PCR 11: section .linux is not what was booted");
}

static void another_stub_or_section_is_refused(void)
{
	struct lock_change change = CHANGE(uki_a, uki_more);
	struct err err = ERR_INIT;
	struct pcr_set got;
	LOG(a);

	made_boot(&a, uki_a, REAL_LEN(uki_a), "ro quiet");
	CHECK_FAILS(predict(&a, ALL, &change, &got, &err), &err, "section .dtb is in one image");
	change = CHANGE(uki_a, uki_newer);
	CHECK_FAILS(predict(&a, ALL, &change, &got, &err), &err,
		    "systemd-stub 257 in place of 252, which may measure otherwise");
	change.kind = LOCK_CHANGE_IMAGE;
	CHECK_OK(predict(&a, 1 << 4, &change, &got, &err), &err);
}

static void no_sections_at_all_are_refused(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	struct err err = ERR_INIT;
	struct pcr_set got;
	LOG(a);

	made_begin(&a);
	CHECK_FAILS(predict(&a, 1 << 11, &change, &got, &err), &err,
		    "PCR 11 has no event of a section");
	CHECK_OK(predict(&a, 1 << 7, &change, &got, &err), &err);
}

static void an_initrd_with_credentials_is_refused(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	struct err err = ERR_INIT;
	struct pcr_set got;
	LOG(a);

	made_begin(&a);
	made_options(&a, "ro quiet");
	made_tag(&a, MADE_TAG_INITRD, "initrd and credentials", 22);
	CHECK_FAILS(predict(&a, 1 << 9, &change, &got, &err), &err,
		    "PCR 9: the initrd was put together with others");
}

/* Secure Boot is on: the stub vouches for the kernel, and no event is the kernel's. */
static void the_kernel_may_have_no_event_of_its_own(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct err err = ERR_INIT;
	struct pcr_set got;
	struct pcr_set want;
	LOG(a);
	LOG(b);

	CHECK(pe);
	CHECK_OK(pe_open(uki_a, REAL_LEN(uki_a), pe, &err), &err);
	made_begin(&a);
	made_image(&a, pe);
	CHECK_OK(pe_open(uki_b, REAL_LEN(uki_b), pe, &err), &err);
	made_begin(&b);
	made_image(&b, pe);
	CHECK_OK(predict(&a, 1 << 4, &change, &got, &err), &err);
	CHECK_OK(boot_log_replay(b.data, b.len, HASH_SHA256, &want, &err), &err);
	CHECK_MEM(got.value[4], want.value[4], 32);
	CHECK_OK(pe_open(uki_more, REAL_LEN(uki_more), pe, &err), &err);
	made_image(&a, pe);
	CHECK_FAILS(predict(&a, 1 << 4, &change, &got, &err), &err, "or of the kernel in it");
}

/* What verifies an image is in PCR 7. */
static void another_signer_is_refused_under_secure_boot(void)
{
	struct lock_change change = CHANGE(tiny_signed, tiny_twice);
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct err err = ERR_INIT;
	struct pcr_set got;
	LOG(on);
	LOG(off);

	change.kind = LOCK_CHANGE_IMAGE;
	CHECK(pe);
	CHECK_OK(pe_open(tiny_signed, REAL_LEN(tiny_signed), pe, &err), &err);
	made_begin(&on);
	made_secure_boot(&on, "\1");
	made_image(&on, pe);
	CHECK_FAILS(predict(&on, 1 << 4 | 1 << 7, &change, &got, &err), &err,
		    "signed by another key than what was booted");
	CHECK_OK(predict(&on, 1 << 4, &change, &got, &err), &err);
	change.now = tiny_signed;
	change.now_len = REAL_LEN(tiny_signed);
	CHECK_OK(predict(&on, 1 << 4 | 1 << 7, &change, &got, &err), &err);
	change = CHANGE(tiny_signed, tiny_twice);
	change.kind = LOCK_CHANGE_IMAGE;
	made_begin(&off);
	made_secure_boot(&off, "\0");
	made_image(&off, pe);
	CHECK_OK(predict(&off, 1 << 4 | 1 << 7, &change, &got, &err), &err);
}

/* location, length, link time address, the path's length; a PCI node, the file's, the end. */
static const char image_event[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				  "\x16\0\0\0\0\0\0\0"
				  "\1\1\6\0\0\2"
				  "\4\4\x0c\0\\\0k\0x\0\0\0"
				  "\x7f\xff\4";

/* Of an image that was replaced in its place. */
static void an_image_is_found_by_its_name(void)
{
	struct lock_change change = CHANGE(uki_a, uki_b);
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct err err = ERR_INIT;
	struct pcr_set got;
	struct pcr_set want;
	struct digest d;
	LOG(a);
	LOG(b);

	change.kind = LOCK_CHANGE_IMAGE;
	change.was = NULL;
	CHECK(pe);
	made_begin(&a);
	made_event(&a, &(struct made){ 4, BOOT_EV_APPLICATION, "gone", 4, image_event,
				       sizeof(image_event) });
	made_begin(&b);
	CHECK_OK(pe_open(uki_b, REAL_LEN(uki_b), pe, &err), &err);
	CHECK_OK(pe_digest(pe, HASH_SHA256, &d, &err), &err);
	made_digest(
		&b,
		&(struct made){ 4, BOOT_EV_APPLICATION, "", 0, image_event, sizeof(image_event) },
		&d);
	CHECK_OK(boot_log_replay(b.data, b.len, HASH_SHA256, &want, &err), &err);
	change.name = "/boot/efi/KX";
	CHECK_OK(predict(&a, 1 << 4, &change, &got, &err), &err);
	CHECK_MEM(got.value[4], want.value[4], 32);
	change.name = "/boot/efi/k";
	CHECK_FAILS(predict(&a, 1 << 4, &change, &got, &err), &err, "PCR 4 has no event");
	made_event(&a, &(struct made){ 4, BOOT_EV_APPLICATION, "other", 5, image_event,
				       sizeof(image_event) });
	change.name = "kx";
	CHECK_FAILS(predict(&a, 1 << 4, &change, &got, &err), &err, "two images of this name");
}

/* The loader's options took the place of .cmdline, and stay. */
static void options_of_the_loader_stay(void)
{
	const struct lock_change change = CHANGE(uki_a, uki_b);
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct err err = ERR_INIT;
	struct pcr_set got;
	struct pcr_set want;
	LOG(a);
	LOG(b);

	CHECK(pe);
	CHECK_OK(pe_open(uki_a, REAL_LEN(uki_a), pe, &err), &err);
	made_begin(&a);
	made_line(&a, "other");
	made_options(&a, "other");
	made_stub_initrd(&a, pe);
	CHECK_OK(pe_open(uki_b, REAL_LEN(uki_b), pe, &err), &err);
	made_begin(&b);
	made_line(&b, "other");
	made_options(&b, "other");
	made_stub_initrd(&b, pe);
	CHECK_OK(predict(&a, 1 << 9 | 1 << 12, &change, &got, &err), &err);
	CHECK_OK(boot_log_replay(b.data, b.len, HASH_SHA256, &want, &err), &err);
	CHECK_MEM(got.value[9], want.value[9], 32);
	CHECK_MEM(got.value[12], want.value[12], 32);
}

static const struct unit_case cases[] = {
	CASE(another_image_is_predicted),
	CASE(its_summary_has_the_new_line),
	CASE(an_image_that_was_not_booted_is_refused),
	CASE(another_stub_or_section_is_refused),
	CASE(no_sections_at_all_are_refused),
	CASE(an_initrd_with_credentials_is_refused),
	CASE(the_kernel_may_have_no_event_of_its_own),
	CASE(another_signer_is_refused_under_secure_boot),
	CASE(an_image_is_found_by_its_name),
	CASE(options_of_the_loader_stay),
	CASE_END,
};
UNIT_MAIN(cases)

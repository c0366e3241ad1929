/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The approved boot in a token: what differs is told, what is damaged is not believed. */
#include "lock/remember.h"

#include "lock/boot.h"
#include "lock/token.h"
#include "proto/record.h"
#include "unit/unit.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define RECORD_OF(mode, level) \
	"assay-record 1\nmode " mode "\nprofile signature\nevm portable\nepoch 1\nlevel " level \
	"\npcr 13\ninit /sbin/init\nlockdown integrity\nmodule-signatures yes\nptrace-scope 3\n" \
	"kexec-load no\nunprivileged-bpf no\npolicy sha256:" EMPTY_SHA256 \
	"\ncert sha256:" EMPTY_SHA256 " signing.der\n"

_Static_assert(REMEMBER_MAX <= TOKEN_APPROVED_MAX, "a token has room for it");

static int put(struct buf *out, const char *text, struct err *err)
{
	return buf_put(out, text, strlen(text), err);
}

/* A boot without a log, as by lock_boot_encode. */
static int put_boot(struct buf *out, struct err *err)
{
	static struct lock_boot none;
	AUTO_BUF boot = BUF_INIT(LOCK_BOOT_MAX);

	if (lock_boot_encode(&none, &boot, err) < 0 ||
	    buf_put_be16(out, (uint16_t)boot.len, err) < 0)
		return -1;
	return buf_put(out, boot.data, boot.len, err);
}

static void what_differs_of_the_record_is_told(void)
{
	AUTO_BUF approved = BUF_INIT(REMEMBER_MAX), now = BUF_INIT(RECORD_MAX);
	AUTO_BUF text = BUF_INIT(1024);
	struct err err = ERR_INIT;

	CHECK_OK(put_boot(&approved, &err), &err);
	CHECK_OK(put(&approved, RECORD_OF("enforce", "local"), &err), &err);
	CHECK_OK(put(&now, RECORD_OF("enforce", "vendor"), &err), &err);
	CHECK_OK(remember_explain(&approved, &now, 2, &text, &err), &err);
	CHECK(strstr(buf_text(&text), "local") && strstr(buf_text(&text), "vendor"));
	CHECK(!strchr(buf_text(&text), '\n'));
}

static void no_more_lines_than_asked_for(void)
{
	AUTO_BUF approved = BUF_INIT(REMEMBER_MAX), now = BUF_INIT(RECORD_MAX);
	AUTO_BUF text = BUF_INIT(2048);
	struct err err = ERR_INIT;

	CHECK_OK(put_boot(&approved, &err), &err);
	CHECK_OK(put(&approved, RECORD_OF("enforce", "local"), &err), &err);
	CHECK_OK(put(&now, RECORD_OF("log", "vendor"), &err), &err);
	CHECK_OK(remember_explain(&approved, &now, 1, &text, &err), &err);
	CHECK(text.len && !strstr(buf_text(&text), "; "));
}

static void damage_is_told_and_never_read_beyond(void)
{
	AUTO_BUF whole = BUF_INIT(REMEMBER_MAX), now = BUF_INIT(RECORD_MAX);
	struct err err = ERR_INIT;
	size_t boot;

	CHECK_OK(put_boot(&whole, &err), &err);
	boot = whole.len;
	CHECK_OK(put(&whole, RECORD_OF("enforce", "local"), &err), &err);
	CHECK_OK(put(&now, RECORD_OF("enforce", "local"), &err), &err);
	for (size_t len = 0; len < whole.len; len++) {
		AUTO_BUF part = BUF_INIT(REMEMBER_MAX), text = BUF_INIT(1024);
		int result;

		CHECK_OK(buf_put(&part, whole.data, len, &err), &err);
		result = remember_explain(&part, &now, 2, &text, &err);
		CHECK(len < boot ? result == -1 && text.len == 0 : true);
	}
}

static void this_boot_fits_with_or_without_its_record(void)
{
	AUTO_BUF record = BUF_INIT(RECORD_MAX), out = BUF_INIT(REMEMBER_MAX);
	AUTO_BUF large = BUF_INIT(RECORD_MAX), again = BUF_INIT(REMEMBER_MAX);
	static char filler[RECORD_MAX];
	struct err err = ERR_INIT;

	CHECK_OK(put(&record, RECORD_OF("enforce", "local"), &err), &err);
	CHECK_OK(remember_boot(&record, &out, &err), &err);
	CHECK(out.len <= REMEMBER_MAX && out.len > record.len);
	CHECK_OK(buf_put(&large, filler, sizeof(filler), &err), &err);
	CHECK_OK(remember_boot(&large, &again, &err), &err);
	CHECK(again.len == out.len - record.len);
}

static const struct unit_case cases[] = {
	CASE(what_differs_of_the_record_is_told),
	CASE(no_more_lines_than_asked_for),
	CASE(damage_is_told_and_never_read_beyond),
	CASE(this_boot_fits_with_or_without_its_record),
	CASE_END,
};
UNIT_MAIN(cases)

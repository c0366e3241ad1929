/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enforcement records side by side: what changed of what is enforced. */
#include "lock/explain.h"

#include "unit.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define RECORD \
	"assay-record 1\nmode enforce\nprofile signature\nevm portable\nepoch 1\nlevel local\n" \
	"pcr 13\ninit /sbin/init\nlockdown integrity\nmodule-signatures yes\nptrace-scope 3\n" \
	"kexec-load no\nunprivileged-bpf no\npolicy sha256:" A64 "\ncert sha256:" A64 \
	" signing.der\n"

static const struct lock_boot no_boot;
static struct lock_explanation said;

static int explain(const char *was, const char *now, struct err *err)
{
	const struct lock_side approved = { &no_boot, was, strlen(was) };
	const struct lock_side present = { &no_boot, now, strlen(now) };

	return lock_explain(&approved, &present, &said, err);
}

/* The record with a text in place of another; the one line that is said. */
static const char *edited(const char *from, const char *to)
{
	const char *at = strstr(RECORD, from);
	struct err err = ERR_INIT;
	char text[4096];

	if (!at)
		return "the test's text is not there";
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - RECORD), RECORD, to,
		       at + strlen(from));
	if (explain(RECORD, text, &err) < 0)
		return "failed";
	return said.n == 1 ? said.lines[0] : said.n ? "more than one" : "";
}

static void each_term_is_told(void)
{
	CHECK_STR(edited("mode enforce", "mode enforce"), "");
	CHECK_STR(edited("mode enforce", "mode log"), "mode: log, was enforce");
	CHECK_STR(edited("policy sha256:" A64, "policy sha256:" B64),
		  "policy: not the approved one");
	CHECK_STR(edited("level local", "level any"), "level: any, was local");
	CHECK_STR(edited("epoch 1", "epoch 0"), "epoch: 0, was 1");
	CHECK_STR(edited("profile signature", "profile verity"), "profile: verity, was signature");
	CHECK_STR(edited("evm portable", "evm off"), "evm: off, was portable");
	CHECK_STR(edited("lockdown integrity", "lockdown off"), "lockdown: off, was integrity");
	CHECK_STR(edited("init /sbin/init", "init /bin/sh"), "init: not the approved list");
	CHECK_STR(edited("init /sbin/init", "init /sbin/init\ninit /bin/sh"),
		  "init: not the approved list");
	CHECK_STR(edited("ptrace-scope 3", "ptrace-scope 0"),
		  "enforcement settings: not the approved ones");
}

static void certificates_are_named(void)
{
	CHECK_STR(edited("signing.der\n", "signing.der\ncert sha256:" B64 " evil.der\n"),
		  "certificate evil.der: not there before");
	CHECK_STR(edited("cert sha256:" A64, "cert sha256:" B64),
		  "certificate signing.der: another one");
	CHECK_STR(edited("signing.der\n", "signing.der\nkeyring sha256:" B64 " evil.gpg\n"),
		  "keyring evil.gpg: not there before");
	CHECK_STR(edited("cert sha256:" A64 " signing.der", "cert sha256:" B64 " other.der"),
		  "more than one");
	CHECK_STR(said.lines[0], "certificate other.der: not there before");
	CHECK_STR(said.lines[1], "certificate signing.der: gone");
}

static void a_record_that_is_none_is_told(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(explain(RECORD, "", &err), &err);
	CHECK(said.n == 1);
	CHECK_STR(said.lines[0], "enforcement record: none, was there");
	CHECK_OK(explain("", RECORD, &err), &err);
	CHECK_STR(said.lines[0], "enforcement record: not the approved one");
	CHECK_OK(explain(RECORD, "rubbish", &err), &err);
	CHECK_STR(said.lines[0], "enforcement record: not the approved one");
	CHECK_OK(explain("rubbish", RECORD, &err), &err);
	CHECK_STR(said.lines[0], "enforcement record: not the approved one");
	CHECK_OK(explain("", "", &err), &err);
	CHECK(said.n == 0);
}

static const struct unit_case cases[] = {
	CASE(each_term_is_told),
	CASE(certificates_are_named),
	CASE(a_record_that_is_none_is_told),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record: one canonical text, and nothing else is taken. */
#include "base/hex.h"
#include "proto/record.h"

#include "ima/xattr.h"
#include "unit.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD "assay-record 1\nmode enforce\nprofile signature\nevm portable\nepoch 1\nlevel local\n"
#define SWITCHES \
	"lockdown integrity\nmodule-signatures yes\nptrace-scope 3\nkexec-load no\n" \
	"unprivileged-bpf no\n"
#define POLICY "policy sha256:" EMPTY_SHA256 "\n"
#define MIDDLE SWITCHES POLICY
#define CERT "cert sha256:" EMPTY_SHA256 " signing.der\n"

/* The vector of docs/PROTOCOL.record, 5. */
static const char vector[] = HEAD "pcr 13\ninit /sbin/init\n" MIDDLE CERT;
static const char vector_sha256[] =
	"46a8815743faf8a874442210b356424864d84a9f5a083ed81c37b4b983b2963d";

static int parse(const char *text, struct record *r, struct err *err)
{
	return record_parse(text, strlen(text), r, err);
}

static void vector_is_read_and_written_alike(void)
{
	AUTO_BUF out = BUF_INIT(RECORD_MAX);
	struct err err = ERR_INIT;
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest d;
	struct record r;

	CHECK_OK(parse(vector, &r, &err), &err);
	CHECK(r.settings.mode == MODE_ENFORCE && r.epoch == 1 && r.n_certs == 1);
	CHECK_STR(r.level, "local");
	CHECK_STR(r.certs[0].name, "signing.der");
	CHECK_OK(record_format(&r, &out, &err), &err);
	CHECK(strcmp(buf_text(&out), vector) == 0);
	CHECK_OK(hash_bytes(HASH_SHA256, out.data, out.len, &d, &err), &err);
	hex_format(d.data, d.len, hex);
	CHECK(strcmp(hex, vector_sha256) == 0);
}

#define KEYRING "keyring sha256:" EMPTY_SHA256 " debian.gpg\n"
#define WHOLE HEAD "pcr 13\ninit /sbin/init\n" MIDDLE CERT

static void keyrings_may_follow(void)
{
	AUTO_BUF out = BUF_INIT(RECORD_MAX);
	struct err err = ERR_INIT;
	struct record r;

	CHECK_OK(parse(WHOLE KEYRING KEYRING, &r, &err), &err);
	CHECK(r.n_keyrings == 2);
	CHECK_STR(r.keyrings[1].name, "debian.gpg");
	CHECK_OK(record_format(&r, &out, &err), &err);
	CHECK_STR(buf_text(&out), WHOLE KEYRING KEYRING);
	CHECK_FAILS(parse(HEAD "pcr 13\ninit /sbin/init\n" MIDDLE KEYRING CERT, &r, &err), &err,
		    "canonical");
	CHECK_FAILS(parse(WHOLE "keyring sha256:" EMPTY_SHA256 " ../x\n", &r, &err), &err,
		    "keyring: no digest and file name");
	CHECK_FAILS(
		parse(WHOLE KEYRING KEYRING KEYRING KEYRING KEYRING KEYRING KEYRING KEYRING KEYRING,
		      &r, &err),
		&err, "more than 8 keyrings");
}

/* There where it is yes, so that records are as they were on hosts without it. */
static void memory_is_spoken_of_where_it_is_denied(void)
{
	static const char text[] = HEAD "pcr 13\ninit /sbin/init\n" SWITCHES
					"memory-deny-write-execute yes\n" POLICY CERT;
	AUTO_BUF out = BUF_INIT(RECORD_MAX);
	struct err err = ERR_INIT;
	struct record r;

	CHECK_OK(parse(WHOLE, &r, &err), &err);
	CHECK(!r.settings.deny_write_execute);
	CHECK_OK(parse(text, &r, &err), &err);
	CHECK(r.settings.deny_write_execute);
	CHECK_OK(record_format(&r, &out, &err), &err);
	CHECK_STR(buf_text(&out), text);
	CHECK_FAILS(parse(HEAD "pcr 13\ninit /sbin/init\n" SWITCHES
			       "memory-deny-write-execute no\n" POLICY CERT,
			  &r, &err),
		    &err, "canonical");
}

static void what_the_pcr_holds(void)
{
	struct err err = ERR_INIT;
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest d;

	CHECK_OK(record_pcr_unsealing_value(vector, strlen(vector), &d, &err), &err);
	hex_format(d.data, d.len, hex);
	CHECK_STR(hex, "aaf4d422cf78abb88774dd2f53e2b6687dd6267770e1c1b06775a6b89272b8c8");
	CHECK_OK(record_pcr_value(vector, strlen(vector), &d, &err), &err);
	hex_format(d.data, d.len, hex);
	CHECK_STR(hex, "8a72ed5523806e392024e81a423dcd8861b86c11d378240f8bdb769d852101a6");
}

static void the_cap_is_no_record(void)
{
	struct err err = ERR_INIT;
	struct record r;

	CHECK_FAILS(parse(RECORD_CAP, &r, &err), &err, "record: ");
	CHECK(RECORD_CAP_LEN == 17);
}

static void whatever_is_not_canonical_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"assay-record 2\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE,
		HEAD "pcr 13\n" MIDDLE CERT,
		HEAD "init /sbin/init\n" MIDDLE CERT,
		HEAD "pcr 013\ninit /sbin/init\n" MIDDLE CERT,
		HEAD "pcr 13\n\ninit /sbin/init\n" MIDDLE CERT,
		HEAD "pcr 13\npcr 13\ninit /sbin/init\n" MIDDLE CERT,
		HEAD "pcr 13\ninit /sbin/init \n" MIDDLE CERT,
		HEAD "pcr 13\ninit /sbin/init\r\n" MIDDLE CERT,
		HEAD "init /sbin/init\npcr 13\n" MIDDLE CERT,
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE "cert sha256:" EMPTY_SHA256 " a/b\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE "cert sha256:" EMPTY_SHA256 " .x\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE "cert sha256:" EMPTY_SHA256 "\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE "cert sha1:00 x\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE "cert sha256:E3 x\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE CERT "more\n",
		HEAD "pcr 13\ninit /sbin/init\n" MIDDLE CERT "unfinished",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		struct record r;

		CHECK_FAILS(parse(bad[i], &r, &err), &err, "record: ");
	}
}

static void words_that_decide_nothing_are_refused(void)
{
	static const char *const from_to[][2] = {
		{ "mode enforce", "mode off" },	   { "profile signature", "profile auto" },
		{ "epoch 1", "epoch 4294967296" }, { "epoch 1", "epoch -1" },
		{ "level local", "level Local" },  { "evm portable", "evm maybe" },
	};

	for (size_t i = 0; i < ARRAY_LEN(from_to); i++) {
		struct err err = ERR_INIT;
		const char *at = strstr(vector, from_to[i][0]);
		char text[RECORD_MAX];
		struct record r;

		CHECK(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - vector), vector,
			       from_to[i][1], at + strlen(from_to[i][0]));
		CHECK_FAILS(parse(text, &r, &err), &err, "record: ");
	}
}

static void maxima_hold(void)
{
	AUTO_BUF text = BUF_INIT(2 * RECORD_MAX);
	struct err err = ERR_INIT;
	struct record r;

	CHECK_OK(buf_putf(&text, &err, "%s", vector), &err);
	for (int i = 1; i < RECORD_CERTS_MAX; i++)
		CHECK_OK(buf_putf(&text, &err, CERT), &err);
	CHECK_OK(parse(buf_text(&text), &r, &err), &err);
	CHECK(r.n_certs == RECORD_CERTS_MAX);
	CHECK_OK(buf_putf(&text, &err, CERT), &err);
	CHECK_FAILS(parse(buf_text(&text), &r, &err), &err, "more than 16 certificates");
	while (text.len <= RECORD_MAX)
		CHECK_OK(buf_putf(&text, &err, CERT), &err);
	CHECK_FAILS(parse(buf_text(&text), &r, &err), &err, "larger than 16384 bytes");
}

static void signature_that_is_none_is_refused(void)
{
	static const uint8_t v3[] = { 6, 3, 4, 0, 0, 0, 0, 0, 1, 9 };
	static const uint8_t v2[] = { 3, 2, 4, 0, 0, 0, 0, 0, 1, 9 };
	struct cert_set none = CERT_SET_INIT;
	struct err err = ERR_INIT;

	CHECK_FAILS(record_verify(vector, strlen(vector), "", 0, &none, &err), &err, "record.sig");
	CHECK_FAILS(record_verify(vector, strlen(vector), v3, sizeof(v3), &none, &err), &err,
		    "record.sig: not a v2 signature");
	CHECK_FAILS(record_verify(vector, strlen(vector), v2, sizeof(v2), &none, &err), &err,
		    "record.sig");
}

static const struct unit_case cases[] = {
	CASE(vector_is_read_and_written_alike),
	CASE(keyrings_may_follow),
	CASE(memory_is_spoken_of_where_it_is_denied),
	CASE(what_the_pcr_holds),
	CASE(the_cap_is_no_record),
	CASE(whatever_is_not_canonical_is_refused),
	CASE(words_that_decide_nothing_are_refused),
	CASE(maxima_hold),
	CASE(signature_that_is_none_is_refused),
	CASE_END,
};
UNIT_MAIN(cases)

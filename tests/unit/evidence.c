/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages between host and verifier: one form of bytes, and nothing else is taken. */
#include "attest/evidence.h"

#include "attest/item.h"
#include "base/hex.h"
#include "unit.h"

/* The vectors of docs/PROTOCOL.attest, 7. */
#define BEGIN_HEX \
	"a50001010402582000000000000000000000000000000000000000000000000000000000000000aa031a00" \
	"0100000405"

static void fill(struct msg_evidence *msg)
{
	*msg = (struct msg_evidence){
		.nonce = { (const uint8_t *)"nonce", 5 },
		.attest = { (const uint8_t *)"attest", 6 },
		.sig = { (const uint8_t *)"sig", 3 },
		.pcrs = { .bank = HASH_SHA256, .mask = 0x8401 },
		.boot_log = { (const uint8_t *)"log", 3 },
		.record = { (const uint8_t *)"record", 6 },
		.record_sig = { (const uint8_t *)"its sig", 7 },
		.list_offset = 1ULL << 33,
		.list = { (const uint8_t *)"list", 4 },
		.certs = { { (const uint8_t *)"one", 3 }, { (const uint8_t *)"two", 3 } },
		.n_certs = 2,
		.cmdline = { (const uint8_t *)"root=x", 6 },
	};
	memset(msg->host, 0x5a, sizeof(msg->host));
	memset(msg->pcrs.value[0], 1, 32);
	memset(msg->pcrs.value[10], 2, 32);
	memset(msg->pcrs.value[15], 3, 32);
}

static bool same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void evidence_comes_back_as_it_was(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	CHECK_OK(msg_evidence_decode(out.data, out.len, &back, &err), &err);
	CHECK_MEM(in.host, back.host, sizeof(in.host));
	CHECK(same(in.nonce, back.nonce) && same(in.attest, back.attest) && same(in.sig, back.sig));
	CHECK(same(in.boot_log, back.boot_log) && same(in.record, back.record));
	CHECK(same(in.record_sig, back.record_sig) && same(in.list, back.list));
	CHECK(in.list_offset == back.list_offset && back.n_certs == 2);
	CHECK(same(in.cmdline, back.cmdline));
	CHECK(same(in.certs[0], back.certs[0]) && same(in.certs[1], back.certs[1]));
	CHECK(memcmp(&in.pcrs, &back.pcrs, sizeof(in.pcrs)) == 0);
}

static void bytes_lead_into_the_message(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	CHECK_OK(msg_evidence_decode(out.data, out.len, &back, &err), &err);
	CHECK(back.list.data > out.data && back.list.data + back.list.len < out.data + out.len);
}

static void every_cut_is_refused(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	for (size_t len = 0; len < out.len; len++)
		CHECK_FAILS(msg_evidence_decode(out.data, len, &back, &err), &err, "message: evid");
}

static void something_behind_it_is_refused(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	CHECK_OK(buf_put_u8(&out, 0, &err), &err);
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err, "follows");
}

/* What is accepted is written back byte for byte: no bit can be changed without a change of
 * meaning. */
static void no_other_bytes_mean_the_same(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX), again = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	for (size_t bit = 0; bit < 8 * out.len; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (msg_evidence_decode(out.data, out.len, &back, &err) == 0) {
			buf_reset(&again);
			CHECK_OK(msg_evidence_encode(&back, &again, &err), &err);
			CHECK(again.len == out.len && memcmp(again.data, out.data, out.len) == 0);
		}
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static int begin_of_hex(const char *hex, struct msg_begin *ret_msg, struct err *err)
{
	uint8_t raw[256];
	size_t len = strlen(hex) / 2;

	if (hex_parse(hex, raw, len, err) < 0)
		return -1;
	return msg_begin_decode(raw, len, ret_msg, err);
}

static void the_vector_is_read_and_written_alike(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct err err = ERR_INIT;
	struct msg_begin msg;
	char hex[256];

	CHECK_OK(begin_of_hex(BEGIN_HEX, &msg, &err), &err);
	CHECK(msg.reset_count == 65536 && msg.restart_count == 5 && msg.host[31] == 0xaa);
	CHECK_OK(msg_begin_encode(&msg, &out, &err), &err);
	hex_format(out.data, out.len, hex);
	CHECK_STR(hex, BEGIN_HEX);
}

#define HOST "5820" ZERO32
#define ZERO8 "0000000000000000"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8

static void other_forms_are_refused(void)
{
	static const struct {
		const char *hex, *why;
	} bad[] = {
		{ "a5000101040258"
		  "20" ZERO32 "0318010404",
		  "shortest" },
		{ "a50001010402" HOST "031b00000000000000010404", "shortest" },
		{ "a500010104025900"
		  "20" ZERO32 "03010401",
		  "shortest" },
		{ "a50001010402"
		  "5b0000000000000020" ZERO32 "03010401",
		  "shortest" },
		{ "bf0001010402" HOST "03010401ff", "not a map" },
		{ "b8050001010402" HOST "03010401", "shortest" },
		{ "a50001010402" HOST "04010301", "key" },
		{ "a50001010402" HOST "03010301", "key" },
		{ "a50101000402" HOST "03010401", "first key" },
		{ "a50002010402" HOST "03010401", "the version is 2" },
		{ "a50001010502" HOST "03010401", "the type is 5" },
		{ "a60001010402" HOST "030104010501", "fields" },
		{ "a40001010402" HOST "0301", "fields" },
		{ "a50001010402" HOST "03200401", "not a number" },
		{ "a50001010402" HOST "03f50401", "not a number" },
		{ "a50001010402" HOST "03c1010401", "not a number" },
		{ "a50001010402" HOST "03f93c000401", "not a number" },
		{ "a50001010402" HOST "031b00000001000000000401", "32 bits" },
		{ "a50001010402"
		  "581f" ZERO8 ZERO8 ZERO8 "00000000000000"
		  "03010401",
		  "32 bytes" },
		{ "a50001010402"
		  "7820" ZERO32 "03010401",
		  "not bytes" },
		{ "a50001010402"
		  "5f5820" ZERO32 "ff03010401",
		  "not bytes" },
		{ "a50001010402"
		  "5bffffffffffffffff" ZERO32 "03010401",
		  "ends" },
		{ "a50001010402"
		  "5b7fffffffffffffff" ZERO32 "03010401",
		  "ends" },
		{ "a50001010402"
		  "1c"
		  "03010401",
		  "not bytes" },
		{ "8501010402" HOST "03010401", "not a map" },
		{ "", "ends" },
	};
	struct err err = ERR_INIT;
	struct msg_begin msg;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_FAILS(begin_of_hex(bad[i].hex, &msg, &err), &err, bad[i].why);
}

static void each_kind_takes_only_its_own(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_begin begin = { .restart_count = 1 };
	struct msg_challenge challenge;
	struct msg_evidence evidence;
	struct err err = ERR_INIT;
	struct msg_enrol enrol;
	struct msg_proof proof;
	struct msg_nonce nonce;
	struct msg_state state;

	CHECK_OK(msg_begin_encode(&begin, &out, &err), &err);
	CHECK_FAILS(msg_enrol_decode(out.data, out.len, &enrol, &err), &err, "type");
	CHECK_FAILS(msg_challenge_decode(out.data, out.len, &challenge, &err), &err, "type");
	CHECK_FAILS(msg_proof_decode(out.data, out.len, &proof, &err), &err, "type");
	CHECK_FAILS(msg_nonce_decode(out.data, out.len, &nonce, &err), &err, "type");
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &evidence, &err), &err, "type");
	CHECK_FAILS(msg_state_decode(out.data, out.len, &state, &err), &err, "type");
}

static int enrol_with(const char *name, size_t cert, struct buf *out, struct err *err)
{
	static const uint8_t raw[EVIDENCE_CERT_MAX + 1];
	struct msg_enrol msg = {
		.ek_public = { raw, PUBLIC_MAX },
		.ak_public = { raw, 1 },
		.ek_cert = { raw, cert },
	};

	memcpy(msg.name, name, strnlen(name, sizeof(msg.name)));
	return msg_enrol_encode(&msg, out, err);
}

static void maxima_are_held(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	char name[EVIDENCE_NAME_MAX + 1];
	struct err err = ERR_INIT;
	struct msg_enrol msg;

	memset(name, 'n', sizeof(name));
	name[EVIDENCE_NAME_MAX - 1] = '\0';
	CHECK_OK(enrol_with(name, EVIDENCE_CERT_MAX, &out, &err), &err);
	CHECK_OK(msg_enrol_decode(out.data, out.len, &msg, &err), &err);
	CHECK_STR(msg.name, name);
	CHECK(msg.ek_cert.len == EVIDENCE_CERT_MAX);
	buf_reset(&out);
	CHECK_FAILS(enrol_with(name, EVIDENCE_CERT_MAX + 1, &out, &err), &err, "ek_cert");
	CHECK(out.len == 0);
	name[EVIDENCE_NAME_MAX - 1] = 'n';
	name[EVIDENCE_NAME_MAX] = '\0';
	CHECK_FAILS(enrol_with(name, 0, &out, &err), &err, "name");
}

static void one_past_a_maximum_is_not_read_either(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	static const uint8_t raw[EVIDENCE_CERT_MAX + 1];
	struct err err = ERR_INIT;
	struct msg_enrol msg;

	CHECK_OK(item_put_map(&out, 6, &err), &err);
	CHECK_OK(buf_put(&out, "\0\1\1\1\2\x61n\3\x41k\4", 11, &err), &err);
	CHECK_OK(item_put_bytes(&out, raw, sizeof(raw), &err), &err);
	CHECK_OK(buf_put(&out, "\5\x41k", 3, &err), &err);
	CHECK_FAILS(msg_enrol_decode(out.data, out.len, &msg, &err), &err, "8193 bytes");
}

static void names_are_clean(void)
{
	static const char *const dirty[] = { "a\nb",	 "\x1b[2J",	 "a\xff",
					     "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					     "\xc2\x85", "cut\xe2\x82" };
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct err err = ERR_INIT;
	struct msg_enrol msg;

	for (size_t i = 0; i < ARRAY_LEN(dirty); i++) {
		size_t len = strlen(dirty[i]);

		buf_reset(&out);
		CHECK_OK(enrol_with(dirty[i], 0, &out, &err), &err);
		CHECK_OK(msg_enrol_decode(out.data, out.len, &msg, &err), &err);
		CHECK(strchr(msg.name, '?'));
		/* map, four numbers, the key, the text's head */
		memcpy(out.data + 7, dirty[i], len);
		CHECK_FAILS(msg_enrol_decode(out.data, out.len, &msg, &err), &err, "UTF-8");
	}
	buf_reset(&out);
	CHECK_OK(enrol_with("h\xc3\xb6st.\xe2\x82\xac.\xf0\x9f\x90\xa7", 0, &out, &err), &err);
	CHECK_OK(msg_enrol_decode(out.data, out.len, &msg, &err), &err);
	CHECK_STR(msg.name, "h\xc3\xb6st.\xe2\x82\xac.\xf0\x9f\x90\xa7");
}

/* bank 11, mask 1, 31 or 33 bytes; and masks and banks that there are not. */
static void pcrs_fit_their_mask(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;
	uint8_t *at;

	fill(&in);
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	at = memmem(out.data, out.len, "\x06\x83\x0b\x19\x84\x01\x58\x60", 8);
	CHECK(at);
	at[4] = 0x85;
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err,
		    "values of the mask");
	at[4] = 0x04;
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err,
		    "values of the mask");
	at[4] = 0x84;
	at[2] = 0x04;
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err,
		    "values of the mask");
	at[2] = 0x12;
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err, "0x0012");
	in.pcrs.mask = 0;
	CHECK_FAILS(msg_evidence_encode(&in, &out, &err), &err, "mask");
	in.pcrs.mask = 1U << QUOTE_PCRS;
	CHECK_FAILS(msg_evidence_encode(&in, &out, &err), &err, "mask");
}

/* Behind the certificates are a key, a head and six bytes. */
#define CMDLINE_LEN 8

static void certificates_are_counted(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;
	uint8_t *count;

	fill(&in);
	for (size_t i = 0; i < RECORD_CERTS_MAX; i++)
		in.certs[i] = (struct bytes){ (const uint8_t *)"c", 1 };
	in.n_certs = RECORD_CERTS_MAX;
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	CHECK_OK(msg_evidence_decode(out.data, out.len, &back, &err), &err);
	CHECK(back.n_certs == RECORD_CERTS_MAX);
	out.len -= CMDLINE_LEN;
	count = out.data + out.len - 2 * RECORD_CERTS_MAX - 1;
	CHECK(*count == 0x90);
	*count = 0x91;
	CHECK_OK(buf_put(&out,
			 "\x41"
			 "c",
			 2, &err),
		 &err);
	CHECK_FAILS(msg_evidence_decode(out.data, out.len, &back, &err), &err, "more than 16");
	in.n_certs = RECORD_CERTS_MAX + 1;
	CHECK_FAILS(msg_evidence_encode(&in, &out, &err), &err, "more than 16");
	in.n_certs = 1;
	in.certs[0].len = 0;
	CHECK_FAILS(msg_evidence_encode(&in, &out, &err), &err, "certs");
}

static void the_largest_evidence_fits(void)
{
	AUTO_BUF out = BUF_INIT(EVIDENCE_MAX);
	AUTO_MEM uint8_t *raw = calloc(1, EVIDENCE_LIST_MAX + 1);
	struct msg_evidence in, back;
	struct err err = ERR_INIT;

	CHECK(raw);
	fill(&in);
	in.list = (struct bytes){ raw, EVIDENCE_LIST_MAX };
	in.boot_log = (struct bytes){ raw, EVIDENCE_BOOT_LOG_MAX };
	in.record = (struct bytes){ raw, RECORD_MAX };
	for (size_t i = 0; i < RECORD_CERTS_MAX; i++)
		in.certs[i] = (struct bytes){ raw, CERT_FILE_MAX };
	in.n_certs = RECORD_CERTS_MAX;
	in.pcrs.mask = (1U << QUOTE_PCRS) - 1;
	in.pcrs.bank = HASH_SHA512;
	CHECK_OK(msg_evidence_encode(&in, &out, &err), &err);
	CHECK_OK(msg_evidence_decode(out.data, out.len, &back, &err), &err);
	CHECK(back.list.len == EVIDENCE_LIST_MAX);
	in.list.len++;
	CHECK_FAILS(msg_evidence_encode(&in, &out, &err), &err, "list");
}

/* Everything that is known before the quote changes what it is asked for. */
static void the_quote_binds_the_evidence(void)
{
	uint8_t first[EVIDENCE_QUALIFYING_SIZE], other[EVIDENCE_QUALIFYING_SIZE];
	struct err err = ERR_INIT;
	struct msg_evidence in;

	fill(&in);
	CHECK_OK(evidence_qualifying(&in, first, &err), &err);
#define DIFFERS(change) \
	do { \
		fill(&in); \
		change; \
		CHECK_OK(evidence_qualifying(&in, other, &err), &err); \
		CHECK(memcmp(first, other, sizeof(first)) != 0); \
	} while (0)
	DIFFERS(in.nonce.len--);
	DIFFERS(in.host[0] ^= 1);
	DIFFERS(in.list_offset++);
	DIFFERS(in.boot_log.len = 0);
	DIFFERS(in.record.len--);
	DIFFERS(in.record_sig.len--);
	fill(&in);
	in.list.len = 0;
	CHECK_OK(evidence_qualifying(&in, other, &err), &err);
	CHECK_MEM(first, other, sizeof(first));
}

#define QUALIFYING_HEX "3cd5ba7180323d22c6be8510904ba62a0bc025702d33f4b535bce9ec9f1ec802"

static void what_the_quote_binds_is_as_written_down(void)
{
	uint8_t nonce[48], made[EVIDENCE_QUALIFYING_SIZE];
	struct err err = ERR_INIT;
	struct msg_evidence in;
	char hex[2 * sizeof(made) + 1];

	for (uint8_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = i;
	fill(&in);
	in.nonce = (struct bytes){ nonce, sizeof(nonce) };
	in.list_offset = 4096;
	CHECK_OK(evidence_qualifying(&in, made, &err), &err);
	hex_format(made, sizeof(made), hex);
	CHECK_STR(hex, QUALIFYING_HEX);
}

static const struct unit_case cases[] = {
	CASE(evidence_comes_back_as_it_was),
	CASE(bytes_lead_into_the_message),
	CASE(every_cut_is_refused),
	CASE(something_behind_it_is_refused),
	CASE(no_other_bytes_mean_the_same),
	CASE(the_vector_is_read_and_written_alike),
	CASE(other_forms_are_refused),
	CASE(each_kind_takes_only_its_own),
	CASE(maxima_are_held),
	CASE(one_past_a_maximum_is_not_read_either),
	CASE(names_are_clean),
	CASE(pcrs_fit_their_mask),
	CASE(certificates_are_counted),
	CASE(the_largest_evidence_fits),
	CASE(the_quote_binds_the_evidence),
	CASE(what_the_quote_binds_is_as_written_down),
	CASE_END,
};
UNIT_MAIN(cases)

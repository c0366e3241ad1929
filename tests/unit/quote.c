/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes: those of a TPM are proven, and nothing that was changed, moved or made up is. */
#include "attest/quote.h"

#include "base/hex.h"
#include "crypto/pubkey.h"
#include "soft_tpm.h"
#include "tpm_vectors.h"
#include "unit.h"

#define MASK 0xffffU

/* A quote of the vectors, as evidence brings it. */
struct whole {
	struct tpm_public ak;
	uint8_t attest[QUOTE_MAX], sig[QUOTE_SIG_MAX], nonce[32];
	struct pcr_set pcrs;
	struct quote_input input;
	struct proven_quote proven;
	struct err err;
};

static size_t from_hex(const char *hex, uint8_t *ret_data)
{
	size_t len = strlen(hex) / 2;

	return hex_parse(hex, ret_data, len, NULL) == 0 ? len : 0;
}

static void load_pcrs(struct pcr_set *pcrs)
{
	*pcrs = (struct pcr_set){ .bank = HASH_SHA256, .mask = MASK };
	(void)from_hex(VECTOR_PCR_10, pcrs->value[10]);
	(void)from_hex(VECTOR_PCR_13, pcrs->value[13]);
}

static int load(struct whole *w, const char *ak, const char *attest, const char *sig)
{
	uint8_t raw[PUBLIC_MAX];

	memset(w, 0, sizeof(*w));
	load_pcrs(&w->pcrs);
	w->input = (struct quote_input){
		.ak = &w->ak,
		.attest = w->attest,
		.attest_len = from_hex(attest, w->attest),
		.sig = w->sig,
		.sig_len = from_hex(sig, w->sig),
		.nonce = w->nonce,
		.nonce_len = from_hex(VECTOR_NONCE, w->nonce),
		.pcrs = &w->pcrs,
	};
	return public_decode(raw, from_hex(ak, raw), &w->ak, &w->err);
}

static int load_ecc(struct whole *w)
{
	return load(w, VECTOR_AK_ECC, VECTOR_QUOTE_ECC, VECTOR_SIG_ECC);
}

/* With the key imported and with the curve at hand: where they differ neither yes nor no is right.
 */
static int by_both(const struct quote_input *input, struct proven_quote *ret_quote, struct err *err)
{
	struct tpm_public ak = *input->ak;
	struct quote_input other = *input;
	struct proven_quote proven = { .clock = 0 };
	const int rc = quote_verify(input, ret_quote, err);
	struct pubkey_curve *curve = NULL;
	struct err also = ERR_INIT;
	int rc_curve;

	if (pubkey_curve_new(&curve, err) < 0)
		return -1;
	other.ak = &ak;
	ak.p256 = curve;
	rc_curve = quote_verify(&other, &proven, &also);
	pubkey_curve_free(curve);
	if (rc_curve == rc &&
	    (rc < 0 ? strcmp(also.text, err->text) == 0 : proven.clock == ret_quote->clock))
		return rc;
	(void)err_set(err, "by the curve: %s", rc_curve < 0 ? also.text : "proven");
	return rc < 0 ? 0 : -1;
}

static int verify(struct whole *w)
{
	return by_both(&w->input, &w->proven, &w->err);
}

#define REFUSED(w, why) CHECK_FAILS(verify(w), &(w)->err, why)

static void an_rsa_quote_of_a_tpm_is_proven(void)
{
	struct whole w;

	CHECK_OK(load(&w, VECTOR_AK_RSA, VECTOR_QUOTE_RSA, VECTOR_SIG_RSA), &w.err);
	CHECK_OK(verify(&w), &w.err);
	CHECK(w.proven.reset_count == 2 && w.proven.restart_count == 0 && w.proven.safe);
	CHECK(w.proven.clock == 0x32386 && w.proven.firmware_version == 0x2019102300163636);
	CHECK(w.proven.pcrs.mask == MASK && w.proven.pcrs.bank == HASH_SHA256);
	CHECK_MEM(w.proven.pcrs.value[10], w.pcrs.value[10], 32);
}

static void an_ecdsa_quote_of_a_tpm_is_proven(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	CHECK_OK(verify(&w), &w.err);
	CHECK_OK(load(&w, VECTOR_AK_ECC, VECTOR_QUOTE_FEW, VECTOR_SIG_FEW), &w.err);
	w.pcrs.mask = 1 | 1 << 10;
	CHECK_OK(verify(&w), &w.err);
}

static void another_nonce(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	w.nonce[31] ^= 1;
	REFUSED(&w, "nonce");
	w.nonce[31] ^= 1;
	w.input.nonce_len--;
	REFUSED(&w, "nonce");
	w.input.nonce_len = 0;
	REFUSED(&w, "nonce");
	w.input.nonce_len = QUOTE_NONCE_MAX + 1;
	REFUSED(&w, "larger");
}

static void pcrs_that_were_not_quoted(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	for (size_t i = 0; i < 16; i++) {
		w.pcrs.value[i][31] ^= 1;
		REFUSED(&w, "not those that were quoted");
		w.pcrs.value[i][31] ^= 1;
	}
	CHECK_OK(verify(&w), &w.err);
}

static void pcrs_in_each_others_place(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	memcpy(w.pcrs.value[11], w.pcrs.value[10], 32);
	memset(w.pcrs.value[10], 0, 32);
	REFUSED(&w, "not those that were quoted");
}

static void one_pcr_more_or_less(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	w.pcrs.mask = MASK | 1 << 16;
	REFUSED(&w, "of the PCRs");
	w.pcrs.mask = MASK & ~(1U << 15);
	REFUSED(&w, "of the PCRs");
	w.pcrs.mask = 0;
	REFUSED(&w, "of the PCRs");
	w.pcrs.mask = MASK | 1U << QUOTE_PCRS;
	REFUSED(&w, "larger");
	/* as many PCRs with the same values, by other numbers */
	w.pcrs.mask = (MASK & ~1U) | 1 << 16;
	REFUSED(&w, "of the PCRs");
}

static void another_bank(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	w.pcrs.bank = HASH_SHA1;
	REFUSED(&w, "another bank");
	w.pcrs.bank = 0;
	REFUSED(&w, "another bank");
}

static void a_signature_of_another_key(void)
{
	struct whole w;

	CHECK_OK(load(&w, VECTOR_AK_ECC, VECTOR_QUOTE_ECC, VECTOR_SIG_FEW), &w.err);
	REFUSED(&w, "does not match");
	CHECK_OK(load(&w, VECTOR_AK_RSA, VECTOR_QUOTE_ECC, VECTOR_SIG_ECC), &w.err);
	REFUSED(&w, "scheme");
	CHECK_OK(load(&w, VECTOR_AK_RSA, VECTOR_QUOTE_ECC, VECTOR_SIG_RSA), &w.err);
	REFUSED(&w, "does not match");
}

static void a_quote_cut_short(void)
{
	struct whole w;
	size_t len;

	CHECK_OK(load_ecc(&w), &w.err);
	len = w.input.attest_len;
	for (w.input.attest_len = 0; w.input.attest_len < len; w.input.attest_len++)
		REFUSED(&w, "does not match");
}

static void a_signature_cut_short(void)
{
	struct whole w;
	size_t len;

	CHECK_OK(load_ecc(&w), &w.err);
	len = w.input.sig_len;
	for (w.input.sig_len = 0; w.input.sig_len < len; w.input.sig_len++)
		REFUSED(&w, "signature");
	CHECK_OK(load(&w, VECTOR_AK_RSA, VECTOR_QUOTE_RSA, VECTOR_SIG_RSA), &w.err);
	len = w.input.sig_len;
	for (w.input.sig_len = 0; w.input.sig_len < len; w.input.sig_len++)
		REFUSED(&w, "signature");
}

static void any_bit_of_the_quote(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	for (size_t bit = 0; bit < 8 * w.input.attest_len; bit++) {
		w.attest[bit / 8] ^= (uint8_t)(1U << bit % 8);
		REFUSED(&w, "does not match");
		w.attest[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void any_bit_of_the_signature(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	for (size_t bit = 0; bit < 8 * w.input.sig_len; bit++) {
		w.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
		REFUSED(&w, "signature");
		w.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_OK(load(&w, VECTOR_AK_RSA, VECTOR_QUOTE_RSA, VECTOR_SIG_RSA), &w.err);
	for (size_t bit = 0; bit < 8 * w.input.sig_len; bit += 7) {
		w.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
		REFUSED(&w, "signature");
		w.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void something_behind_the_signature(void)
{
	struct whole w;

	CHECK_OK(load_ecc(&w), &w.err);
	w.sig[w.input.sig_len++] = 0;
	REFUSED(&w, "follows");
	w.input.sig_len = QUOTE_SIG_MAX + 1;
	REFUSED(&w, "larger");
}

/* The same key signs these, too, over data of whoever asks. */
static void other_attestations_of_the_tpm(void)
{
	struct whole w;

	CHECK_OK(load(&w, VECTOR_AK_ECC, VECTOR_TIME, VECTOR_SIG_TIME), &w.err);
	REFUSED(&w, "another attestation");
	CHECK_OK(load(&w, VECTOR_AK_ECC, VECTOR_CERTIFY, VECTOR_SIG_CERTIFY), &w.err);
	REFUSED(&w, "another attestation");
}

/* Signed well by a key that is what it should be; only the quote is not. */
struct made {
	struct soft_ak ak;
	struct buf attest, sig;
	struct pcr_set pcrs;
	struct quote_input input;
	struct proven_quote proven;
	struct err err;
};

static void made_done(struct made *m)
{
	soft_ak_done(&m->ak);
	buf_done(&m->attest);
	buf_done(&m->sig);
}
#define AUTO_MADE CLEANUP(made_done) struct made

static int make(struct made *m, struct soft_quote how)
{
	*m = (struct made){ .attest = BUF_INIT(QUOTE_MAX), .sig = BUF_INIT(QUOTE_SIG_MAX) };
	load_pcrs(&m->pcrs);
	how.nonce = "asked for";
	how.nonce_len = 9;
	how.pcrs = &m->pcrs;
	if (soft_ak_new(&m->ak, &m->err) < 0 || soft_attest(&how, &m->attest) < 0 ||
	    soft_sign(&m->ak, m->attest.data, m->attest.len, &m->sig) < 0)
		return -1;
	m->input = (struct quote_input){
		.ak = &m->ak.public,
		.attest = m->attest.data,
		.attest_len = m->attest.len,
		.sig = m->sig.data,
		.sig_len = m->sig.len,
		.nonce = "asked for",
		.nonce_len = 9,
		.pcrs = &m->pcrs,
	};
	return 0;
}

#define MADE_REFUSED(why, ...) \
	do { \
		AUTO_MADE m_; \
		CHECK_OK(make(&m_, (struct soft_quote){ __VA_ARGS__ }), &m_.err); \
		CHECK_FAILS(by_both(&m_.input, &m_.proven, &m_.err), &m_.err, why); \
	} while (0)

static void a_made_one_is_proven_when_it_is_right(void)
{
	AUTO_MADE m;

	CHECK_OK(make(&m, (struct soft_quote){ .reset = 7, .restart = 8, .clock = 1ULL << 40 }),
		 &m.err);
	CHECK_OK(by_both(&m.input, &m.proven, &m.err), &m.err);
	CHECK(m.proven.reset_count == 7 && m.proven.restart_count == 8);
	CHECK(m.proven.clock == 1ULL << 40);
}

static void a_selection_with_a_byte_of_zeroes_more(void)
{
	AUTO_MADE m;

	CHECK_OK(make(&m, (struct soft_quote){ .select = 4 }), &m.err);
	CHECK_OK(by_both(&m.input, &m.proven, &m.err), &m.err);
	MADE_REFUSED("one bank", .select = 5);
}

static void data_that_no_tpm_made(void)
{
	MADE_REFUSED("not made by a TPM", .magic = 0xff544348);
	MADE_REFUSED("not made by a TPM", .magic = 0x474354ff);
}

static void a_type_that_is_not_a_quote(void)
{
	MADE_REFUSED("another attestation", .type = 0x8014);
	MADE_REFUSED("another attestation", .type = 0x8017);
	MADE_REFUSED("another attestation", .type = 0x801a);
	MADE_REFUSED("another attestation", .type = 0xffff);
}

static void a_selection_that_is_another(void)
{
	MADE_REFUSED("one bank", .banks = 2);
	MADE_REFUSED("one bank", .banks = UINT32_MAX);
	MADE_REFUSED("another bank", .bank = TPM_SHA1);
	MADE_REFUSED("another bank", .bank = TPM_NULL);
	MADE_REFUSED("of the PCRs", .mask = 0x1ffff);
	MADE_REFUSED("of the PCRs", .mask = 0xfbff);
	MADE_REFUSED("of the PCRs", .select = 1);
}

static void a_digest_by_another_hash(void)
{
	MADE_REFUSED("not those that were quoted", .by = HASH_SHA1);
	MADE_REFUSED("not those that were quoted", .by = HASH_SHA384);
}

static void a_tail(void)
{
	MADE_REFUSED("something follows", .tail = "x");
}

static void a_clock_that_is_neither_safe_nor_not(void)
{
	MADE_REFUSED("no clock", .safe = 3);
}

static void keys_that_are_not_attestation_keys(void)
{
	static const struct {
		struct soft_shape shape;
		const char *why;
	} bad[] = {
		{ { .attributes = SOFT_AK_ATTRIBUTES & ~(1U << 1) }, "fixedTPM" },
		{ { .attributes = SOFT_AK_ATTRIBUTES & ~(1U << 4) }, "fixedParent" },
		{ { .attributes = SOFT_AK_ATTRIBUTES & ~(1U << 5) }, "sensitiveDataOrigin" },
		{ { .attributes = SOFT_AK_ATTRIBUTES & ~(1U << 16) }, "restricted" },
		{ { .attributes = SOFT_AK_ATTRIBUTES & ~(1U << 18) }, "sign" },
		{ { .attributes = SOFT_AK_ATTRIBUTES | 1U << 17 }, "decrypt" },
		{ { .attributes = SOFT_AK_ATTRIBUTES, .hash = TPM_SHA1 }, "SHA-256 or longer" },
		{ { .attributes = SOFT_AK_ATTRIBUTES, .scheme = TPM_NULL }, "ECDSA" },
		{ { .attributes = SOFT_AK_ATTRIBUTES, .scheme = TPM_RSASSA }, "ECDSA" },
		{ { .attributes = SOFT_AK_ATTRIBUTES, .name_alg = TPM_SHA1 }, "sha1" },
		{ { .attributes = SOFT_AK_ATTRIBUTES, .symmetric = TPM_AES, .bits = 128 },
		  "scheme" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_SOFT_AK other = { .pkey = NULL };
		AUTO_MADE m;

		CHECK_OK(make(&m, (struct soft_quote){ .reset = 1 }), &m.err);
		CHECK_OK(soft_ak_shaped(&bad[i].shape, &other, &m.err), &m.err);
		buf_reset(&m.sig);
		CHECK(soft_sign(&other, m.attest.data, m.attest.len, &m.sig) == 0);
		m.input.ak = &other.public;
		CHECK_FAILS(by_both(&m.input, &m.proven, &m.err), &m.err, bad[i].why);
	}
}

static void a_key_that_signs_what_it_is_given(void)
{
	struct whole w;

	CHECK_OK(load(&w, VECTOR_UNRESTRICTED, VECTOR_QUOTE_ECC, VECTOR_SIG_ECC), &w.err);
	REFUSED(&w, "restricted");
}

static const struct unit_case cases[] = {
	CASE(an_rsa_quote_of_a_tpm_is_proven),
	CASE(an_ecdsa_quote_of_a_tpm_is_proven),
	CASE(another_nonce),
	CASE(pcrs_that_were_not_quoted),
	CASE(pcrs_in_each_others_place),
	CASE(one_pcr_more_or_less),
	CASE(another_bank),
	CASE(a_signature_of_another_key),
	CASE(a_quote_cut_short),
	CASE(a_signature_cut_short),
	CASE(any_bit_of_the_quote),
	CASE(any_bit_of_the_signature),
	CASE(something_behind_the_signature),
	CASE(other_attestations_of_the_tpm),
	CASE(a_made_one_is_proven_when_it_is_right),
	CASE(a_selection_with_a_byte_of_zeroes_more),
	CASE(data_that_no_tpm_made),
	CASE(a_type_that_is_not_a_quote),
	CASE(a_selection_that_is_another),
	CASE(a_digest_by_another_hash),
	CASE(a_tail),
	CASE(a_clock_that_is_neither_safe_nor_not),
	CASE(keys_that_are_not_attestation_keys),
	CASE(a_key_that_signs_what_it_is_given),
	CASE_END,
};
UNIT_MAIN(cases)

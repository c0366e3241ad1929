/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes with the values that they are over, and the clock, of a software TPM. */
#include "tpm/quote.h"

#include <stdlib.h>

#include <tss2/tss2_mu.h>

#include "crypto/hash.h"
#include "tpm/clock.h"
#include "unit/known_host.h"
#include "unit/unit.h"

/* Decodes what is there and checks it against the nonce and the values. */
static void check_quote(const struct tpm_quote *quote)
{
	TPMS_ATTEST attest;
	struct digest digest;
	struct err err = ERR_INIT;
	size_t at = 0;

	CHECK(Tss2_MU_TPMS_ATTEST_Unmarshal(quote->attest, quote->attest_len, &at, &attest) ==
	      TSS2_RC_SUCCESS);
	CHECK(attest.extraData.size == strlen(NONCE));
	CHECK_MEM(attest.extraData.buffer, NONCE, strlen(NONCE));
	CHECK(attest.attested.quote.pcrSelect.count == 1);
	CHECK_MEM(attest.attested.quote.pcrSelect.pcrSelections[0].pcrSelect, "\xff\xff\0", 3);
	CHECK_OK(hash_bytes(HASH_SHA256, quote->value, sizeof(quote->value), &digest, &err), &err);
	CHECK_MEM(attest.attested.quote.pcrDigest.buffer, digest.data, digest.len);
}

static void a_quote_is_over_its_values(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	CHECK(quote->sig[1] == TPM2_ALG_ECDSA);
	check_quote(quote);
}

#define PER_TRY 3 /* commands that something may come before: the quote, two reads of PCRs */

static void values_are_read_again_only_where_they_changed(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	for (int i = 0; i < 3; i++) {
		CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
		check_quote(quote);
		CHECK(device.reads == 2);
	}
	device.extends = 1;
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	check_quote(quote);
	CHECK(device.reads == 4);
	/* Between the quote and the reading: the next quote fits what was read. */
	device.extends = 2;
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	check_quote(quote);
	CHECK(device.reads == 6);
	device.reads = 0;
}

static void what_ima_extends_in_between_is_caught_up_with(void)
{
	static const uint8_t zero[32];
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	device.extends = PER_TRY * (TPM_QUOTE_TRIES - 1);
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	CHECK(device.extends == 0 && memcmp(quote->value[10], zero, 32) != 0);
	check_quote(quote);
	device.extends = 1000;
	CHECK_FAILS(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err,
		    "quote: the PCRs changed");
	CHECK(device.extends == 1000 - PER_TRY * TPM_QUOTE_TRIES);
	device.extends = 0;
}

static void a_busy_tpm_is_asked_again(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	device.busy = 12;
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	CHECK(device.busy == 0);
	check_quote(quote);
	device.busy = UINT32_MAX;
	CHECK_FAILS(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err,
		    "the TPM was busy");
	device.busy = 0;
}

static void nonces_have_a_maximum(void)
{
	static const uint8_t long_nonce[TPM_QUOTE_NONCE_MAX + 1];
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	CHECK_OK(tpm_quote_make(identity, long_nonce, 48, quote, &err), &err);
	CHECK_FAILS(tpm_quote_make(identity, long_nonce, sizeof(long_nonce), quote, &err), &err,
		    "the nonce has more than 64 bytes");
}

static void without_the_bank_there_is_no_quote(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));

	CHECK(identity && quote);
	device.no_sha256 = true;
	CHECK_FAILS(tpm_quote_make(identity, NONCE, 1, quote, &err), &err,
		    "quote: PCR read: this TPM has no bank of SHA-256");
	device.no_sha256 = false;
}

static void the_clock_counts_resets(void)
{
	struct tpm_clock before, after;
	struct err err = ERR_INIT;

	for (int boot = 0; boot < 2; boot++) {
		AUTO_TPM_PROCESS pid = tpm_process_start(".");
		AUTO_IDENTITY identity = NULL;

		CHECK_OK(tpm_identity_open(&identity, &err), &err);
		CHECK_OK(tpm_clock_read(identity, boot ? &after : &before, &err), &err);
	}
	CHECK(after.reset_count == before.reset_count + 1);
}

/* Without a command to the TPM, which would fail. */
static void the_last_quote_tells_the_counters(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));
	struct tpm_clock asked, told;

	CHECK(identity && quote);
	CHECK_OK(tpm_clock_last(identity, &asked, &err), &err);
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	device.fail_after = device.sent = 1;
	CHECK_FAILS(tpm_clock_read(identity, &told, &err), &err, "read the clock: the device");
	CHECK_OK(tpm_clock_last(identity, &told, &err), &err);
	device.fail_after = 0;
	CHECK(told.reset_count == asked.reset_count && told.restart_count == asked.restart_count);
	CHECK(told.clock >= asked.clock && told.safe == asked.safe);
}

static const struct unit_case cases[] = {
	CASE(a_quote_is_over_its_values),
	CASE(values_are_read_again_only_where_they_changed),
	CASE(what_ima_extends_in_between_is_caught_up_with),
	CASE(a_busy_tpm_is_asked_again),
	CASE(nonces_have_a_maximum),
	CASE(without_the_bank_there_is_no_quote),
	CASE(the_clock_counts_resets),
	CASE(the_last_quote_tells_the_counters),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs of a software TPM that takes the device's place; and every answer of it failing. */
#include "tpm/pcr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

#include "base/attr.h"
#include "tpm/ctx.h"
#include "unit/swtpm_process.h"
#include "unit/unit.h"

#define PCR 13

static struct {
	bool absent;		 /* no device node */
	bool dead;		 /* the device can't be opened */
	unsigned int fail_after; /* this many commands are sent, the next is not; 0: all are */
	unsigned int sent;
	unsigned int known_banks; /* of the list of banks so many are told as they are; 0: all */
	TSS2_RC (*transmit)(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command);
	TSS2_RC(*receive)
	(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response, int32_t timeout);
} device;

/* These stand where libc's and the TSS's own would. */
int access(const char *path, int how)
{
	if (strcmp(path, TPM_DEVICE) != 0)
		return faccessat(AT_FDCWD, path, how, 0);
	errno = ENOENT;
	return device.absent ? -1 : 0;
}

static TSS2_RC counted_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command)
{
	if (device.fail_after && ++device.sent > device.fail_after)
		return TSS2_TCTI_RC_IO_ERROR;
	return device.transmit(tcti, len, command);
}

/* The other banks of TPM2_GetCapability(TPM2_CAP_PCRS) become SM3's: part 2, 10.6.2, 10.9.7. */
static TSS2_RC renaming_receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response,
				int32_t timeout)
{
	static const uint8_t pcrs[] = { 0, 0, 0, TPM2_CAP_PCRS, 0, 0, 0 };
	TSS2_RC rc = device.receive(tcti, len, response, timeout);

	if (rc == TSS2_RC_SUCCESS && response && device.known_banks && *len > 19 &&
	    memcmp(response + 11, pcrs, sizeof(pcrs)) == 0)
		for (size_t i = device.known_banks; i < response[18]; i++)
			response[19 + 6 * i + 1] = TPM2_ALG_SM3_256;
	return rc;
}

TSS2_RC Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	TSS2_RC rc;

	(void)conf;
	if (device.dead)
		return TSS2_TCTI_RC_IO_ERROR;
	rc = Tss2_Tcti_Swtpm_Init(tcti, size, tcti ? "path=s" : NULL);
	if (rc != TSS2_RC_SUCCESS || !tcti)
		return rc;
	device.transmit = TSS2_TCTI_TRANSMIT(tcti);
	TSS2_TCTI_TRANSMIT(tcti) = counted_transmit;
	device.receive = TSS2_TCTI_RECEIVE(tcti);
	TSS2_TCTI_RECEIVE(tcti) = renaming_receive;
	return rc;
}

static void extending_changes_every_bank(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct digest before, after, event, expected;
	struct err err = ERR_INIT;
	uint8_t both[2 * HASH_SIZE_MAX];

	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA256, &before, &err), &err);
	CHECK_OK(tpm_pcr_extend(PCR, "record", 6, &err), &err);
	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA256, &after, &err), &err);
	CHECK_OK(hash_bytes(HASH_SHA256, "record", 6, &event, &err), &err);
	memcpy(both, before.data, before.len);
	memcpy(both + before.len, event.data, event.len);
	CHECK_OK(hash_bytes(HASH_SHA256, both, before.len + event.len, &expected, &err), &err);
	CHECK(after.len == expected.len && after.algo == HASH_SHA256);
	CHECK_MEM(after.data, expected.data, expected.len);
	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA384, &after, &err), &err);
	CHECK(after.len == 48 && after.data[0] | after.data[1] | after.data[2]);
}

/* swtpm's order is SHA-1, SHA-256, SHA-384, SHA-512. */
static void a_bank_of_an_unknown_hash_is_left_alone(void)
{
	static const uint8_t zeroes[HASH_SIZE_MAX];
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct digest value;
	struct err err = ERR_INIT;

	device.known_banks = 2;
	CHECK_OK(tpm_pcr_extend(PCR, "record", 6, &err), &err);
	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA512, &value, &err), &err);
	CHECK_MEM(value.data, zeroes, value.len);
	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA256, &value, &err), &err);
	CHECK(memcmp(value.data, zeroes, value.len) != 0);
	device.known_banks = 1;
	CHECK_FAILS(tpm_pcr_extend(PCR, "record", 6, &err), &err, "no SHA-256, SHA-384 or SHA-512");
	device.known_banks = 0;
}

static void what_is_not_there(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct digest value;
	struct err err = ERR_INIT;

	CHECK_FAILS(tpm_pcr_read(999, HASH_SHA256, &value, &err), &err,
		    "PCR 999: there is no such PCR");
	CHECK_FAILS(tpm_pcr_extend(999, "x", 1, &err), &err, "PCR 999");
	CHECK_FAILS(tpm_pcr_read(24, HASH_SHA256, &value, &err), &err, "PCR");
}

static void presence(void)
{
	struct err err = ERR_INIT;
	bool present = true;

	device.absent = true;
	CHECK_OK(tpm_present(&present, &err), &err);
	CHECK(!present);
	device.absent = false;
	{
		AUTO_TPM_PROCESS pid = tpm_process_start(".");

		CHECK_OK(tpm_present(&present, &err), &err);
		CHECK(present);
	}
}

static void a_device_that_does_not_open(void)
{
	struct digest value;
	struct err err = ERR_INIT;
	bool present = false;

	device.absent = false;
	device.dead = true;
	CHECK_FAILS(tpm_present(&present, &err), &err, "the device does not answer");
	CHECK_FAILS(tpm_pcr_extend(PCR, "x", 1, &err), &err, "the device does not answer");
	CHECK_FAILS(tpm_pcr_read(PCR, HASH_SHA256, &value, &err), &err, TPM_DEVICE);
	device.dead = false;
	CHECK(!present);
}

/* No command of an extend may be lost and the extend still be said to be done. */
static void every_command_that_is_lost_is_noticed(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct digest before, after;
	struct err err = ERR_INIT;
	unsigned int failures = 0;

	CHECK_OK(tpm_pcr_read(PCR, HASH_SHA256, &before, &err), &err);
	for (device.fail_after = 1; failures < 20; device.fail_after++, failures++) {
		device.sent = 0;
		if (tpm_pcr_extend(PCR, "x", 1, &err) == 0)
			break;
		CHECK(strstr(err.text, "the device does not answer"));
		device.fail_after += 100;
		CHECK_OK(tpm_pcr_read(PCR, HASH_SHA256, &after, &err), &err);
		device.fail_after -= 100;
		CHECK_MEM(after.data, before.data, before.len);
	}
	device.fail_after = 0;
	CHECK(failures > 0 && failures < 20);
}

static void codes_become_sentences(void)
{
	struct err err = ERR_INIT;

	CHECK(tpm_fail(&err, "extend", TPM2_RC_LOCKOUT) == -1);
	CHECK(strstr(err.text, "extend: the TPM is locked out") && strstr(err.text, "[0x"));
	CHECK(tpm_fail(&err, "extend", TSS2_ESYS_RC_BAD_VALUE) == -1);
	CHECK(strstr(err.text, "extend: ") && strstr(err.text, "[0x"));
}

static const struct unit_case cases[] = {
	CASE(extending_changes_every_bank),
	CASE(a_bank_of_an_unknown_hash_is_left_alone),
	CASE(what_is_not_there),
	CASE(presence),
	CASE(a_device_that_does_not_open),
	CASE(every_command_that_is_lost_is_noticed),
	CASE(codes_become_sentences),
	CASE_END,
};
UNIT_MAIN(cases)

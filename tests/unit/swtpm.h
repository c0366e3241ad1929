/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A software TPM that takes the device's place in a unit test, and what can be done to its answers.
 */
#ifndef ASSAY_TESTS_UNIT_SWTPM_H
#define ASSAY_TESTS_UNIT_SWTPM_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

#include "base/attr.h"
#include "unit/swtpm_process.h"

/*
 * The seam: commands are counted; the one of number `at` is lost (rc 0), or answered with rc, so
 * often as `times` says, but for TPM2_FlushContext: what is lost there a resource manager finds,
 * and this TPM has none.  Between commands `between` is called, with the code of the next.
 */
static struct {
	const char *dir; /* of the TPM that answers; its socket is dir/s */
	bool dead;
	unsigned int sent;
	unsigned int at; /* from 1; 0: none */
	unsigned int times;
	TSS2_RC rc;
	bool answering; /* the next answer is rc */
	void (*between)(uint32_t code, void (*raw)(const uint8_t *command, size_t len));
	TSS2_TCTI_CONTEXT *tcti;
	TSS2_RC (*transmit)(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command);
	TSS2_RC(*receive)
	(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response, int32_t timeout);
} swtpm = { .dir = "a" };

/* Sends a command of the test's own, past the program. */
static void swtpm_raw(const uint8_t *command, size_t len)
{
	uint8_t response[4096];
	size_t size = sizeof(response);

	if (swtpm.transmit(swtpm.tcti, len, command) == TSS2_RC_SUCCESS)
		(void)swtpm.receive(swtpm.tcti, &size, response, -1);
}

static TSS2_RC swtpm_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command)
{
	uint32_t code = (uint32_t)command[6] << 24 | (uint32_t)command[7] << 16 |
			(uint32_t)command[8] << 8 | command[9];

	swtpm.sent++;
	if (swtpm.between)
		swtpm.between(code, swtpm_raw);
	if (code != TPM2_CC_FlushContext && swtpm.at && swtpm.sent >= swtpm.at &&
	    swtpm.sent < swtpm.at + swtpm.times) {
		if (!swtpm.rc)
			return TSS2_TCTI_RC_IO_ERROR;
		swtpm.answering = true;
		return TSS2_RC_SUCCESS;
	}
	return swtpm.transmit(tcti, len, command);
}

static TSS2_RC swtpm_receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response,
			     int32_t timeout)
{
	if (!swtpm.answering)
		return swtpm.receive(tcti, len, response, timeout);
	*len = 10;
	if (!response)
		return TSS2_RC_SUCCESS;
	swtpm.answering = false;
	memcpy(response, "\x80\x01\0\0\0\x0a", 6);
	for (unsigned int i = 0; i < 4; i++)
		response[6 + i] = (uint8_t)(swtpm.rc >> (24 - 8 * i));
	return TSS2_RC_SUCCESS;
}

/* As the kernel's resource manager does for whoever closes it. */
static void swtpm_flush_all(void)
{
	static const uint8_t first[] = { 0x80, 0x02, 0x03 }; /* objects, sessions */

	for (size_t i = 0; i < sizeof(first); i++) {
		for (uint8_t n = 0; n < 3; n++) {
			const uint8_t flush[] = { 0x80, 0x01, 0,    0,	      0, 14, 0,
						  0,	0x01, 0x65, first[i], 0, 0,  n };

			swtpm_raw(flush, sizeof(flush));
		}
	}
}

TSS2_RC Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	char words[128];
	TSS2_RC rc;

	(void)conf;
	if (swtpm.dead)
		return TSS2_TCTI_RC_IO_ERROR;
	(void)snprintf(words, sizeof(words), "path=%s/s", swtpm.dir);
	rc = Tss2_Tcti_Swtpm_Init(tcti, size, tcti ? words : NULL);
	if (rc != TSS2_RC_SUCCESS || !tcti)
		return rc;
	swtpm.tcti = tcti;
	swtpm.transmit = TSS2_TCTI_TRANSMIT(tcti);
	TSS2_TCTI_TRANSMIT(tcti) = swtpm_transmit;
	swtpm.receive = TSS2_TCTI_RECEIVE(tcti);
	TSS2_TCTI_RECEIVE(tcti) = swtpm_receive;
	swtpm_flush_all();
	return rc;
}

/* As tpm_process_start, with nothing in the way of its commands. */
static pid_t swtpm_start(const char *dir)
{
	pid_t pid = tpm_process_start(dir);

	swtpm.dir = dir;
	swtpm.sent = swtpm.at = swtpm.times = 0;
	swtpm.rc = 0;
	swtpm.between = NULL;
	return pid;
}

#define AUTO_SWTPM CLEANUP(tpm_process_stop) UNUSED pid_t

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A software TPM that takes the device's place, whose commands can be lost, delayed and disturbed.
 */
#ifndef ASSAY_TESTS_UNIT_QUOTING_H
#define ASSAY_TESTS_UNIT_QUOTING_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

#include "base/attr.h"
#include "base/rd.h"
#include "tpm/pcr.h"
#include "unit/swtpm_process.h"

static struct {
	unsigned int fail_after; /* this many commands are sent, the next is not; 0: all are */
	unsigned int sent;
	unsigned int extends; /* before so many quotes and reads to come PCR 10 is extended */
	unsigned int busy;    /* so many answers to quotes to come are TPM_RC_RETRY */
	bool absent;	      /* no device node */
	bool refusing;	      /* the command was not sent on: that is the answer */
	bool no_ecc;	      /* it tells of no curve */
	bool no_sha256;	      /* it gives no values of PCRs */
	unsigned int reads;   /* of PCRs, so far */
	uint32_t command;     /* the last one's code */
	TSS2_RC (*transmit)(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command);
	TSS2_RC(*receive)
	(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response, int32_t timeout);
} device;

/* TPM2_PCR_Extend of PCR 10 in the bank of SHA-256, as IMA does it (part 3, 22.2). */
static void extend_pcr10(TSS2_TCTI_CONTEXT *tcti)
{
	static const uint8_t head[] = { 0x80, 0x02, 0,	0, 0, 65, 0, 0,	   0x01, 0x82, 0,
					0,    0,    10, 0, 0, 0,  9, 0x40, 0,	 0,    9,
					0,    0,    0,	0, 0, 0,  0, 0,	   1,	 0,    0x0b };
	uint8_t command[65] = { 0 };
	uint8_t response[4096];
	size_t len = sizeof(response);

	memcpy(command, head, sizeof(head));
	if (device.transmit(tcti, sizeof(command), command) == TSS2_RC_SUCCESS)
		(void)device.receive(tcti, &len, response, TSS2_TCTI_TIMEOUT_BLOCK);
}

static TSS2_RC watched_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command)
{
	struct rd rd = rd_init(command, len);

	if (device.fail_after && ++device.sent > device.fail_after)
		return TSS2_TCTI_RC_IO_ERROR;
	(void)rd_be16(&rd);
	(void)rd_be32(&rd);
	device.command = rd_be32(&rd);
	device.reads += device.command == TPM2_CC_PCR_Read;
	device.refusing = device.command == TPM2_CC_Quote && device.busy;
	if (device.refusing) {
		device.busy--;
		return TSS2_RC_SUCCESS;
	}
	if ((device.command == TPM2_CC_Quote || device.command == TPM2_CC_PCR_Read) &&
	    device.extends) {
		device.extends--;
		extend_pcr10(tcti);
	}
	return device.transmit(tcti, len, command);
}

static TSS2_RC watched_receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response,
			       int32_t timeout)
{
	static const uint8_t retry[] = { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x09, 0x22 };
	/* TPM2_GetCapability: no more, TPM2_CAP_ECC_CURVES, none. */
	static const uint8_t curves[] = { 0x80, 0x01, 0, 0, 0, 19, 0, 0, 0, 0,
					  0,	0,    0, 0, 8, 0,  0, 0, 0 };
	static const uint8_t values[] = { 0x80, 0x01, 0, 0, 0, 22, 0, 0, 0, 0, 0,
					  0,	0,    1, 0, 0, 0,  0, 0, 0, 0, 0 };
	TSS2_RC rc;

	if (device.refusing) {
		*len = sizeof(retry);
		if (response)
			memcpy(response, retry, sizeof(retry));
		return TSS2_RC_SUCCESS;
	}
	rc = device.receive(tcti, len, response, timeout);
	if (rc != TSS2_RC_SUCCESS || !response)
		return rc;
	if (device.command == TPM2_CC_GetCapability && device.no_ecc && *len > 15 &&
	    response[14] == TPM2_CAP_ECC_CURVES) {
		*len = sizeof(curves);
		memcpy(response, curves, sizeof(curves));
	}
	if (device.command == TPM2_CC_PCR_Read && device.no_sha256) {
		*len = sizeof(values);
		memcpy(response, values, sizeof(values));
	}
	return rc;
}

/* These stand where libc's and the TSS's own would. */
int access(const char *path, int how)
{
	if (strcmp(path, TPM_DEVICE) != 0)
		return faccessat(AT_FDCWD, path, how, 0);
	errno = ENOENT;
	return device.absent ? -1 : 0;
}

TSS2_RC Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	TSS2_RC rc = Tss2_Tcti_Swtpm_Init(tcti, size, tcti ? "path=s" : NULL);

	(void)conf;
	if (rc != TSS2_RC_SUCCESS || !tcti)
		return rc;
	device.transmit = TSS2_TCTI_TRANSMIT(tcti);
	TSS2_TCTI_TRANSMIT(tcti) = watched_transmit;
	device.receive = TSS2_TCTI_RECEIVE(tcti);
	TSS2_TCTI_RECEIVE(tcti) = watched_receive;
	return rc;
}

#endif

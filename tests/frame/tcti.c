/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A software TPM in the place of the device: the socket that ASSAY_TEST_TPM names.  With
 * ASSAY_TEST_TPM_QUOTE_MS its quotes take so much longer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

#define QUOTE 0x58 /* the last byte of TPM2_Quote's command code, 0x00000158 */

static TSS2_RC (*fast_transmit)(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command);

/* For the time that a TPM of hardware takes. */
static TSS2_RC slow_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, uint8_t const *command)
{
	const char *ms = getenv("ASSAY_TEST_TPM_QUOTE_MS");

	if (ms && len > 9 && command[8] == 1 && command[9] == QUOTE)
		(void)usleep((unsigned int)atoi(ms) * 1000);
	return fast_transmit(tcti, len, command);
}

/* Without the variable there is no TPM, whatever the host has. */
TSS2_RC Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	const char *path = getenv("ASSAY_TEST_TPM");
	char words[256];
	TSS2_RC rc;

	(void)conf;
	if (!path)
		return TSS2_TCTI_RC_IO_ERROR;
	(void)snprintf(words, sizeof(words), "path=%s", path);
	rc = Tss2_Tcti_Swtpm_Init(tcti, size, tcti ? words : NULL);
	if (rc == TSS2_RC_SUCCESS && tcti) {
		fast_transmit = TSS2_TCTI_TRANSMIT(tcti);
		TSS2_TCTI_TRANSMIT(tcti) = slow_transmit;
	}
	return rc;
}

int access(const char *path, int how)
{
	if (strncmp(path, "/dev/tpm", 8) != 0)
		return faccessat(AT_FDCWD, path, how, 0);
	errno = ENOENT;
	return getenv("ASSAY_TEST_TPM") ? 0 : -1;
}

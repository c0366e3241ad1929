/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A software TPM in the place of the device: the socket that ASSAY_TEST_TPM names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

/* Without the variable there is no TPM, whatever the host has. */
TSS2_RC Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	const char *path = getenv("ASSAY_TEST_TPM");
	char words[256];

	(void)conf;
	if (!path)
		return TSS2_TCTI_RC_IO_ERROR;
	(void)snprintf(words, sizeof(words), "path=%s", path);
	return Tss2_Tcti_Swtpm_Init(tcti, size, tcti ? words : NULL);
}

int access(const char *path, int how)
{
	if (strncmp(path, "/dev/tpm", 8) != 0)
		return faccessat(AT_FDCWD, path, how, 0);
	errno = ENOENT;
	return getenv("ASSAY_TEST_TPM") ? 0 : -1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a boot is stopped: stable codes, listed in assay-boot(8). */
#ifndef ASSAY_INITRAMFS_REASON_H
#define ASSAY_INITRAMFS_REASON_H

/* In the order in which a boot can come to them. */
enum boot_reason {
	REASON_USAGE,
	REASON_ENVIRONMENT,
	REASON_RECORD,
	REASON_CERTIFICATE,
	REASON_SIGNATURE,
	REASON_POLICY,
	REASON_CMDLINE,
	REASON_INIT,
	REASON_KEYRING,
	REASON_EVM,
	REASON_TPM,
	REASON_LOCK,
	REASON_VOLUME,
	REASON_SWITCH,
	REASON_ROOT,
	REASON_KERNEL_POLICY,
	REASON_PROOF,
	REASON_INIT_DENIED,
	REASON_EXEC,
	REASON_SHELL,
};

/* "CMDLINE" and the like. */
const char *reason_code(enum boot_reason reason);

/* What the person at the console can do, one clause. */
const char *reason_remedy(enum boot_reason reason);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reason codes and their remedies. */
#include "initramfs/shared/reason.h"

#include <assert.h>
#include <stddef.h>

#define REBUILD "boot another kernel's initramfs, then run 'assay enable' and 'update-initramfs -u'"

struct words {
	const char *code;
	const char *remedy;
};

static const struct words words[] = {
	[REASON_USAGE] = { "USAGE", "rebuild the initramfs" },
	[REASON_ENVIRONMENT] = { "ENVIRONMENT", "boot a kernel that 'assay check' accepts" },
	[REASON_RECORD] = { "RECORD", REBUILD },
	[REASON_CERTIFICATE] = { "CERTIFICATE", REBUILD },
	[REASON_SIGNATURE] = { "SIGNATURE", REBUILD },
	[REASON_POLICY] = { "POLICY", REBUILD },
	[REASON_CMDLINE] = { "CMDLINE", "remove it from the kernel command line" },
	[REASON_INIT] = { "INIT", "remove init= from the kernel command line" },
	[REASON_KEYRING] = { "KEYRING", "boot a kernel that 'assay check' accepts" },
	[REASON_EVM] = { "EVM", "boot a kernel that 'assay check' accepts" },
	[REASON_TPM] = { "TPM", "switch the machine off and on; look at the TPM in its setup" },
	[REASON_LOCK] = { "LOCK", "boot what was approved, or have the recovery key at hand" },
	[REASON_VOLUME] = { "VOLUME",
			    "look at the device; open it by a passphrase on a rescue system" },
	[REASON_SWITCH] = { "SWITCH", "boot a kernel that 'assay check' accepts" },
	[REASON_ROOT] = { "ROOT", "check root=, and the root file system from a rescue system" },
	[REASON_KERNEL_POLICY] = { "KERNEL-POLICY",
				   "boot the kernel that the policy was made for" },
	[REASON_PROOF] = { "PROOF", "boot a kernel that 'assay check' accepts" },
	[REASON_INIT_DENIED] = { "INIT-DENIED",
				 "run 'assay repair' on this root from a rescue system" },
	[REASON_EXEC] = { "EXEC", "check the root file system from a rescue system" },
	[REASON_SHELL] = { "SHELL", "read the message above; repair from a rescue system" },
};

const char *reason_code(enum boot_reason reason)
{
	assert((size_t)reason < sizeof(words) / sizeof(words[0]));
	return words[reason].code;
}

const char *reason_remedy(enum boot_reason reason)
{
	assert((size_t)reason < sizeof(words) / sizeof(words[0]));
	return words[reason].remedy;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a boot. */
#include "initramfs/boot/parts.h"

/*
 * What hangs on a lock is unsealed between measure_record, whose value the seal names, and
 * measure_cap, after which nothing can be for the rest of the boot; assay-unlock has done both the
 * measuring and the unsealing where the root file system itself hangs on it.
 *
 * The policy is in force before the root is changed, as that is the kernel's root, too: from then
 * on the modprobe, request-key or core dump helper that it runs is the one that lies there.  It
 * reads a configuration that nobody judges: the credentials' keys are gone by then.
 */
static const struct step boot_steps[] = {
	{ REASON_ENVIRONMENT, env_prepare, false },
	{ REASON_RECORD, bundle_load_record, false },
	{ REASON_ENVIRONMENT, ahead_start, true },
	{ REASON_CERTIFICATE, bundle_load_certs, false },
	{ REASON_SIGNATURE, bundle_verify, false },
	{ REASON_POLICY, bundle_load_policy, false },
	{ REASON_ENVIRONMENT, env_require_ima, true },
	{ REASON_CMDLINE, guard_cmdline, false },
	{ REASON_INIT, guard_init, false },
	{ REASON_ROOT, root_check, false },
	{ REASON_KEYRING, keyrings_fill, true },
	{ REASON_EVM, evm_start, true },
	{ REASON_TPM, measure_record, true },
	{ REASON_TPM, measure_cap, true },
	{ REASON_SWITCH, switches_set, false },
	{ REASON_ENVIRONMENT, ahead_pause, true },
	{ REASON_PROOF, proof_control, true },
	{ REASON_ROOT, root_empty, false },
	{ REASON_KERNEL_POLICY, policy_load, true },
	{ REASON_PROOF, proof_denial, true },
	{ REASON_ENVIRONMENT, credentials_open, false },
	{ REASON_ROOT, root_enter, false },
	{ REASON_ENVIRONMENT, mend_unsigned, true },
	{ REASON_INIT_DENIED, proof_init, false },
	{ REASON_ENVIRONMENT, ahead_appraise, true },
	{ REASON_KEYRING, keyrings_detach, false },
	{ REASON_ENVIRONMENT, report_write, false },
	{ REASON_EXEC, init_execute, false },
};

_Noreturn void steps_run(struct boot *boot)
{
	boot_run(boot, boot_steps, ARRAY_LEN(boot_steps));
	stop(boot, REASON_EXEC, &(struct err){ .text = "init ended" });
}

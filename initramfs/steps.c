/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a boot. */
#include "initramfs/boot.h"

struct step {
	enum boot_reason reason; /* what a failure of it is called */
	boot_step_fn run;
	bool log_goes_on; /* log mode reports a failure of it, and boots */
};

/*
 * What lies between the measurement and the switches is for the lock: unseal, unlock what hangs on
 * the secret, cap the PCR.  It must come after measure_record, which the seal names, and before
 * root_enter, after which nothing of the initramfs may be needed any more.
 */
static const struct step boot_steps[] = {
	{ REASON_ENVIRONMENT, env_prepare, false },
	{ REASON_RECORD, bundle_load_record, false },
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
	{ REASON_SWITCH, switches_set, false },
	{ REASON_ROOT, root_enter, false },
	{ REASON_ENVIRONMENT, mend_unsigned, true },
	{ REASON_PROOF, proof_control, true },
	{ REASON_KERNEL_POLICY, policy_load, true },
	{ REASON_PROOF, proof_denial, true },
	{ REASON_INIT_DENIED, proof_init, false },
	{ REASON_KEYRING, keyrings_detach, false },
	{ REASON_ENVIRONMENT, report_write, false },
	{ REASON_EXEC, init_execute, false },
};

/* Before /init reads the command line: no signature is checked yet, but nothing is given either. */
static const struct step guard_steps[] = {
	{ REASON_ENVIRONMENT, env_prepare_guard, false },
	{ REASON_RECORD, bundle_load_record, false },
	{ REASON_CMDLINE, guard_cmdline, false },
	{ REASON_SWITCH, switches_lockdown, false },
};

static void run(struct boot *boot, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err err = ERR_INIT;

		if (steps[i].run(boot, &err) == 0)
			continue;
		if (!steps[i].log_goes_on || boot->record.settings.mode != MODE_LOG)
			stop(boot, steps[i].reason, &err);
		report_refusal(boot, steps[i].reason, &err);
	}
}

_Noreturn void steps_run(struct boot *boot)
{
	run(boot, boot_steps, ARRAY_LEN(boot_steps));
	stop(boot, REASON_EXEC, &(struct err){ .text = "init ended" });
}

void steps_guard(struct boot *boot)
{
	run(boot, guard_steps, ARRAY_LEN(guard_steps));
}

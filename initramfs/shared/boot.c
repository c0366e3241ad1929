/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a boot, and going through its steps. */
#include <stdlib.h>

#include "initramfs/shared/boot.h"

struct boot *boot_new(void)
{
	struct boot *boot = calloc(1, sizeof(*boot));

	if (!boot)
		return NULL;
	boot->options.console = "/dev/console";
	boot->bundle = BUNDLE_INITRAMFS_DIR;
	boot->dirs = (struct boot_dirs){ .proc = -1, .sys = -1, .security = -1 };
	boot->kmsg = -1;
	boot->kmsg_stop = -1;
	boot->console = -1;
	boot->record_text.max = RECORD_MAX;
	boot->record_sig.max = RECORD_SIG_MAX;
	boot->policy.max = RECORD_POLICY_MAX;
	boot->report.max = REPORT_MAX;
	(void)clock_gettime(CLOCK_MONOTONIC, &boot->start);
	return boot;
}

void boot_run(struct boot *boot, const struct step *steps, size_t n)
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

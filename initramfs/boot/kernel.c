/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the hook: is a kernel built with what the record asks for? */
#include <stdio.h>

#include "base/io.h"
#include "initramfs/boot/parts.h"
#include "proto/kernel_config.h"

/* Only enforcement needs all of it: log mode boots with what there is, and reports the rest. */
int kernel_check(struct boot *boot, const char *config, struct err *err)
{
	struct kernel_wants wants = {
		.settings = &boot->record.settings,
		.profile = boot->record.settings.profile,
		.ecdsa = kernel_config_wants_ecdsa(&boot->certs),
	};
	AUTO_BUF text = BUF_INIT(KERNEL_CONFIG_MAX);
	struct kernel_lack lack;
	size_t pos = 0;

	if (boot->record.settings.mode != MODE_ENFORCE)
		return 0;
	if (io_read_file(config, &text, err) < 0)
		return -1;
	if (kernel_config_next_lack(buf_text(&text), &wants, &pos, &lack))
		return err_set(err, "%s: built without %s (CONFIG_%s); %s", config, lack.what,
			       lack.option, lack.remedy);
	return 0;
}

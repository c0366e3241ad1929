/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusing what would take enforcement away before it begins. */
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "initramfs/shared/boot.h"
#include "proto/cmdline.h"

static int read_cmdline(const struct boot *boot, struct buf *out, struct err *err)
{
	AUTO_FD fd = openat(boot->dirs.proc, "cmdline", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "/proc/cmdline");
	return io_read_fd(fd, "/proc/cmdline", out, err);
}

/* Log mode only says what enforcement would refuse. */
int guard_cmdline(struct boot *boot, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CMDLINE_MAX);
	struct cmdline_refusal refusal;
	size_t pos = 0;

	if (read_cmdline(boot, &text, err) < 0)
		return -1;
	while (cmdline_next_refusal(buf_text(&text), &boot->record.settings, &pos, &refusal)) {
		(void)err_set(err, "%s: %s", refusal.param, refusal.why);
		if (boot->record.settings.mode == MODE_ENFORCE)
			return -1;
		report_refusal(boot, REASON_CMDLINE, err);
	}
	return 0;
}

int guard_init(struct boot *boot, struct err *err)
{
	const struct settings *s = &boot->record.settings;
	const char *init = boot->options.init[0];

	for (size_t i = 0; i < s->n_init; i++)
		if (strcmp(s->init[i], init) == 0)
			return 0;
	(void)err_set(err, "%s: is not an init that the record names", init);
	if (s->mode == MODE_ENFORCE)
		return -1;
	report_refusal(boot, REASON_INIT, err);
	return 0;
}

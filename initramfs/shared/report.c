/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /run/assay/boot: what this boot found and did, for 'assay status'. */
#include <stdarg.h>
#include <stdio.h>

#include "base/io.h"
#include "initramfs/shared/boot.h"

#define LINE_MAX_BYTES 2048

void report_line(struct boot *boot, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	struct err err = ERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (buf_putf(&boot->report, &err, "%s\n", line) == 0 || boot->report_full)
		return;
	boot->report_full = true;
	say(boot, "assay: %s: %s", REPORT_PATH, err.text);
}

void report_refusal(struct boot *boot, enum boot_reason reason, const struct err *why)
{
	report_line(boot, "would-refuse %s: %s", reason_code(reason), why->text);
}

static int write_file(const struct boot *boot, struct err *err)
{
	if (io_make_dirs("/run/assay", err) < 0)
		return -1;
	return io_replace_file(REPORT_PATH, &boot->report, 0644, err);
}

/* /run of the initramfs becomes that of the root file system. */
static int take_early(struct boot *boot, struct err *err)
{
	return io_exists(REPORT_PATH) ? io_read_file(REPORT_PATH, &boot->report, err) : 0;
}

int report_early_refusal(struct boot *boot, enum boot_reason reason, const struct err *why,
			 struct err *err)
{
	if (take_early(boot, err) < 0)
		return -1;
	report_refusal(boot, reason, why);
	return write_file(boot, err);
}

int report_write(struct boot *boot, struct err *err UNUSED)
{
	struct err why = ERR_INIT;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	report_line(boot, "milliseconds %lld",
		    (long long)(now.tv_sec - boot->start.tv_sec) * 1000 +
			    (now.tv_nsec - boot->start.tv_nsec) / 1000000);
	if ((boot->record.settings.mode == MODE_LOG && take_early(boot, &why) < 0) ||
	    write_file(boot, &why) < 0 ||
	    io_replace_file(RECORD_RUN_PATH, &boot->record_text, 0644, &why) < 0 ||
	    (boot->record_sig.len > 0 &&
	     io_replace_file(RECORD_RUN_SIG_PATH, &boot->record_sig, 0644, &why) < 0))
		say(boot, "assay: no report of this boot: %s", why.text);
	return 0;
}

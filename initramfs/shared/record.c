/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record of the initramfs. */
#include <stdio.h>

#include "base/io.h"
#include "initramfs/shared/boot.h"

int bundle_path(const struct boot *boot, const char *name, char ret_path[static BUNDLE_PATH_MAX],
		struct err *err)
{
	if (snprintf(ret_path, BUNDLE_PATH_MAX, "%s/%s", boot->bundle, name) >= BUNDLE_PATH_MAX)
		return err_set(err, "%s: the name is too long", boot->bundle);
	return 0;
}

int bundle_load_record(struct boot *boot, struct err *err)
{
	char path[BUNDLE_PATH_MAX];

	if (bundle_path(boot, "record", path, err) < 0 ||
	    io_read_file(path, &boot->record_text, err) < 0)
		return -1;
	if (record_parse(buf_text(&boot->record_text), boot->record_text.len, &boot->record, err) <
	    0)
		return err_prepend(err, "%s", path);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command lines that boot loaders are configured to boot with. */
#ifndef ASSAY_CHECKS_BOOT_LINES_H
#define ASSAY_CHECKS_BOOT_LINES_H

#include <stdbool.h>

#include "assay/host/host.h"
#include "base/err.h"

/* Valid during the call. */
struct boot_line {
	const char *text;   /* the parameters alone */
	const char *where;  /* the file that it stands in */
	const char *remedy; /* how to change it */
	bool recovery;	    /* of an entry that nobody boots by default */
};

typedef void (*boot_line_fn)(void *ctx, const struct boot_line *line);

/*
 * Tells every one: GRUB's entries for this system, those of the boot loader specification, and
 * /etc/kernel/cmdline.  Where there is none, as without a boot loader, none is told.
 */
MUST_USE int boot_lines_each(const struct host *host, boot_line_fn fn, void *ctx, struct err *err);

#endif

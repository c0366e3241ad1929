/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel parameters would take enforcement away, or give a shell before it begins. */
#ifndef ASSAY_PROTO_CMDLINE_H
#define ASSAY_PROTO_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/settings.h"

#define CMDLINE_MAX 65536      /* bytes of a command line, bootconfig's part included */
#define CMDLINE_PARAM_MAX 1024 /* bytes of one parameter, NUL included; a longer one is refused */

struct cmdline_refusal {
	char param[CMDLINE_PARAM_MAX]; /* as it stands on the command line; chosen by its author */
	const char *why;	       /* one clause: "turns appraisal off" */
};

/*
 * The next parameter at or after *pos (0 first) that a host with these settings refuses to boot
 * with; false when there is none.  Each parameter is read three ways, because it is: as the kernel
 * does (lib/cmdline.c, next_arg), as a shell that splits at blanks, and as systemd, which drops
 * quotes.  '-' and '_' are the same in names, as in kernel/params.c.
 */
bool cmdline_next_refusal(const char *text, const struct settings *settings, size_t *pos,
			  struct cmdline_refusal *ret_refusal);

#endif

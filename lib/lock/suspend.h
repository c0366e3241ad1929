/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can the host suspend to RAM, which leaves the TPM to the firmware? */
#ifndef ASSAY_LOCK_SUSPEND_H
#define ASSAY_LOCK_SUSPEND_H

#include <stdbool.h>

#define LOCK_SUSPEND_WORDS \
	"this host can suspend to RAM: with firmware that forgets PCRs meanwhile, root measures " \
	"the approved boot anew"
#define LOCK_SUSPEND_REMEDY "systemctl mask sleep.target"

/*
 * The kernel offers it ("mem" in /sys/power/state, and mem_sleep, where there is one, has more than
 * s2idle; Documentation/admin-guide/pm/sleep-states.rst), and systemd's targets for it are not
 * masked.  root is a prefix of paths, "" for this host.
 */
bool lock_host_suspends(const char *root);

#endif

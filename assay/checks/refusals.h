/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-boot would have stopped this boot for, had it not been one of log mode. */
#ifndef ASSAY_CHECKS_REFUSALS_H
#define ASSAY_CHECKS_REFUSALS_H

#include <stdbool.h>

#include "assay/checks/report.h"
#include "assay/host/state.h"

/*
 * One finding for each.  Before enforcement a failed step of the boot is a reason against it; what
 * was wrong with the command line is not: that of the next boot is looked at by itself.
 */
void checks_refusals(const struct state *state, bool before_enforcing, struct report *report);

#endif

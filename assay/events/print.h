/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as text: by package, each with what mends it once, and a line for each file. */
#ifndef ASSAY_EVENTS_PRINT_H
#define ASSAY_EVENTS_PRINT_H

#include "assay/events/gather.h"

/* Is it told without --all? */
bool events_is_shown(const struct event_group *group, bool all);

/* Prints those that are shown; *ret_shown is how many. */
MUST_USE int events_print(const struct events *events, bool all, size_t *ret_shown,
			  struct err *err);

#endif

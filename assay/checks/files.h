/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Denied files as findings. */
#ifndef ASSAY_CHECKS_FILES_H
#define ASSAY_CHECKS_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "assay/checks/checks.h"
#include "assay/verdict/judge.h"
#include "assay/checks/report.h"

/*
 * Adds what a settled judgement means: a reason where booting or logging in would suffer, else
 * advice.  packages gets an object for every package with denied files, with all of them.
 */
void checks_files(const struct judgement *judgement, bool verbose, struct report *report,
		  json_t *packages);

/* Adds how many files beside the essential ones would be denied, on all file systems. */
MUST_USE int checks_others(const struct checks *c, const struct judge *judge,
			   const struct paths *essential, struct err *err);

#endif

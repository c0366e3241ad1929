/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `assay status` tells, gathered apart from how it is printed. */
#ifndef ASSAY_COMMANDS_STATUS_H
#define ASSAY_COMMANDS_STATUS_H

#include <jansson.h>

#include "assay/checks/report.h"
#include "assay/host/state.h"

/* Denials since boot; a negative number: the records can't be read. */
struct status_counts {
	long denied;
	long warned;
};

/* Is there a kernel whose facts can be read?  Below --root only where /sys is there too. */
bool status_is_known(const struct host *host);

/* Adds to the report: REPORT_REASON for each difference between configured and in force,
 * REPORT_ADVICE for what stands open. */
void status_compare(const struct host *host, const struct state *state, struct report *report);

/* The JSON object of assay(8). */
json_t *status_json(const struct host *host, const struct state *state,
		    const struct status_counts *counts, const struct report *report);

/* Fills the array with {file, keyid, subject} of the bundle's certificates. */
void status_certs(const struct host *host, const struct state *state, json_t *array);

#endif

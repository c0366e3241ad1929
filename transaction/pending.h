/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages that an earlier run of dpkg left unconfigured. */
#ifndef ASSAY_TRANSACTION_PENDING_H
#define ASSAY_TRANSACTION_PENDING_H

#include "transaction/watch.h"

/*
 * Adds them to the table.  Their files that lost their signatures, or got none because the machine
 * stopped, are labelled now; with EVM all of them are held, for their maintainer scripts run yet.
 */
MUST_USE int pending_load(struct watch *watch, const struct cert_set *trusted, struct err *err);

/* Of packages that are configured by now nothing is kept. */
void pending_forget(void);

#endif

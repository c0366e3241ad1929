/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages that an earlier run of dpkg left unconfigured. */
#ifndef ASSAY_TRANSACTION_PENDING_H
#define ASSAY_TRANSACTION_PENDING_H

#include "transaction/watch.h"

/*
 * Adds them to the table; after a transaction that did not come to its end in this boot those that
 * were configured, too.  Their files that lost their signatures, or got none because the machine
 * stopped, are labelled now; with EVM all of them are held, for their maintainer scripts run yet.
 */
MUST_USE int pending_load(struct watch *watch, const struct cert_set *trusted, struct err *err);

/* The transaction did not come to its end: pending_load of the next is to look at all that is kept.
 * After a boot there is no need, assay-boot did. */
void pending_note_unfinished(void);

/* Of packages that are configured by now nothing is kept. */
void pending_forget(void);

#endif

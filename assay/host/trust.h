/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificates that a host's kernel is given. */
#ifndef ASSAY_HOST_TRUST_H
#define ASSAY_HOST_TRUST_H

#include "assay/host/host.h"
#include "proto/level.h"

/* The configuration with the host's root before its paths; the caller frees it.  NULL: err. */
struct config *trust_config(const struct host *host, const struct config *config, struct err *err);

/* level_load_trusted() below the root.  On failure the set is empty. */
MUST_USE int trust_load(const struct host *host, const struct config *config, struct cert_set *set,
			struct err *err);

#endif

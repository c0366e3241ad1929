/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates a host's kernel is given. */
#include "assay/host/trust.h"

#include <stdlib.h>

struct config *trust_config(const struct host *host, const struct config *config, struct err *err)
{
	AUTO_MEM struct config *below = malloc(sizeof(*below));

	if (!below) {
		(void)err_set(err, "out of memory");
		return NULL;
	}
	*below = *config;
	if (config_put_below(below, host->root, err) < 0)
		return NULL;
	return take_ptr(&below);
}

int trust_load(const struct host *host, const struct config *config, struct cert_set *set,
	       struct err *err)
{
	AUTO_MEM struct config *below = trust_config(host, config, err);

	if (below && level_load_trusted(below, set, err) == 0)
		return 0;
	cert_set_done(set);
	return -1;
}

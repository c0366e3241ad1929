/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that several commands have. */
#include "attest/client/options.h"

int options_take(struct options *options, int id, const char *value, struct err *err)
{
	switch (id) {
	case OPT_CONFIG:
		options->config = value;
		return 0;
	case OPT_LIST:
		options->paths.list = value;
		return 0;
	case OPT_BOOT_LOG:
		options->paths.boot_log = value;
		return 0;
	case OPT_CMDLINE:
		options->paths.cmdline = value;
		return 0;
	case OPT_RECORD:
		options->paths.record = value;
		return 0;
	case OPT_CERTS:
		options->paths.certs = value;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	default:
		return err_set(err, "is no option of this command");
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that several commands have. */
#ifndef ASSAY_ATTEST_CLIENT_OPTIONS_H
#define ASSAY_ATTEST_CLIENT_OPTIONS_H

#include <stdbool.h>

#include "attest/client/sources.h"
#include "cli/cmd.h"

/* The numbers of a command's own options begin with OPT_OWN. */
enum { OPT_CONFIG, OPT_LIST, OPT_BOOT_LOG, OPT_CMDLINE, OPT_RECORD, OPT_CERTS, OPT_JSON, OPT_OWN };

struct options {
	const char *config;
	struct source_paths paths;
	bool json;
};

#define OPTION_CONFIG \
	{ \
		"config", OPT_CONFIG, 0, "FILE", "instead of /etc/assay/attest.conf" \
	}
/* For evidence from saved files. */
#define OPTIONS_SOURCES \
	{ "list", OPT_LIST, 0, "FILE", "the measurement list, instead of the kernel's" }, \
		{ "boot-log", OPT_BOOT_LOG, 0, "FILE", \
		  "the boot log, instead of the firmware's" }, \
		{ "cmdline", OPT_CMDLINE, 0, "FILE", \
		  "the command line, instead of the kernel's" }, \
		{ "record", OPT_RECORD, 0, "FILE", \
		  "the record, with FILE.sig, instead of the one in force" }, \
	{ \
		"certs", OPT_CERTS, 0, "DIR", "the record's certificates, by their SHA-256" \
	}

/* Takes one of these; ctx is a struct options. */
MUST_USE int options_take(struct options *options, int id, const char *value, struct err *err);

#endif

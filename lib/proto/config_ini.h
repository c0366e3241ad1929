/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files by libinih. */
#ifndef ASSAY_PROTO_CONFIG_INI_H
#define ASSAY_PROTO_CONFIG_INI_H

#include <stddef.h>

#include "base/err.h"

#define CONFIG_INI_MAX 65536 /* bytes of one file */

/* Told of each "name = value" in order; section is "" before the first one.  What is not 0 fails
 * that line, with the error that it set; no later one is told of. */
typedef int (*config_ini_fn)(void *ctx, const char *section, const char *name, const char *value,
			     struct err *err);

struct config_ini {
	config_ini_fn fn;
	void *ctx;
	const char *adds_up; /* what may be there more than once; NULL: nothing */
};

/* Errors begin with "name:line", of the first bad line. */
MUST_USE int config_ini_parse(const char *text, size_t len, const char *name,
			      const struct config_ini *to, struct err *err);

/* Likewise of a file; name is its path. */
MUST_USE int config_ini_load(const char *path, const struct config_ini *to, struct err *err);

#endif

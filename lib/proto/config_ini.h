/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files by libinih, for programs with a configuration of their own. */
#ifndef ASSAY_PROTO_CONFIG_INI_H
#define ASSAY_PROTO_CONFIG_INI_H

#include "base/err.h"

#define CONFIG_INI_MAX 65536 /* bytes of one file */

/* Told of each "name = value" in order; section is "" before the first one.  What is not 0 ends the
 * reading, with the error that it set. */
typedef int (*config_ini_fn)(void *ctx, const char *section, const char *name, const char *value,
			     struct err *err);

/* Reads the file; an entry that is there twice is refused.  Errors begin with "path:line". */
MUST_USE int config_ini_load(const char *path, config_ini_fn fn, void *ctx, struct err *err);

#endif

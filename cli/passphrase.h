/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the passphrase of a private key comes from: a file, or the terminal. */
#ifndef ASSAY_CLI_PASSPHRASE_H
#define ASSAY_CLI_PASSPHRASE_H

#include <stddef.h>

#include "base/err.h"

#define PASSPHRASE_MAX 1024 /* bytes, NUL included */

/* From now on passphrase_ask reads the first line of this file (--passphrase-file); NULL: it asks
 * on the terminal. */
void passphrase_use_file(const char *path);

/* A key_ask_fn.  A file that others may read is refused. */
int passphrase_ask(const char *uri, unsigned int wrong, char *ret_text, size_t max,
		   struct err *err);

/* A new one: from the file, or asked twice. */
MUST_USE int passphrase_ask_new(char *ret_text, size_t max, struct err *err);

#endif

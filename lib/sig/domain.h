/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What signatures of files must not be made over: texts that the same key signs as something else.
 */
#ifndef ASSAY_SIG_DOMAIN_H
#define ASSAY_SIG_DOMAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The first line of an enforcement record (docs/PROTOCOL.record, section 3), without its LF. */
#define DOMAIN_RECORD_LINE "assay-record 1"

/* The first line of a package's signatures (docs/PROTOCOL.package), without its LF. */
#define DOMAIN_PACKAGE_LINE "assay-package 1"

/*
 * Sets *ret_text to what the open file is, in a person's words, where it begins or ends as such a
 * text; NULL: it is none.  The offset stays where it is.
 */
MUST_USE int domain_of_fd(int fd, const char **ret_text, struct err *err);
/* The same of the first bytes, DOMAIN_HEAD_SIZE of them or all, of a text of that size. */
#define DOMAIN_HEAD_SIZE 32
const char *domain_of_head(const void *head, size_t len, uint64_t size);
/* And of the last DOMAIN_TAIL_SIZE bytes; fewer are none. */
#define DOMAIN_TAIL_SIZE 24
const char *domain_of_tail(const void *tail, size_t len);

#endif

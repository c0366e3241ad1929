/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which packages are worked on. */
#ifndef ASSAY_PKG_ORDER_H
#define ASSAY_PKG_ORDER_H

#include <stddef.h>

#include "base/err.h"

/*
 * Indices of the paths, the largest file first, so that no thread is left alone with it at the end;
 * what can't be looked at comes last.  The caller frees it.
 */
MUST_USE int order_largest_first(char *const *paths, size_t n, size_t **ret_order, struct err *err);

#endif

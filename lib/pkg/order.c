/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Largest first. */
#include "pkg/order.h"

#include <stdlib.h>
#include <sys/stat.h>

static int by_size(const void *a, const void *b, void *ctx)
{
	const off_t *size = ctx;
	size_t i = *(const size_t *)a;
	size_t k = *(const size_t *)b;

	if (size[i] != size[k])
		return size[i] < size[k] ? 1 : -1;
	return i < k ? -1 : 1;
}

int order_largest_first(char *const *paths, size_t n, size_t **ret_order, struct err *err)
{
	AUTO_MEM size_t *order = calloc(n ? n : 1, sizeof(*order));
	AUTO_MEM off_t *size = calloc(n ? n : 1, sizeof(*size));

	if (!order || !size)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		order[i] = i;
		size[i] = stat(paths[i], &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
	}
	qsort_r(order, n, sizeof(*order), by_size, size);
	*ret_order = take_ptr(&order);
	return 0;
}

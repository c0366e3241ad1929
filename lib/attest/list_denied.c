/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests of files that are not to run any more: sorted, looked up by halves. */
#include "attest/list_denied.h"

#include <stdlib.h>
#include <string.h>

#include "attest/list.h"

struct list_denied {
	size_t n;
	struct digest digest[];
};

static int compare(const void *a, const void *b)
{
	const struct digest *x = a;
	const struct digest *y = b;

	if (x->algo != y->algo)
		return x->algo < y->algo ? -1 : 1;
	return memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
}

void list_denied_free(struct list_denied *denied)
{
	free(denied);
}

static void cleanup_denied(struct list_denied **denied)
{
	list_denied_free(*denied);
}

int list_denied_new(const struct digest *digests, size_t n, struct list_denied **ret_denied,
		    struct err *err)
{
	CLEANUP(cleanup_denied) struct list_denied *d = NULL;

	if (n > LIST_DENIED_MAX)
		return err_set(err, "more than %d denied digests", LIST_DENIED_MAX);
	d = calloc(1, sizeof(*d) + n * sizeof(d->digest[0]));
	if (!d)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (digests[i].len == 0 || digests[i].len != hash_algo_size(digests[i].algo))
			return err_set(err, "denied digest: %zu bytes for %s", digests[i].len,
				       hash_algo_name(digests[i].algo));
		d->digest[i] = digests[i];
	}
	d->n = n;
	if (n)
		qsort(d->digest, n, sizeof(d->digest[0]), compare);
	*ret_denied = take_ptr(&d);
	return 0;
}

bool list_denied_has(const struct list_denied *denied, const struct digest *digest)
{
	return denied->n && bsearch(digest, denied->digest, denied->n, sizeof(denied->digest[0]),
				    compare) != NULL;
}

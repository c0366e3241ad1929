/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots that are approved for every host. */
#include <string.h>

#include "attest/verifier/admin.h"
#include "attest/verifier/reasons.h"
#include "attest/verifier/worker.h"
#include "base/hex.h"

#define TRIES_MAX 8 /* when somebody else changes them meanwhile */

struct editing {
	struct service *service;
	const uint8_t *digest;
	bool add;
	bool full;
};

static size_t find(const struct boot_list *list, const uint8_t *digest)
{
	size_t i = 0;

	while (i < list->n && memcmp(list->digest[i], digest, sizeof(list->digest[i])) != 0)
		i++;
	return i;
}

static void change(struct boot_list *list, struct editing *e)
{
	const size_t at = find(list, e->digest);

	if (e->add && at == list->n) {
		e->full = list->n == APPRAISE_BOOTS_MAX;
		if (!e->full)
			memcpy(list->digest[list->n++], e->digest, sizeof(list->digest[0]));
	} else if (!e->add && at < list->n) {
		list->n--;
		memmove(list->digest[at], list->digest[at + 1],
			(list->n - at) * sizeof(list->digest[0]));
	}
}

/* One try; another verifier of the store may come between. */
static int edit_once(struct editing *e, struct store_conn *conn, bool *ret_done, struct err *err)
{
	AUTO_BUF none = BUF_INIT(0);
	AUTO_BUF was = BUF_INIT(STORE_META_MAX);
	AUTO_BUF value = BUF_INIT(STORE_META_MAX);
	const struct meta_swap swap = { .name = META_BOOTS, .was = &was, .value = &value };
	struct boot_list list;

	if (store_meta_first(conn, META_BOOTS, &none, &was, err) < 0 ||
	    boots_decode(&was, &list, err) < 0)
		return -1;
	change(&list, e);
	if (e->full) {
		*ret_done = true;
		return 0;
	}
	if (buf_put(&value, list.digest, list.n * sizeof(list.digest[0]), err) < 0)
		return -1;
	return store_meta_swap(conn, &swap, ret_done, err);
}

static int edit_in_store(void *ctx, struct store_conn *conn, struct err *err)
{
	struct editing *e = ctx;
	bool done = false;

	for (int i = 0; i < TRIES_MAX && !done; i++)
		if (edit_once(e, conn, &done, err) < 0)
			return -1;
	if (!done)
		return err_set(err, "store: the approved boots change all the time");
	return service_refresh(e->service, conn, err);
}

void route_boots(struct worker *w, struct request *r)
{
	struct global_boots *all = &w->service->boots;
	AUTO_JSON list = json_array();
	AUTO_JSON top = NULL;

	(void)pthread_rwlock_rdlock(&all->lock);
	for (size_t i = 0; i < all->list.n; i++) {
		char hex[65];

		hex_format(all->list.digest[i], sizeof(all->list.digest[i]), hex);
		(void)json_array_append_new(list, json_string(hex));
	}
	(void)pthread_rwlock_unlock(&all->lock);
	top = json_pack("{s:O}", "boots", list);
	reply_json(r, HTTP_OK, top);
}

static void edit(struct worker *w, struct request *r, bool add)
{
	struct editing e = { .service = w->service, .digest = r->object, .add = add };

	if (committer_call(w->service->committer, edit_in_store, &e, &w->err) < 0)
		worker_trouble(w, r);
	else if (e.full)
		reply_text(r, HTTP_CONFLICT, "as many boots as there may be are approved");
	else
		route_boots(w, r);
}

void route_boot_add(struct worker *w, struct request *r)
{
	edit(w, r, true);
}

void route_boot_remove(struct worker *w, struct request *r)
{
	edit(w, r, false);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the administrator asks about hosts, and says about them. */
#include <stdlib.h>
#include <string.h>

#include "attest/verifier/admin.h"
#include "attest/verifier/reasons.h"
#include "attest/verifier/result.h"
#include "attest/verifier/worker.h"
#include "base/hex.h"
#include "cli/json.h"

#define PAGE 1000   /* hosts of one answer */
#define TRIES_MAX 8 /* when the host changes meanwhile */

void reply_json(struct request *r, enum http_status status, const json_t *json)
{
	AUTO_STR text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (!text || buf_putf(&r->reply, NULL, "%s\n", text) < 0) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	reply_ok(r, TYPE_JSON);
	r->status = status;
}

struct listing {
	json_t *list;
	const struct trust *trust;
	int64_t now;
};

static int list_host(void *ctx, const struct host *host, struct err *err)
{
	const struct listing *l = ctx;

	if (json_array_append_new(l->list, result_host_json(host, l->trust, l->now, RESULT_SHORT)) <
	    0)
		return err_set(err, "out of memory");
	return 0;
}

/* {"hosts": [...], "more": true}: then the next page is asked for with ?after=the last one's id. */
void route_hosts(struct worker *w, struct request *r)
{
	AUTO_JSON list = json_array();
	AUTO_JSON page = NULL;
	struct listing l = { .list = list, .trust = w->trust, .now = now_s() };
	uint8_t after[EVIDENCE_HOST_SIZE];
	struct store_range range = { .limit = PAGE };

	if (*r->after) {
		if (hex_parse(r->after, after, sizeof(after), &w->err) < 0) {
			reply_bad(r, &w->err);
			return;
		}
		range.after = after;
	}
	if (store_hosts_each(&w->conn, &range, list_host, &l, &w->err) < 0) {
		worker_trouble(w, r);
		return;
	}
	page = json_pack("{s:O, s:b}", "hosts", list, "more", json_array_size(list) == PAGE);
	reply_json(r, HTTP_OK, page);
}

void route_host(struct worker *w, struct request *r)
{
	AUTO_HOST host = host_new();
	AUTO_JSON json = NULL;

	if (!host) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	if (!worker_host(w, r, host))
		return;
	json = result_host_json(host, w->trust, now_s(), RESULT_FULL);
	reply_json(r, HTTP_OK, json);
}

static int list_entry(void *ctx, const struct history_entry *e, struct err *err)
{
	json_t *one = json_pack("{s:I, s:s, s:s, s:o}", "time", (json_int_t)(e->at_us / 1000000),
				"was", e->was, "state", e->is, "reason", cmd_json_name(e->why));

	return json_array_append_new(ctx, one) < 0 ? err_set(err, "out of memory") : 0;
}

void route_history(struct worker *w, struct request *r)
{
	AUTO_JSON list = json_array();
	AUTO_JSON top = NULL;

	if (!list || store_history_each(&w->conn, r->object, list_entry, list, &w->err) < 0) {
		worker_trouble(w, r);
		return;
	}
	top = json_pack("{s:O}", "history", list);
	reply_json(r, HTTP_OK, top);
}

struct asking {
	const uint8_t *id;
	bool answer;
};

static int allow_in_store(void *ctx, struct store_conn *conn, struct err *err)
{
	struct asking *a = ctx;

	return store_allow(conn, a->id, now_us(), &a->answer, err);
}

static int remove_in_store(void *ctx, struct store_conn *conn, struct err *err)
{
	struct asking *a = ctx;

	return store_remove(conn, a->id, now_us(), &a->answer, err);
}

/* The body is {"host": "HEX"}. */
static bool take_host(struct worker *w, struct request *r)
{
	AUTO_JSON body = json_loadb((const char *)r->body.data, r->body.len, 0, NULL);
	const char *hex = json_string_value(json_object_get(body, "host"));

	if (hex && hex_parse(hex, r->object, sizeof(r->object), &w->err) == 0)
		return true;
	reply_text(r, HTTP_BAD_REQUEST, "{\"host\": \"64 hex digits\"} is asked for");
	return false;
}

void route_allow(struct worker *w, struct request *r)
{
	struct asking a = { .id = r->object };
	AUTO_JSON done = NULL;

	if (!take_host(w, r))
		return;
	if (!w->trust->set.ek_admin) {
		reply_text(r, HTTP_CONFLICT,
			   "hosts without EK certificate are refused: without-certificate in the "
			   "configuration");
		return;
	}
	if (committer_call(w->service->committer, allow_in_store, &a, &w->err) < 0) {
		worker_trouble(w, r);
		return;
	}
	done = json_pack("{s:b}", "added", a.answer);
	reply_json(r, a.answer ? HTTP_CREATED : HTTP_OK, done);
}

static void tell_removed(struct worker *w, const struct request *r)
{
	const struct event event = {
		r->object, "", "enrolled", "unenrolled", "an administrator removed it", now_us()
	};

	events_tell(w->service->events, &event);
}

void route_remove(struct worker *w, struct request *r)
{
	struct asking a = { .id = r->object };
	AUTO_JSON done = json_pack("{s:b}", "removed", true);

	if (committer_call(w->service->committer, remove_in_store, &a, &w->err) < 0) {
		worker_trouble(w, r);
		return;
	}
	if (!a.answer) {
		reply_text(r, HTTP_NOT_FOUND, "no such host is enrolled");
		return;
	}
	tell_removed(w, r);
	reply_json(r, HTTP_OK, done);
}

/* Changes the host; what it returns is said in the history, NULL: refused, and r was answered. */
typedef const char *(*edit_fn)(struct worker *w, struct request *r, struct host *host);

/* One try.  Returns what to do: 0 answered, 1 again. */
static int edit_once(struct worker *w, struct request *r, edit_fn fn, struct host *host)
{
	const int64_t now = now_us();
	struct host_change change = { .host = host, .at_us = now };
	struct event event;

	if (!worker_host(w, r, host))
		return 0;
	change.was = host_shown(host, now / 1000000, w->trust->set.stale_after);
	change.why = fn(w, r, host);
	if (!change.why)
		return 0;
	change.is = host_shown(host, now / 1000000, w->trust->set.stale_after);
	host->since = strcmp(change.was, change.is) == 0 ? host->since : now / 1000000;
	switch (committer_change(w->service->committer, &change, &w->err)) {
	case COMMIT_DONE:
		break;
	case COMMIT_CONFLICT:
		return 1;
	case COMMIT_FAILED:
		worker_trouble(w, r);
		return 0;
	}
	event = (struct event){ host->id, host->name, change.was, change.is, change.why, now };
	events_tell(w->service->events, &event);
	(void)atomic_fetch_add(&w->service->metrics.changes, 1);
	route_host(w, r);
	return 0;
}

static void edit(struct worker *w, struct request *r, edit_fn fn)
{
	AUTO_HOST host = host_new();

	if (!host) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	for (int i = 0; i < TRIES_MAX; i++)
		if (edit_once(w, r, fn, host) == 0)
			return;
	reply_text(r, HTTP_UNAVAILABLE, "the host changes all the time; try again");
}

/* All that was judged is forgotten: the next round judges anew, from the list's first entry. */
static void forget(struct host *host)
{
	if (host->state == HOST_PASS || host->state == HOST_FAIL)
		host->state = HOST_WAITING;
	host->stale = false;
	buf_reset(&host->reasons);
	buf_reset(&host->progress);
}

static const char *reset(struct worker *w UNUSED, struct request *r UNUSED, struct host *host)
{
	forget(host);
	return "an administrator reset it";
}

void route_reset(struct worker *w, struct request *r)
{
	edit(w, r, reset);
}

static bool holds_boot(const struct boot_list *boots, const uint8_t *digest)
{
	for (size_t i = 0; i < boots->n; i++)
		if (memcmp(boots->digest[i], digest, sizeof(boots->digest[i])) == 0)
			return true;
	return false;
}

/* The body, where there is one, is the boot that the administrator looked at, in hex. */
static bool is_named(const struct request *r, const uint8_t *digest)
{
	char hex[2 * EVIDENCE_HOST_SIZE + 1];

	hex_format(digest, EVIDENCE_HOST_SIZE, hex);
	return r->body.len == strlen(hex) && memcmp(r->body.data, hex, strlen(hex)) == 0;
}

/* The boot that the host is in, as its last evidence proved it. */
static const char *approve(struct worker *w, struct request *r, struct host *host)
{
	AUTO_MEM struct progress *p = calloc(1, sizeof(*p));
	struct boot_list *boots = &host->boots;

	if (!p || progress_decode(host->progress.data, host->progress.len, p, &w->err) < 0) {
		worker_trouble(w, r);
		return NULL;
	}
	if (!p->state.known || !p->state.boot_ok) {
		reply_text(r, HTTP_CONFLICT, "no boot of this host was proven yet");
		return NULL;
	}
	if (r->body.len && !is_named(r, p->state.boot)) {
		reply_text(r, HTTP_CONFLICT, "the host is in another boot than that by now");
		return NULL;
	}
	if (!holds_boot(boots, p->state.boot)) {
		if (boots->n == APPRAISE_BOOTS_MAX) { /* the oldest makes room */
			memmove(boots->digest[0], boots->digest[1],
				sizeof(boots->digest) - sizeof(boots->digest[0]));
			boots->n--;
		}
		memcpy(boots->digest[boots->n++], p->state.boot, sizeof(p->state.boot));
	}
	/* A host that failed for nothing else has nothing left to be reset for; a command line that
	 * is refused is refused again. */
	if (host->state == HOST_FAIL && reasons_are_of_boot(&host->reasons))
		forget(host);
	return "an administrator approved its boot";
}

void route_approve(struct worker *w, struct request *r)
{
	edit(w, r, approve);
}

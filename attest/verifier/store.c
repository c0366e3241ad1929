/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: what is asked of either database. */
#include "attest/verifier/store.h"

#include <stdlib.h>
#include <string.h>

#include "attest/verifier/store_rows.h"
#include "attest/verifier/store_sql.h"

struct host *host_new(void)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h) {
		h->reasons = (struct buf)BUF_INIT(STORE_REASONS_MAX);
		h->progress = (struct buf)BUF_INIT(STORE_PROGRESS_MAX);
	}
	return h;
}

struct host *host_clone(const struct host *host)
{
	struct host *own = host_new();
	struct buf reasons, progress;

	if (!own)
		return NULL;
	reasons = own->reasons;
	progress = own->progress;
	*own = *host;
	own->reasons = reasons;
	own->progress = progress;
	if (buf_put(&own->reasons, buf_text(&host->reasons), host->reasons.len, NULL) == 0 &&
	    buf_put(&own->progress, buf_text(&host->progress), host->progress.len, NULL) == 0)
		return own;
	host_free(own);
	return NULL;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	buf_done(&host->reasons);
	buf_done(&host->progress);
	free(host);
}

void cleanup_host(struct host **host)
{
	host_free(*host);
	*host = NULL;
}

/* A clock that went back makes nobody fresh. */
static bool is_fresh(const struct host *host, int64_t now, unsigned long stale_after)
{
	return !host->stale && host->last_round >= now - (int64_t)stale_after &&
	       host->last_round <= now + STORE_CLOCK_SLACK;
}

const char *host_shown(const struct host *host, int64_t now, unsigned long stale_after)
{
	switch (host->state) {
	case HOST_PASS:
		return is_fresh(host, now, stale_after) ? "pass" : "stale";
	case HOST_FAIL:
		return "fail";
	case HOST_WAITING:
		return "stale";
	case HOST_ALLOWED:
		break;
	}
	return "unenrolled";
}

void store_conn_init(struct store_conn *conn, const char *where)
{
	const bool postgres = strncmp(where, "postgres", strlen("postgres")) == 0;

	*conn = (struct store_conn){ .driver = postgres ? &driver_postgres : &driver_sqlite,
				     .where = where };
}

void store_conn_done(struct store_conn *conn)
{
	if (conn->db)
		conn->driver->close(conn->db);
	conn->db = NULL;
}

int store_conn_ready(struct store_conn *conn, struct err *err)
{
	return conn->db ? 0 : conn->driver->open(conn->where, &conn->db, err);
}

static int run(struct store_conn *conn, struct db_query *q, db_row_fn fn, void *ctx,
	       struct err *err)
{
	if (store_conn_ready(conn, err) < 0)
		return -1;
	return conn->driver->run(conn->db, q, fn, ctx, err);
}

int store_host_get(struct store_conn *conn, const uint8_t *id, struct host *ret_host,
		   bool *ret_there, struct err *err)
{
	struct db_query q = query_init(SQL_HOST_GET);

	query_bytes(&q, id, EVIDENCE_HOST_SIZE);
	if (run(conn, &q, row_host, ret_host, err) < 0)
		return -1;
	*ret_there = q.changed == 1;
	return 0;
}

struct each {
	store_host_fn fn;
	void *ctx;
	struct host *host;
};

static int on_host(void *ctx, const struct db_value *columns, size_t n, struct err *err)
{
	struct each *e = ctx;

	if (row_host(e->host, columns, n, err) < 0)
		return -1;
	return e->fn(e->ctx, e->host, err);
}

int store_hosts_each(struct store_conn *conn, const struct store_range *range, store_host_fn fn,
		     void *ctx, struct err *err)
{
	AUTO_HOST host = host_new();
	struct each each = { .fn = fn, .ctx = ctx, .host = host };
	struct db_query q = query_init(range->silent_only ? SQL_HOST_SILENT : SQL_HOST_LIST);

	if (!host)
		return err_set(err, "out of memory");
	query_bytes(&q, range->after, range->after ? EVIDENCE_HOST_SIZE : 0);
	if (range->silent_only) {
		query_number(&q, range->heard_from);
		query_number(&q, range->heard_to);
	}
	query_number(&q, range->limit);
	return run(conn, &q, on_host, &each, err);
}

static struct db_query change_query(const struct host *h)
{
	struct db_query q = query_init(SQL_HOST_CHANGE);

	query_number(&q, h->state);
	query_number(&q, h->stale);
	query_number(&q, h->since);
	query_text(&q, buf_text(&h->reasons));
	query_bytes(&q, h->progress.data, h->progress.len);
	query_bytes(&q, h->boots.digest, h->boots.n * sizeof(h->boots.digest[0]));
	query_number(&q, h->nonce_us);
	query_number(&q, h->last_round);
	query_bytes(&q, h->id, sizeof(h->id));
	query_number(&q, h->version);
	return q;
}

static struct db_query history_query(const uint8_t *id, const struct history_entry *e)
{
	struct db_query q = query_init(SQL_HISTORY_ADD);

	query_bytes(&q, id, EVIDENCE_HOST_SIZE);
	query_number(&q, e->at_us);
	query_text(&q, e->was);
	query_text(&q, e->is);
	query_text(&q, e->why);
	return q;
}

static int add_history(struct store_conn *conn, const uint8_t *id, const struct history_entry *e,
		       struct err *err)
{
	struct db_query add = history_query(id, e);
	struct db_query prune = query_init(SQL_HISTORY_PRUNE);

	query_bytes(&prune, id, EVIDENCE_HOST_SIZE);
	query_number(&prune, STORE_HISTORY_MAX - 1);
	if (conn->driver->run(conn->db, &add, NULL, NULL, err) < 0)
		return -1;
	return conn->driver->run(conn->db, &prune, NULL, NULL, err);
}

/* Whether a change's history is to be written is known when the change was made. */
static int change_told(struct store_conn *conn, const struct host_change *changes,
		       struct db_query *queries, size_t n, struct err *err)
{
	if (conn->driver->run_many(conn->db, queries, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct host_change *c = &changes[i];
		const struct history_entry e = { c->at_us, c->was, c->is, c->why };

		if (queries[i].changed == 1 && c->was &&
		    add_history(conn, c->host->id, &e, err) < 0)
			return -1;
	}
	return conn->driver->commit(conn->db, err);
}

static int change_all(struct store_conn *conn, const struct host_change *changes,
		      struct db_query *queries, size_t n, struct err *err)
{
	bool told = false;

	for (size_t i = 0; i < n; i++) {
		queries[i] = change_query(changes[i].host);
		told = told || changes[i].was;
	}
	if (!told)
		return conn->driver->transact(conn->db, queries, n, err);
	if (conn->driver->begin(conn->db, err) < 0)
		return -1;
	if (change_told(conn, changes, queries, n, err) == 0)
		return 0;
	conn->driver->rollback(conn->db);
	return -1;
}

int store_change_many(struct store_conn *conn, struct host_change *changes, size_t n,
		      struct err *err)
{
	AUTO_MEM struct db_query *queries = calloc(n ? n : 1, sizeof(*queries));

	if (!queries)
		return err_set(err, "out of memory");
	if (store_conn_ready(conn, err) < 0 || change_all(conn, changes, queries, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		changes[i].done = queries[i].changed == 1;
	return 0;
}

/* One statement and what it means for the history, in a transaction. */
static int run_told(struct store_conn *conn, struct db_query *q, const uint8_t *id,
		    const struct history_entry *e, struct err *err)
{
	if (store_conn_ready(conn, err) < 0 || conn->driver->begin(conn->db, err) < 0)
		return -1;
	if (conn->driver->run(conn->db, q, NULL, NULL, err) < 0 ||
	    (q->changed && add_history(conn, id, e, err) < 0) ||
	    conn->driver->commit(conn->db, err) < 0) {
		conn->driver->rollback(conn->db);
		return -1;
	}
	return 0;
}

/* Another AK, or one that came without a certificate and now claims to have had one, is not the
 * same. */
static int compare_enrolled(struct store_conn *conn, const struct host *host,
			    enum enrol_outcome *ret_outcome, struct err *err)
{
	AUTO_HOST there = host_new();
	bool found = false;

	if (!there)
		return err_set(err, "out of memory");
	if (store_host_get(conn, host->id, there, &found, err) < 0)
		return -1;
	*ret_outcome = ENROL_TAKEN;
	if (found && there->ak_len == host->ak_len && host->ak_len &&
	    memcmp(there->ak, host->ak, host->ak_len) == 0)
		*ret_outcome = ENROL_SAME;
	return 0;
}

/* Who is enrolled proved it again, by a certificate of a CA that is trusted now.  Of one that an
 * administrator's word let in it makes none that was certified. */
static int note_ca(struct store_conn *conn, const struct host *host, struct err *err)
{
	struct db_query q = query_init(SQL_HOST_CA);

	query_bytes(&q, host->ca, sizeof(host->ca));
	query_bytes(&q, host->id, sizeof(host->id));
	query_bytes(&q, host->ak, host->ak_len);
	return run(conn, &q, NULL, NULL, err);
}

int store_enrol(struct store_conn *conn, const struct host *host, int64_t at_us,
		enum enrol_outcome *ret_outcome, struct err *err)
{
	const struct history_entry e = { at_us, "unenrolled", "stale",
					 host->certified ? "enrolled"
							 : "enrolled, EK not certified" };
	struct db_query q = query_init(SQL_HOST_ENROL);

	query_bytes(&q, host->id, sizeof(host->id));
	query_text(&q, host->name);
	query_bytes(&q, host->ak, host->ak_len);
	query_number(&q, host->certified);
	query_number(&q, at_us / 1000000);
	query_number(&q, at_us);
	query_bytes(&q, host->ca, host->certified ? sizeof(host->ca) : 0);
	if (run_told(conn, &q, host->id, &e, err) < 0)
		return -1;
	*ret_outcome = ENROL_NEW;
	if (q.changed == 1)
		return 0;
	if (compare_enrolled(conn, host, ret_outcome, err) < 0)
		return -1;
	return *ret_outcome == ENROL_SAME && host->certified ? note_ca(conn, host, err) : 0;
}

int store_allow(struct store_conn *conn, const uint8_t *id, int64_t at_us, bool *ret_new,
		struct err *err)
{
	const struct history_entry e = { at_us, "unenrolled", "unenrolled",
					 "an administrator allowed it without EK certificate" };
	struct db_query q = query_init(SQL_HOST_ALLOW);

	query_bytes(&q, id, EVIDENCE_HOST_SIZE);
	query_number(&q, at_us / 1000000);
	query_number(&q, at_us);
	if (run_told(conn, &q, id, &e, err) < 0)
		return -1;
	*ret_new = q.changed == 1;
	return 0;
}

int store_remove(struct store_conn *conn, const uint8_t *id, int64_t at_us, bool *ret_there,
		 struct err *err)
{
	const struct history_entry e = { at_us, "enrolled", "unenrolled",
					 "an administrator removed it" };
	struct db_query q = query_init(SQL_HOST_REMOVE);

	query_bytes(&q, id, EVIDENCE_HOST_SIZE);
	if (run_told(conn, &q, id, &e, err) < 0)
		return -1;
	*ret_there = q.changed == 1;
	return 0;
}

struct history {
	store_history_fn fn;
	void *ctx;
};

static int on_history(void *ctx, const struct db_value *c, size_t n, struct err *err)
{
	const struct history *h = ctx;
	struct history_entry e;

	if (n != 4 || c[0].type != DB_INT || c[1].type != DB_TEXT || c[2].type != DB_TEXT ||
	    c[3].type != DB_TEXT)
		return err_set(err, "store: an entry of the history is damaged");
	e = (struct history_entry){ c[0].number, c[1].data, c[2].data, c[3].data };
	return h->fn(h->ctx, &e, err);
}

int store_history_each(struct store_conn *conn, const uint8_t *id, store_history_fn fn, void *ctx,
		       struct err *err)
{
	struct history history = { .fn = fn, .ctx = ctx };
	struct db_query q = query_init(SQL_HISTORY_LIST);

	query_bytes(&q, id, EVIDENCE_HOST_SIZE);
	query_number(&q, STORE_HISTORY_MAX);
	return run(conn, &q, on_history, &history, err);
}

static int on_count(void *ctx, const struct db_value *c, size_t n, struct err *err)
{
	struct store_counts *counts = ctx;
	int64_t *const of[] = { &counts->allowed, &counts->waiting, &counts->pass, &counts->fail };

	if (n != 3 || c[0].type != DB_INT || c[1].type != DB_INT || c[2].type != DB_INT ||
	    c[0].number < 0 || c[0].number > HOST_FAIL)
		return err_set(err, "store: a host's state is damaged");
	*(c[0].number == HOST_PASS && c[1].number ? &counts->stale : of[c[0].number]) +=
		c[2].number;
	return 0;
}

int store_count(struct store_conn *conn, struct store_counts *ret, struct err *err)
{
	struct db_query q = query_init(SQL_HOST_COUNT);

	*ret = (struct store_counts){ 0 };
	return run(conn, &q, on_count, ret, err);
}

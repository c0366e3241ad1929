/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows and arguments. */
#include "attest/verifier/store_rows.h"

#include <assert.h>
#include <string.h>

#include "attest/verifier/store_sql.h"

struct db_query query_init(unsigned int statement)
{
	assert(statement < SQL_N && SQL_N <= DRIVER_STATEMENTS_MAX);
	return (struct db_query){ .number = statement, .sql = store_sql[statement] };
}

static struct db_value *next_argument(struct db_query *q)
{
	assert(q->n_args < DRIVER_ARGS_MAX);
	return &q->args[q->n_args++];
}

void query_number(struct db_query *q, int64_t number)
{
	*next_argument(q) = (struct db_value){ .type = DB_INT, .number = number };
}

void query_text(struct db_query *q, const char *text)
{
	*next_argument(q) = (struct db_value){ .type = DB_TEXT, .data = text, .len = strlen(text) };
}

void query_bytes(struct db_query *q, const void *data, size_t len)
{
	*next_argument(q) = (struct db_value){ .type = DB_BYTES, .data = data, .len = len };
}

/* A cursor over the columns; what does not fit is remembered. */
struct columns {
	const struct db_value *at;
	size_t left;
	bool bad;
};

static const struct db_value *next_column(struct columns *c, enum db_type type)
{
	static const struct db_value none = { .type = DB_NULL };
	const struct db_value *v = c->at;

	/* '' of a BYTEA column is text to SQLite. */
	if (c->left == 0 || (v->type != type && !(type == DB_BYTES && v->type == DB_TEXT))) {
		c->bad = true;
		return &none;
	}
	c->at++;
	c->left--;
	return v;
}

static int64_t take_number(struct columns *c, int64_t min, int64_t max)
{
	const int64_t n = next_column(c, DB_INT)->number;

	c->bad = c->bad || n < min || n > max;
	return c->bad ? min : n;
}

static size_t take_bytes(struct columns *c, void *to, size_t max)
{
	const struct db_value *v = next_column(c, DB_BYTES);

	c->bad = c->bad || v->len > max;
	if (c->bad || v->len == 0)
		return 0;
	memcpy(to, v->data, v->len);
	return v->len;
}

static void take_text(struct columns *c, char *to, size_t max)
{
	const struct db_value *v = next_column(c, DB_TEXT);

	c->bad = c->bad || v->len >= max;
	if (c->bad)
		return;
	memcpy(to, v->len ? v->data : "", v->len);
	to[v->len] = '\0';
}

static void take_buf(struct columns *c, struct buf *to)
{
	const struct db_value *v = next_column(c, DB_BYTES);

	buf_reset(to);
	if (!c->bad && v->len && buf_put(to, v->data, v->len, NULL) < 0)
		c->bad = true;
}

/* Of one that enrolled without a certificate, or before it was noted, there is none. */
static void take_ca(struct columns *c, struct host *h)
{
	const size_t len = take_bytes(c, h->ca, sizeof(h->ca));

	c->bad = c->bad || (len && len != sizeof(h->ca));
	if (len == 0)
		memset(h->ca, 0, sizeof(h->ca));
}

int row_host(void *host, const struct db_value *columns, size_t n, struct err *err)
{
	struct columns c = { .at = columns, .left = n };
	struct host *h = host;
	size_t len;

	if (take_bytes(&c, h->id, sizeof(h->id)) != sizeof(h->id))
		c.bad = true;
	take_text(&c, h->name, sizeof(h->name));
	h->ak_len = take_bytes(&c, h->ak, sizeof(h->ak));
	h->certified = take_number(&c, 0, 1);
	h->state = (enum host_state)take_number(&c, HOST_ALLOWED, HOST_FAIL);
	h->stale = take_number(&c, 0, 1);
	h->since = take_number(&c, 0, INT64_MAX);
	take_buf(&c, &h->reasons);
	take_buf(&c, &h->progress);
	len = take_bytes(&c, h->boots.digest, sizeof(h->boots.digest));
	h->boots.n = len / sizeof(h->boots.digest[0]);
	h->nonce_us = take_number(&c, 0, INT64_MAX);
	h->last_round = take_number(&c, 0, INT64_MAX);
	h->version = take_number(&c, 0, INT64_MAX);
	take_ca(&c, h);
	if (c.bad || c.left || len % sizeof(h->boots.digest[0]))
		return err_set(err, "store: a host's row is damaged");
	return 0;
}

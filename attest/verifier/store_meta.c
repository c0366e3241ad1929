/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that verifiers of one store share. */
#include "attest/verifier/store.h"

#include "attest/verifier/store_rows.h"
#include "attest/verifier/store_sql.h"

static int run(struct store_conn *conn, struct db_query *q, db_row_fn fn, void *ctx,
	       struct err *err)
{
	if (store_conn_ready(conn, err) < 0)
		return -1;
	return conn->driver->run(conn->db, q, fn, ctx, err);
}

static int on_value(void *ctx, const struct db_value *c, size_t n, struct err *err)
{
	if (n != 1 || (c[0].type != DB_BYTES && c[0].type != DB_TEXT))
		return err_set(err, "store: a shared value is damaged");
	return buf_put(ctx, c[0].data, c[0].len, err);
}

int store_meta_get(struct store_conn *conn, const char *name, struct buf *out, struct err *err)
{
	struct db_query q = query_init(SQL_META_GET);

	query_text(&q, name);
	return run(conn, &q, on_value, out, err);
}

static int meta_put(struct store_conn *conn, enum store_statement statement, const char *name,
		    const struct buf *value, struct err *err)
{
	struct db_query q = query_init(statement);

	query_text(&q, name);
	query_bytes(&q, value->data, value->len);
	return run(conn, &q, NULL, NULL, err);
}

int store_meta_first(struct store_conn *conn, const char *name, const struct buf *value,
		     struct buf *out, struct err *err)
{
	if (meta_put(conn, SQL_META_FIRST, name, value, err) < 0)
		return -1;
	return store_meta_get(conn, name, out, err);
}

int store_meta_set(struct store_conn *conn, const char *name, const struct buf *value,
		   struct err *err)
{
	return meta_put(conn, SQL_META_SET, name, value, err);
}

int store_meta_swap(struct store_conn *conn, const struct meta_swap *swap, bool *ret_done,
		    struct err *err)
{
	struct db_query q = query_init(SQL_META_SWAP);

	query_bytes(&q, swap->value->data, swap->value->len);
	query_text(&q, swap->name);
	query_bytes(&q, swap->was->data, swap->was->len);
	if (run(conn, &q, NULL, NULL, err) < 0)
		return -1;
	*ret_done = q.changed == 1;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store's tables, and how those of older versions become these. */
#include "attest/verifier/store.h"

#include <string.h>

#include "attest/verifier/store_sql.h"

/* Each is applied once, in order, in one transaction with its number.  SQLite takes the types for
 * INTEGER, TEXT and what was put in. */
static const char *const migrations[] = {
	"CREATE TABLE hosts (id BYTEA NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
	"ak BYTEA NOT NULL, certified BIGINT NOT NULL, state BIGINT NOT NULL, "
	"stale BIGINT NOT NULL, since BIGINT NOT NULL, reasons TEXT NOT NULL, "
	"progress BYTEA NOT NULL, boots BYTEA NOT NULL, nonce_us BIGINT NOT NULL, "
	"last_round BIGINT NOT NULL, version BIGINT NOT NULL);"
	"CREATE TABLE history (host BYTEA NOT NULL, at_us BIGINT NOT NULL, was TEXT NOT NULL, "
	"is_now TEXT NOT NULL, why TEXT NOT NULL);"
	"CREATE INDEX history_host ON history (host, at_us);"
	"CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value BYTEA NOT NULL)",

	"ALTER TABLE hosts ADD COLUMN ca BYTEA NOT NULL DEFAULT ''",
};

/* So that rounds, which change no indexed column, stay in their pages. */
static const char postgres_only[] = "ALTER TABLE hosts SET (fillfactor = 60)";

enum { SCHEMA_NUMBER = SQL_N, SCHEMA_NOTE };

static int on_number(void *ctx, const struct db_value *c, size_t n, struct err *err)
{
	if (n != 1 || c[0].type != DB_INT)
		return err_set(err, "store: the number of its version is damaged");
	*(int64_t *)ctx = c[0].number;
	return 0;
}

static int apply(struct store_conn *conn, int64_t number, struct err *err)
{
	struct db_query note = { .number = SCHEMA_NOTE,
				 .sql = "INSERT INTO migrations (number) VALUES ($1)",
				 .args = { { .type = DB_INT, .number = number + 1 } },
				 .n_args = 1 };

	if (conn->driver->script(conn->db, migrations[number], err) < 0)
		return -1;
	if (number == 0 && conn->driver == &driver_postgres &&
	    conn->driver->script(conn->db, postgres_only, err) < 0)
		return -1;
	return conn->driver->run(conn->db, &note, NULL, NULL, err);
}

static int migrate(struct store_conn *conn, struct err *err)
{
	struct db_query ask = {
		.number = SCHEMA_NUMBER,
		.sql = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM migrations"
	};
	const int64_t known = ARRAY_LEN(migrations);
	int64_t number = 0;

	/* Two verifiers that start at once on one PostgreSQL go one after the other. */
	if (conn->driver == &driver_postgres &&
	    conn->driver->script(conn->db, "SELECT pg_advisory_xact_lock(7161)", err) < 0)
		return -1;
	if (conn->driver->script(conn->db,
				 "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL "
				 "PRIMARY KEY)",
				 err) < 0 ||
	    conn->driver->run(conn->db, &ask, on_number, &number, err) < 0)
		return -1;
	if (number > known)
		return err_set(err,
			       "store: it is of version %lld, this program knows up to %lld: "
			       "a newer one is needed",
			       (long long)number, (long long)known);
	for (; number < known; number++)
		if (apply(conn, number, err) < 0)
			return -1;
	return conn->driver->commit(conn->db, err);
}

int store_migrate(struct store_conn *conn, struct err *err)
{
	if (store_conn_ready(conn, err) < 0 || conn->driver->begin(conn->db, err) < 0)
		return -1;
	if (migrate(conn, err) == 0)
		return 0;
	conn->driver->rollback(conn->db);
	return -1;
}

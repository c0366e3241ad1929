/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite as a store: one file, one writer, readers beside it. */
#include "attest/verifier/driver.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attr.h"

#define BUSY_MS 10000

struct db {
	sqlite3 *handle;
	sqlite3_stmt *prepared[DRIVER_STATEMENTS_MAX];
};

/* Every commit is on the disk before it is answered. */
static const char settings[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384;"
			       "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF";

static int failed(struct db *db, const char *what, struct err *err)
{
	return err_set(err, "store: %s: %s", what, sqlite3_errmsg(db->handle));
}

static void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < DRIVER_STATEMENTS_MAX; i++)
		(void)sqlite3_finalize(db->prepared[i]);
	(void)sqlite3_close(db->handle);
	free(db);
}

static void cleanup_db(struct db **db)
{
	db_close(*db);
}

static int db_script(struct db *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, "script", err);
	return 0;
}

static int db_open(const char *where, struct db **ret_db, struct err *err)
{
	CLEANUP(cleanup_db) struct db *db = calloc(1, sizeof(*db));
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	mode_t before;
	int rc;

	if (!db)
		return err_set(err, "out of memory");
	before = umask(0077);
	rc = sqlite3_open_v2(where, &db->handle, flags, NULL);
	(void)umask(before);
	if (rc != SQLITE_OK)
		return err_set(err, "open: %s: %s", where, sqlite3_errstr(rc));
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	before = umask(0077);
	rc = db_script(db, settings, err);
	(void)umask(before);
	if (rc < 0)
		return err_prepend(err, "%s", where);
	*ret_db = take_ptr(&db);
	return 0;
}

static int bind_value(sqlite3_stmt *s, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_NULL:
		return sqlite3_bind_null(s, at);
	case DB_INT:
		return sqlite3_bind_int64(s, at, v->number);
	case DB_TEXT:
		return sqlite3_bind_text(s, at, v->data, (int)v->len, SQLITE_STATIC);
	case DB_BYTES:
		return sqlite3_bind_blob(s, at, v->len ? v->data : "", (int)v->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static int prepare(struct db *db, const struct db_query *q, sqlite3_stmt **ret_s, struct err *err)
{
	sqlite3_stmt **slot = &db->prepared[q->number];

	if (!*slot && sqlite3_prepare_v3(db->handle, q->sql, -1, SQLITE_PREPARE_PERSISTENT, slot,
					 NULL) != SQLITE_OK)
		return failed(db, "prepare", err);
	for (size_t i = 0; i < q->n_args; i++)
		if (bind_value(*slot, (int)i + 1, &q->args[i]) != SQLITE_OK)
			return failed(db, "bind", err);
	*ret_s = *slot;
	return 0;
}

static struct db_value column(sqlite3_stmt *s, int at)
{
	const int type = sqlite3_column_type(s, at);
	struct db_value v = { .type = DB_NULL };

	if (type == SQLITE_INTEGER)
		return (struct db_value){ .type = DB_INT, .number = sqlite3_column_int64(s, at) };
	if (type != SQLITE_TEXT && type != SQLITE_BLOB)
		return v;
	v.type = type == SQLITE_TEXT ? DB_TEXT : DB_BYTES;
	v.data = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, at)
				     : sqlite3_column_blob(s, at);
	v.len = (size_t)sqlite3_column_bytes(s, at);
	return v;
}

static int tell_row(sqlite3_stmt *s, db_row_fn fn, void *ctx, struct err *err)
{
	struct db_value columns[DRIVER_COLUMNS_MAX];
	const int n = sqlite3_column_count(s);

	for (int i = 0; i < n && i < DRIVER_COLUMNS_MAX; i++)
		columns[i] = column(s, i);
	return fn ? fn(ctx, columns, (size_t)n, err) : 0;
}

static int db_run(struct db *db, struct db_query *q, db_row_fn fn, void *ctx, struct err *err)
{
	sqlite3_stmt *s = NULL;
	int64_t rows = 0;
	int rc;

	if (prepare(db, q, &s, err) < 0)
		return -1;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		rows++;
		if (tell_row(s, fn, ctx, err) == 0)
			continue;
		(void)sqlite3_reset(s);
		return -1;
	}
	if (rc != SQLITE_DONE)
		(void)failed(db, "run", err);
	(void)sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return -1;
	q->changed = rows ? rows : sqlite3_stmt_readonly(s) ? 0 : sqlite3_changes64(db->handle);
	return 0;
}

static int db_run_many(struct db *db, struct db_query *queries, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (db_run(db, &queries[i], NULL, NULL, err) < 0)
			return -1;
	return 0;
}

static int db_begin(struct db *db, struct err *err)
{
	return db_script(db, "BEGIN IMMEDIATE", err);
}

static int db_commit(struct db *db, struct err *err)
{
	return db_script(db, "COMMIT", err);
}

static void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		(void)db_script(db, "ROLLBACK", NULL);
}

static int db_transact(struct db *db, struct db_query *queries, size_t n, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	if (db_run_many(db, queries, n, err) == 0 && db_commit(db, err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

const struct driver driver_sqlite = {
	.name = "SQLite",
	.open = db_open,
	.close = db_close,
	.script = db_script,
	.run = db_run,
	.run_many = db_run_many,
	.transact = db_transact,
	.begin = db_begin,
	.commit = db_commit,
	.rollback = db_rollback,
};

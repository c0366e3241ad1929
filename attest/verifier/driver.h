/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a database must be able to do to be a store: the same statements, run by SQLite or
 * PostgreSQL. */
#ifndef ASSAY_ATTEST_VERIFIER_DRIVER_H
#define ASSAY_ATTEST_VERIFIER_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DRIVER_ARGS_MAX 16
#define DRIVER_COLUMNS_MAX 16
#define DRIVER_STATEMENTS_MAX 48

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BYTES };

struct db_value {
	enum db_type type;
	int64_t number;
	const void *data; /* DB_TEXT ends with NUL */
	size_t len;
};

/* A statement in the SQL that both know: arguments are $1, $2, ... in the order of their first
 * use; columns are BIGINT, TEXT or BYTEA. */
struct db_query {
	unsigned int number; /* below DRIVER_STATEMENTS_MAX: prepared once under it */
	const char *sql;
	struct db_value args[DRIVER_ARGS_MAX];
	size_t n_args;
	int64_t changed; /* out: rows that were inserted, updated, deleted or returned */
};

/* Told of each row; the values live until it returns. */
typedef int (*db_row_fn)(void *ctx, const struct db_value *columns, size_t n, struct err *err);

/* One connection, used by one thread at a time. */
struct db;

struct driver {
	const char *name;
	MUST_USE int (*open)(const char *where, struct db **ret_db, struct err *err);
	void (*close)(struct db *db);
	/* Statements without arguments or rows, separated by semicolons. */
	MUST_USE int (*script)(struct db *db, const char *sql, struct err *err);
	MUST_USE int (*run)(struct db *db, struct db_query *query, db_row_fn fn, void *ctx,
			    struct err *err);
	/* Several without rows, in one round trip where that can be. */
	MUST_USE int (*run_many)(struct db *db, struct db_query *queries, size_t n,
				 struct err *err);
	/* The same as one whole transaction: all of them are on the disk, or none. */
	MUST_USE int (*transact)(struct db *db, struct db_query *queries, size_t n,
				 struct err *err);
	/* A transaction that writes.  After a failure in it: rollback, which can't fail. */
	MUST_USE int (*begin)(struct db *db, struct err *err);
	MUST_USE int (*commit)(struct db *db, struct err *err);
	void (*rollback)(struct db *db);
};

extern const struct driver driver_sqlite;   /* where: a path */
extern const struct driver driver_postgres; /* where: postgresql://... */

#endif

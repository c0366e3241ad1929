/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PostgreSQL as a store: shared by any number of verifiers. */
#include "attest/verifier/driver.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/rd.h"

/* src/include/catalog/pg_type.dat */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

#define NUMBER_TEXT_MAX 24

struct db {
	PGconn *conn;
	bool prepared[DRIVER_STATEMENTS_MAX];
	bool begun; /* a transaction, which a new connection would know nothing of */
};

/* What libpq takes for a query's arguments. */
struct bound {
	char numbers[DRIVER_ARGS_MAX][NUMBER_TEXT_MAX];
	const char *values[DRIVER_ARGS_MAX];
	int lengths[DRIVER_ARGS_MAX];
	int formats[DRIVER_ARGS_MAX];
	int n;
};

static void cleanup_result(PGresult **r)
{
	PQclear(*r);
}
#define AUTO_RESULT CLEANUP(cleanup_result) PGresult *

/* libpq's message without its line ends. */
static int failed(struct db *db, const char *what, struct err *err)
{
	const char *text = PQerrorMessage(db->conn);

	return err_set(err, "store: %s: %.*s", what, (int)strcspn(text, "\n"), text);
}

static void db_close(struct db *db)
{
	if (!db)
		return;
	PQfinish(db->conn);
	free(db);
}

static void cleanup_db(struct db **db)
{
	db_close(*db);
}

static void no_notice(void *arg UNUSED, const char *message UNUSED)
{
}

static int db_open(const char *where, struct db **ret_db, struct err *err)
{
	CLEANUP(cleanup_db) struct db *db = calloc(1, sizeof(*db));

	if (!db)
		return err_set(err, "out of memory");
	db->conn = PQconnectdb(where);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return failed(db, "connect", err);
	(void)PQsetNoticeProcessor(db->conn, no_notice, NULL);
	*ret_db = take_ptr(&db);
	return 0;
}

/* A connection that was lost meanwhile is made anew, once; what was prepared on it is gone. */
static int revive(struct db *db, struct err *err)
{
	if (db->begun)
		return 0;
	(void)PQconsumeInput(db->conn); /* notices that the other end has closed it */
	if (PQstatus(db->conn) == CONNECTION_OK)
		return 0;
	PQreset(db->conn);
	memset(db->prepared, 0, sizeof(db->prepared));
	return PQstatus(db->conn) == CONNECTION_OK ? 0 : failed(db, "connect", err);
}

static bool is_good(const PGresult *r)
{
	const ExecStatusType status = PQresultStatus(r);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

static int db_script(struct db *db, const char *sql, struct err *err)
{
	AUTO_RESULT r = NULL;

	if (revive(db, err) < 0)
		return -1;
	r = PQexec(db->conn, sql);
	return is_good(r) ? 0 : failed(db, "script", err);
}

static void bind_all(const struct db_query *q, struct bound *ret)
{
	ret->n = (int)q->n_args;
	for (size_t i = 0; i < q->n_args; i++) {
		const struct db_value *v = &q->args[i];

		(void)snprintf(ret->numbers[i], NUMBER_TEXT_MAX, "%lld", (long long)v->number);
		ret->formats[i] = v->type == DB_BYTES;
		ret->lengths[i] = (int)v->len;
		ret->values[i] = v->type == DB_INT ? ret->numbers[i] : v->len ? v->data : "";
		if (v->type == DB_NULL)
			ret->values[i] = NULL;
	}
}

static void name_of(unsigned int number, char ret_name[static 16])
{
	(void)snprintf(ret_name, 16, "s%u", number);
}

static int prepare(struct db *db, const struct db_query *q, struct err *err)
{
	AUTO_RESULT r = NULL;
	char name[16];

	if (db->prepared[q->number])
		return 0;
	name_of(q->number, name);
	r = PQprepare(db->conn, name, q->sql, 0, NULL);
	if (!is_good(r))
		return failed(db, "prepare", err);
	db->prepared[q->number] = true;
	return 0;
}

static struct db_value cell(const PGresult *r, int row, int at)
{
	const char *data = PQgetvalue(r, row, at);
	const int len = PQgetlength(r, row, at);
	struct db_value v = { .type = DB_NULL };
	struct rd rd = rd_init(data, (size_t)len);

	if (PQgetisnull(r, row, at))
		return v;
	if (PQftype(r, at) == OID_INT8)
		return (struct db_value){ .type = DB_INT, .number = (int64_t)rd_be64(&rd) };
	v.type = PQftype(r, at) == OID_TEXT ? DB_TEXT : DB_BYTES;
	v.data = data;
	v.len = (size_t)len;
	return v;
}

static int tell_rows(const PGresult *r, db_row_fn fn, void *ctx, struct err *err)
{
	struct db_value columns[DRIVER_COLUMNS_MAX];
	const int n = PQnfields(r);

	for (int row = 0; row < PQntuples(r); row++) {
		for (int i = 0; i < n && i < DRIVER_COLUMNS_MAX; i++)
			columns[i] = cell(r, row, i);
		if (fn && fn(ctx, columns, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static int64_t changed_by(PGresult *r)
{
	return strtoll(PQcmdTuples(r), NULL, 10);
}

static int db_run(struct db *db, struct db_query *q, db_row_fn fn, void *ctx, struct err *err)
{
	AUTO_RESULT r = NULL;
	struct bound b;
	char name[16];

	if (revive(db, err) < 0 || prepare(db, q, err) < 0)
		return -1;
	bind_all(q, &b);
	name_of(q->number, name);
	r = PQexecPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, 1);
	if (!is_good(r))
		return failed(db, "run", err);
	q->changed = changed_by(r);
	return tell_rows(r, fn, ctx, err);
}

/* The next result of a pipeline, and the NULL behind it. */
static bool take_result(struct db *db, bool must_commit, int64_t *ret_changed, struct err *err)
{
	AUTO_RESULT r = PQgetResult(db->conn);
	AUTO_RESULT end UNUSED = r ? PQgetResult(db->conn) : NULL;

	if (!r || !is_good(r)) {
		(void)failed(db, "run", err);
		return false;
	}
	*ret_changed = changed_by(r);
	if (!must_commit || strcmp(PQcmdStatus(r), "COMMIT") == 0)
		return true;
	(void)err_set(err, "store: commit: it was rolled back");
	return false;
}

/* Statements on their way: whole: BEGIN before them, COMMIT behind. */
struct pipeline {
	struct db *db;
	struct db_query *queries;
	size_t n;
	bool whole;
};

/* All results, of which the first error is told. */
static int collect(const struct pipeline *p, struct err *err)
{
	bool good = true;
	int64_t ignored;

	if (p->whole)
		good = take_result(p->db, false, &ignored, err);
	for (size_t i = 0; i < p->n; i++)
		good = take_result(p->db, false, &p->queries[i].changed, good ? err : NULL) && good;
	if (p->whole)
		good = take_result(p->db, true, &ignored, good ? err : NULL) && good;
	return good ? 0 : -1;
}

static bool send_word(struct db *db, const char *word)
{
	return PQsendQueryParams(db->conn, word, 0, NULL, NULL, NULL, NULL, 0);
}

static int send_all(const struct pipeline *p, struct err *err)
{
	struct db *db = p->db;
	struct bound b;
	char name[16];

	if (p->whole && !send_word(db, "BEGIN"))
		return failed(db, "send", err);
	for (size_t i = 0; i < p->n; i++) {
		bind_all(&p->queries[i], &b);
		name_of(p->queries[i].number, name);
		if (!PQsendQueryPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, 1))
			return failed(db, "send", err);
	}
	if (p->whole && !send_word(db, "COMMIT"))
		return failed(db, "send", err);
	return PQpipelineSync(db->conn) ? 0 : failed(db, "send", err);
}

/* Leaves the pipeline; a connection that is still in the middle of one is of no use any more. */
static int leave_pipeline(struct db *db, struct err *err)
{
	AUTO_RESULT sync = PQgetResult(db->conn);

	if (PQresultStatus(sync) == PGRES_PIPELINE_SYNC && PQexitPipelineMode(db->conn))
		return 0;
	(void)failed(db, "run", err);
	PQreset(db->conn);
	memset(db->prepared, 0, sizeof(db->prepared));
	return -1;
}

static int run_pipeline(const struct pipeline *p, struct err *err)
{
	struct db *db = p->db;
	struct err first = ERR_INIT;
	int rc;

	if (revive(db, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (prepare(db, &p->queries[i], err) < 0)
			return -1;
	if (!PQenterPipelineMode(db->conn))
		return failed(db, "pipeline", err);
	rc = send_all(p, &first);
	if (rc == 0)
		rc = collect(p, &first);
	if (leave_pipeline(db, rc < 0 ? NULL : err) < 0 && rc == 0)
		return -1;
	return rc < 0 ? err_set(err, "%s", first.text) : 0;
}

static int db_run_many(struct db *db, struct db_query *queries, size_t n, struct err *err)
{
	const struct pipeline p = { .db = db, .queries = queries, .n = n };

	return n ? run_pipeline(&p, err) : 0;
}

static void db_rollback(struct db *db)
{
	db->begun = false;
	if (PQstatus(db->conn) == CONNECTION_OK && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		PQclear(PQexec(db->conn, "ROLLBACK"));
}

static int db_transact(struct db *db, struct db_query *queries, size_t n, struct err *err)
{
	const struct pipeline p = { .db = db, .queries = queries, .n = n, .whole = true };

	if (run_pipeline(&p, err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

static int db_begin(struct db *db, struct err *err)
{
	if (db_script(db, "BEGIN", err) < 0)
		return -1;
	db->begun = true;
	return 0;
}

static int db_commit(struct db *db, struct err *err)
{
	AUTO_RESULT r = PQexec(db->conn, "COMMIT");

	db->begun = false;
	/* COMMIT of a transaction that failed says ROLLBACK, and is no error. */
	if (!is_good(r) || strcmp(PQcmdStatus(r), "COMMIT") != 0)
		return is_good(r) ? err_set(err, "store: commit: it was rolled back")
				  : failed(db, "commit", err);
	return 0;
}

const struct driver driver_postgres = {
	.name = "PostgreSQL",
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

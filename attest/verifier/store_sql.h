/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every statement of the store.  Arguments are numbered in the order of their first use. */
#ifndef ASSAY_ATTEST_VERIFIER_STORE_SQL_H
#define ASSAY_ATTEST_VERIFIER_STORE_SQL_H

enum store_statement {
	SQL_HOST_GET,
	SQL_HOST_LIST,
	SQL_HOST_SILENT,
	SQL_HOST_CHANGE,
	SQL_HOST_ENROL,
	SQL_HOST_CA,
	SQL_HOST_ALLOW,
	SQL_HOST_REMOVE,
	SQL_HOST_COUNT,
	SQL_HISTORY_ADD,
	SQL_HISTORY_PRUNE,
	SQL_HISTORY_LIST,
	SQL_META_GET,
	SQL_META_FIRST,
	SQL_META_SET,
	SQL_META_SWAP,
	SQL_N
};

#define HOST_COLUMNS \
	"id, name, ak, certified, state, stale, since, reasons, progress, boots, nonce_us, " \
	"last_round, version, ca"

static const char *const store_sql[SQL_N] = {
	[SQL_HOST_GET] = "SELECT " HOST_COLUMNS " FROM hosts WHERE id = $1",
	[SQL_HOST_LIST] = "SELECT " HOST_COLUMNS " FROM hosts WHERE id > $1 ORDER BY id LIMIT $2",
	[SQL_HOST_SILENT] = "SELECT " HOST_COLUMNS " FROM hosts WHERE id > $1 AND state = 2 "
			    "AND stale = 0 AND (last_round < $2 OR last_round > $3) "
			    "ORDER BY id LIMIT $4",
	[SQL_HOST_CHANGE] =
		"UPDATE hosts SET state = $1, stale = $2, since = $3, reasons = $4, progress = $5, "
		"boots = $6, nonce_us = $7, last_round = $8, version = version + 1 "
		"WHERE id = $9 AND version = $10",
	[SQL_HOST_ENROL] =
		"INSERT INTO hosts (" HOST_COLUMNS ") VALUES ($1, $2, $3, $4, 1, 0, $5, '', '', "
		"'', $6, 0, $6, $7) ON CONFLICT (id) DO "
		"UPDATE SET name = excluded.name, ak = excluded.ak, "
		"certified = excluded.certified, ca = excluded.ca, state = 1, "
		"since = excluded.since, nonce_us = excluded.nonce_us, "
		"version = hosts.version + 1 WHERE hosts.state = 0",
	[SQL_HOST_CA] = "UPDATE hosts SET ca = $1, version = version + 1 WHERE id = $2 AND "
			"ak = $3 AND certified = 1 AND ca <> $1",
	[SQL_HOST_ALLOW] = "INSERT INTO hosts (" HOST_COLUMNS
			   ") VALUES ($1, '', '', 0, 0, 0, $2, '', '', '', 0, 0, $3, '') "
			   "ON CONFLICT (id) DO NOTHING",
	[SQL_HOST_REMOVE] = "DELETE FROM hosts WHERE id = $1",
	[SQL_HOST_COUNT] = "SELECT state, stale, COUNT(*) FROM hosts GROUP BY state, stale",
	[SQL_HISTORY_ADD] = "INSERT INTO history (host, at_us, was, is_now, why) "
			    "VALUES ($1, $2, $3, $4, $5)",
	[SQL_HISTORY_PRUNE] =
		"DELETE FROM history WHERE host = $1 AND at_us < (SELECT at_us FROM history "
		"WHERE host = $1 ORDER BY at_us DESC LIMIT 1 OFFSET $2)",
	[SQL_HISTORY_LIST] = "SELECT at_us, was, is_now, why FROM history WHERE host = $1 "
			     "ORDER BY at_us DESC LIMIT $2",
	[SQL_META_GET] = "SELECT value FROM meta WHERE name = $1",
	[SQL_META_FIRST] = "INSERT INTO meta (name, value) VALUES ($1, $2) "
			   "ON CONFLICT (name) DO NOTHING",
	[SQL_META_SET] = "INSERT INTO meta (name, value) VALUES ($1, $2) "
			 "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[SQL_META_SWAP] = "UPDATE meta SET value = $1 WHERE name = $2 AND value = $3",
};

#endif

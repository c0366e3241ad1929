/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the store's statements and its structures. */
#ifndef ASSAY_ATTEST_VERIFIER_STORE_ROWS_H
#define ASSAY_ATTEST_VERIFIER_STORE_ROWS_H

#include "attest/verifier/store.h"

/* A query of store_sql.h, and its arguments in their order.  What is given lives until it ran. */
struct db_query query_init(unsigned int statement);
void query_number(struct db_query *q, int64_t number);
void query_text(struct db_query *q, const char *text);
void query_bytes(struct db_query *q, const void *data, size_t len);

/* A row of HOST_COLUMNS into a struct host; fails on one that no verifier wrote. */
MUST_USE int row_host(void *host, const struct db_value *columns, size_t n, struct err *err);

#endif

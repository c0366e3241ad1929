/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verifier remembers: hosts, their history, what verifiers of one store share. */
#ifndef ASSAY_ATTEST_VERIFIER_STORE_H
#define ASSAY_ATTEST_VERIFIER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "attest/appraise.h"
#include "attest/enrol.h"
#include "attest/evidence.h"
#include "attest/verifier/driver.h"
#include "base/buf.h"

/* Bytes of one host's reasons, as JSON: of any words each byte may be written as five: \\xff */
#define STORE_REASON_MAX (5 * VERDICT_TEXT_MAX + 128)
#define STORE_REASONS_MAX (VERDICT_REASONS_MAX * STORE_REASON_MAX)
#define STORE_PROGRESS_MAX 8192 /* bytes of how far its judging is */
#define STORE_HISTORY_MAX 256	/* changes of state kept for one host */
#define STORE_META_MAX 4096	/* bytes of one value that verifiers share */
#define STORE_CLOCK_SLACK 60	/* seconds that the clocks of its verifiers may differ */

/* As stored; "stale" follows from the time, host_shown. */
enum host_state {
	HOST_ALLOWED = 0, /* an administrator's word, not enrolled yet */
	HOST_WAITING = 1, /* enrolled or reset, nothing judged since */
	HOST_PASS = 2,
	HOST_FAIL = 3, /* until it is reset */
};

struct boot_list {
	uint8_t digest[APPRAISE_BOOTS_MAX][32];
	size_t n;
};

struct host {
	uint8_t id[EVIDENCE_HOST_SIZE];
	char name[EVIDENCE_NAME_MAX]; /* a hint: the host chose it */
	uint8_t ak[PUBLIC_MAX];	      /* TPMT_PUBLIC */
	size_t ak_len;
	bool certified;		/* a certificate vouched for the EK */
	uint8_t ca[EK_CA_SIZE]; /* by this CA; zero: of a time when that was not noted */
	enum host_state state;
	bool stale;		/* its having become stale was told */
	int64_t since;		/* seconds since the epoch: of the last change of state */
	struct buf reasons;	/* JSON, reasons.h; "": none */
	struct buf progress;	/* progress.h; "": nothing was judged */
	struct boot_list boots; /* approved for this host */
	int64_t nonce_us;	/* of the last nonce that was used */
	int64_t last_round;	/* seconds since the epoch; 0: none yet */
	int64_t version;	/* changes with every change */
};

struct host *host_new(void);
/* NULL without memory. */
struct host *host_clone(const struct host *host);
void host_free(struct host *host);
void cleanup_host(struct host **host);
#define AUTO_HOST CLEANUP(cleanup_host) struct host *

/* "pass", "fail", "stale" or "unenrolled": never better than what is known. */
const char *host_shown(const struct host *host, int64_t now, unsigned long stale_after);

/* A connection, of one thread.  db NULL: it could not be made yet. */
struct store_conn {
	const struct driver *driver;
	const char *where;
	struct db *db;
};

void store_conn_init(struct store_conn *conn, const char *where);
void store_conn_done(struct store_conn *conn);
/* Connects unless it is; every function below does so first. */
MUST_USE int store_conn_ready(struct store_conn *conn, struct err *err);

/* Makes the tables, and brings those of older versions to this one.  Refuses newer ones. */
MUST_USE int store_migrate(struct store_conn *conn, struct err *err);

MUST_USE int store_host_get(struct store_conn *conn, const uint8_t *id, struct host *ret_host,
			    bool *ret_there, struct err *err);

/* In the order of their ids, those after one; fewer than limit: there are no more. */
typedef int (*store_host_fn)(void *ctx, const struct host *host, struct err *err);
struct store_range {
	const uint8_t *after; /* NULL: from the first */
	unsigned int limit;
	bool silent_only; /* passed, not told to be stale, and last heard of outside of these */
	int64_t heard_from, heard_to; /* seconds since the epoch */
};
MUST_USE int store_hosts_each(struct store_conn *conn, const struct store_range *range,
			      store_host_fn fn, void *ctx, struct err *err);

/* One change of a host that was read before. */
struct host_change {
	const struct host *host; /* as it shall be; version: as it was read */
	const char *was;	 /* how it was shown; NULL: its state does not change */
	const char *is;
	const char *why; /* in words */
	int64_t at_us;
	bool done; /* out: false: somebody else changed the host meanwhile */
};

/* All of them in one transaction; each for itself may find that the host has changed. */
MUST_USE int store_change_many(struct store_conn *conn, struct host_change *changes, size_t n,
			       struct err *err);

enum enrol_outcome { ENROL_NEW, ENROL_SAME, ENROL_TAKEN };
/* The first that comes stays; host has id, name, ak, certified, ca.  at_us: now; no nonce from
 * before counts for it.  ENROL_SAME: by another CA, that one is noted. */
MUST_USE int store_enrol(struct store_conn *conn, const struct host *host, int64_t at_us,
			 enum enrol_outcome *ret_outcome, struct err *err);
/* By an administrator: it may enrol without certificate.  false: it is there already. */
MUST_USE int store_allow(struct store_conn *conn, const uint8_t *id, int64_t at_us, bool *ret_new,
			 struct err *err);
MUST_USE int store_remove(struct store_conn *conn, const uint8_t *id, int64_t at_us,
			  bool *ret_there, struct err *err);

/* Newest first. */
struct history_entry {
	int64_t at_us;
	const char *was;
	const char *is;
	const char *why;
};
typedef int (*store_history_fn)(void *ctx, const struct history_entry *entry, struct err *err);
MUST_USE int store_history_each(struct store_conn *conn, const uint8_t *id, store_history_fn fn,
				void *ctx, struct err *err);

/* How many hosts are in each stored state, those told to be stale apart. */
struct store_counts {
	int64_t allowed, waiting, pass, fail, stale;
};
MUST_USE int store_count(struct store_conn *conn, struct store_counts *ret, struct err *err);

/* Values that all verifiers of a store share.  get: not there leaves out empty. */
MUST_USE int store_meta_get(struct store_conn *conn, const char *name, struct buf *out,
			    struct err *err);
/* The first that comes stays: out has what is there afterwards. */
MUST_USE int store_meta_first(struct store_conn *conn, const char *name, const struct buf *value,
			      struct buf *out, struct err *err);
MUST_USE int store_meta_set(struct store_conn *conn, const char *name, const struct buf *value,
			    struct err *err);
/* false: it is not what it was any more. */
struct meta_swap {
	const char *name;
	const struct buf *was, *value;
};
MUST_USE int store_meta_swap(struct store_conn *conn, const struct meta_swap *swap, bool *ret_done,
			     struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running service: what its threads share. */
#ifndef ASSAY_ATTEST_VERIFIER_SERVICE_H
#define ASSAY_ATTEST_VERIFIER_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "attest/verifier/commit.h"
#include "attest/verifier/events.h"
#include "attest/verifier/keys.h"
#include "attest/verifier/queue.h"
#include "attest/verifier/recent.h"
#include "attest/verifier/trust.h"

/* Counted since the start; shown by /metrics. */
struct metrics {
	atomic_ullong requests, refused; /* HTTP; answered with 400 and above */
	atomic_ullong begun;		 /* rounds that got a nonce */
	atomic_ullong passed, failed;	 /* evidence that was proven, by its verdict */
	atomic_ullong parts;		 /* of evidence that was not whole */
	atomic_ullong unproven;		 /* evidence that was not the host's */
	atomic_ullong nonces_refused;	 /* among those: old, used, not ours */
	atomic_ullong enrolled, enrol_refused;
	atomic_ullong entries, by_cache; /* of measurement lists */
	atomic_ullong changes;		 /* of state */
	atomic_ullong slow;		 /* connections that were cut */
	atomic_ullong full;		 /* requests for which there was no memory */
	atomic_ullong appraise_us;	 /* time spent judging */
};

/* Boots that an administrator approved for every host; read from the store from time to time. */
struct global_boots {
	pthread_rwlock_t lock;
	struct boot_list list;
};

/* Counting takes a look at every host; anyone may ask. */
struct counted {
	pthread_mutex_t lock;
	struct store_counts counts;
	int64_t at; /* seconds since the epoch; 0: never */
};
#define COUNTED_SECONDS 5 /* how old it may be */

#define TRUST_MARK_SIZE 16

struct service {
	const char *config;	   /* the file, NULL: the usual one */
	struct vset set;	   /* as it was started */
	char store[VSET_TEXT_MAX]; /* where the store is */
	struct keys keys;
	pthread_rwlock_t trust_lock;
	struct trust *trust;
	uint8_t trust_mark[TRUST_MARK_SIZE]; /* the main thread's: of what was read last */
	struct global_boots boots;
	struct committer *committer;
	struct recent *recent;
	struct pubkey_curve *p256;
	struct events *events;
	struct queue queue;
	struct metrics metrics;
	struct counted counted;
	atomic_size_t body_bytes; /* of all requests now */
	atomic_uint in_work;	  /* requests that were handed to workers and not answered */
	atomic_bool stopping;
};

/* To be released. */
struct trust *service_trust(struct service *service);
/* Reads the configuration and the trust anew; what fails leaves all as it was. */
MUST_USE int service_reload(struct service *service, struct err *err);
/* Reads what other verifiers of the store may have changed. */
MUST_USE int service_refresh(struct service *service, struct store_conn *conn, struct err *err);

/* The approved boots of all hosts, as they are stored. */
MUST_USE int boots_decode(const struct buf *value, struct boot_list *ret_list, struct err *err);

#define META_BOOTS "boots" /* the name of the approved boots of all hosts in the store */
#define META_TRUST "trust" /* changes when a verifier was told to read its trust anew */

/* Takes the mark that is in the store for that of the trust which will be read next. */
MUST_USE int service_follow(struct service *service, struct store_conn *conn, struct err *err);
/* Reads the trust anew if another verifier of the store was told to since; ret_did: it was. */
MUST_USE int service_catch_up(struct service *service, struct store_conn *conn, bool *ret_did,
			      struct err *err);
/* After a reload: the others follow. */
MUST_USE int service_lead(struct service *service, struct err *err);

int64_t now_us(void); /* microseconds since the epoch */
int64_t now_s(void);

#endif

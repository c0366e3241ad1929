/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads that answer: each with a connection to the store and room of its own. */
#ifndef ASSAY_ATTEST_VERIFIER_WORKER_H
#define ASSAY_ATTEST_VERIFIER_WORKER_H

#include "attest/jwt.h"
#include "attest/verifier/service.h"

struct worker {
	struct service *service;
	struct trust *trust; /* for the request that it works on */
	struct store_conn conn;
	struct jwt *jwt;
	pthread_t thread;
	struct err err;
};

struct workers;
MUST_USE int workers_start(struct service *service, unsigned long n, struct workers **ret_workers,
			   struct err *err);
/* What is queued is answered first. */
void workers_stop(struct workers *workers);

/* The endpoints; the messages of hosts. */
void route_enrol(struct worker *w, struct request *r);
void route_proof(struct worker *w, struct request *r);
void route_begin(struct worker *w, struct request *r);
void route_evidence(struct worker *w, struct request *r);
/* What anyone may ask. */
void route_result(struct worker *w, struct request *r);
void route_key(struct worker *w, struct request *r);
void route_jwk(struct worker *w, struct request *r);
void route_metrics(struct worker *w, struct request *r);
void route_health(struct worker *w, struct request *r);
/* What the administrator asks. */
void route_hosts(struct worker *w, struct request *r);
void route_host(struct worker *w, struct request *r);
void route_history(struct worker *w, struct request *r);
void route_allow(struct worker *w, struct request *r);
void route_remove(struct worker *w, struct request *r);
void route_reset(struct worker *w, struct request *r);
void route_approve(struct worker *w, struct request *r);
void route_boots(struct worker *w, struct request *r);
void route_boot_add(struct worker *w, struct request *r);
void route_boot_remove(struct worker *w, struct request *r);

/* The host that the request is about; false: it was answered. */
bool worker_host(struct worker *w, struct request *r, struct host *ret_host);

/* As reply_trouble and reply_bad, of the worker's error. */
void worker_trouble(struct worker *w, struct request *r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests on their way from connections to workers, and what a worker has. */
#ifndef ASSAY_ATTEST_VERIFIER_QUEUE_H
#define ASSAY_ATTEST_VERIFIER_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/evidence.h"
#include "base/buf.h"
#include "base/err.h"

struct service;
struct trust;
struct worker;
struct request;

enum http_status {
	HTTP_OK = 200,
	HTTP_CREATED = 201,
	HTTP_BAD_REQUEST = 400,
	HTTP_UNAUTHORIZED = 401,
	HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD = 405,
	HTTP_CONFLICT = 409,
	HTTP_TOO_LARGE = 413,
	HTTP_INTERNAL = 500,
	HTTP_UNAVAILABLE = 503,
};

#define TYPE_CBOR "application/cbor"
#define TYPE_JSON "application/json"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JWT "application/jwt"
#define TYPE_PEM "application/x-pem-file"

#define REPLY_MAX (16U << 20) /* bytes of one answer */

/* Answers.  Of a route that ends itself it also finishes the request, then or later. */
typedef void (*route_fn)(struct worker *worker, struct request *request);

/* path: a "*" stands for a host's id or a digest, in 64 hex digits. */
struct route {
	const char *method;
	const char *path;
	size_t body_max; /* bytes */
	bool admin;	 /* by the administrator's token only */
	route_fn run;
	bool ends_itself;
};

struct request {
	struct request *next;
	struct service *service;
	void *connection; /* struct MHD_Connection */
	const struct route *route;
	uint8_t object[EVIDENCE_HOST_SIZE];	/* what "*" stood for */
	char after[2 * EVIDENCE_HOST_SIZE + 1]; /* ?after=, "": none */
	struct buf body;
	size_t accounted;     /* bytes, of service->body_bytes */
	bool submitted;	      /* to a worker */
	atomic_bool finished; /* by whoever had it: all below is there */
	unsigned int tries;
	enum http_status status;
	const char *type;
	struct buf reply;
};

void reply_text(struct request *r, enum http_status status, const char *text);
/* 400 for what the client sent, with the error's line. */
void reply_bad(struct request *r, const struct err *err);
/* 503, and the line is for the journal only. */
void reply_trouble(struct request *r, const struct err *err);
/* The body is in r->reply. */
void reply_ok(struct request *r, const char *type);

/* Wakes the connection; the request is its own afterwards. */
void request_finish(struct request *r);

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct request *first, **last;
	bool stop;
};

void queue_init(struct queue *q);
void queue_push(struct queue *q, struct request *r);
/* NULL: it was stopped and is empty. */
struct request *queue_pop(struct queue *q);
void queue_stop(struct queue *q);
void queue_done(struct queue *q);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests and their answers. */
#include "attest/verifier/request.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <syslog.h>

#include "attest/verifier/service.h"

struct request *request_new(struct service *service, void *connection)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->service = service;
	r->connection = connection;
	r->body = (struct buf)BUF_INIT(0);
	r->reply = (struct buf)BUF_INIT(REPLY_MAX);
	(void)atomic_fetch_add(&service->metrics.requests, 1);
	return r;
}

void request_drop_body(struct request *r)
{
	(void)atomic_fetch_sub(&r->service->body_bytes, r->accounted);
	r->accounted = 0;
	buf_done(&r->body);
}

void request_free(struct request *r)
{
	if (!r)
		return;
	request_drop_body(r);
	buf_done(&r->reply);
	free(r);
}

void reply_text(struct request *r, enum http_status status, const char *text)
{
	r->status = status;
	r->type = TYPE_TEXT;
	buf_reset(&r->reply);
	if (buf_putf(&r->reply, NULL, "%s\n", text) < 0)
		r->status = HTTP_UNAVAILABLE;
	if (r->status >= HTTP_BAD_REQUEST)
		(void)atomic_fetch_add(&r->service->metrics.refused, 1);
}

void reply_bad(struct request *r, const struct err *err)
{
	reply_text(r, HTTP_BAD_REQUEST, err->text);
}

void reply_trouble(struct request *r, const struct err *err)
{
	events_note(LOG_ERR, "%s", err->text);
	reply_text(r, HTTP_UNAVAILABLE, "the verifier has trouble; try again");
}

void reply_ok(struct request *r, const char *type)
{
	r->status = HTTP_OK;
	r->type = type;
}

void request_finish(struct request *r)
{
	struct service *s = r->service;
	struct MHD_Connection *connection = r->connection;

	request_drop_body(r);
	atomic_store(&r->finished, true);
	MHD_resume_connection(connection);
	(void)atomic_fetch_sub(&s->in_work, 1);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTPS: connections, their limits, and requests until they go to a worker. */
#ifndef ASSAY_ATTEST_VERIFIER_HTTP_H
#define ASSAY_ATTEST_VERIFIER_HTTP_H

#include "attest/verifier/service.h"

struct http;

/* Listens and serves; cert and key are PEM, and not needed afterwards. */
MUST_USE int http_start(struct service *service, const struct buf *cert, const struct buf *key,
			struct http **ret_http, struct err *err);
/* Takes no new connections, waits for the answers that are being worked on. */
void http_drain(struct http *http);
void http_free(struct http *http);

/* Cuts connections that are slower than the limit; to be called every second. */
void http_cut_slow(struct http *http);

#endif

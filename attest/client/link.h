/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to the verifier: HTTPS, by the given CA and no other. */
#ifndef ASSAY_ATTEST_CLIENT_LINK_H
#define ASSAY_ATTEST_CLIENT_LINK_H

#include <stdbool.h>

#include "attest/client/conf.h"
#include "base/buf.h"
#include "base/err.h"

#define LINK_ANSWER_MAX 16384	/* bytes of an answer */
#define LINK_CONNECT_SECONDS 10 /* for name, connection and handshake */
#define LINK_SECONDS 120	/* for a request and its answer */
#define LINK_SLOW_BYTES 1024	/* a second: fewer for LINK_SLOW_SECONDS end it */
#define LINK_SLOW_SECONDS 20

/* One connection that is kept open between requests, TLS 1.2 or later. */
struct link;

/* Reads the CA's file now: nothing else is read later. */
MUST_USE int link_new(const struct conf *conf, struct link **ret_link, struct err *err);
void link_free(struct link *link);
const struct buf *link_ca(const struct link *link); /* what was read */

/*
 * POSTs the bytes to verifier + path; *answer gets the body of the answer.  Fails, with the URL and
 * why, where none came, where the verifier's certificate is not the CA's, and where it refused:
 * then in its words.  No redirect is followed, no proxy or setting of the environment is used.
 */
MUST_USE int link_post(struct link *link, const char *path, const struct buf *body,
		       struct buf *answer, struct err *err);

/* Was a connection made, with all that a handshake takes, since this was asked last? */
bool link_connected(struct link *link);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One HTTPS connection that is kept alive, for simulated hosts; blocking. */
#ifndef ASSAY_TESTS_FRAME_SOFT_TLS_H
#define ASSAY_TESTS_FRAME_SOFT_TLS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#define SOFT_REPLY_MAX (1U << 20)

struct soft_tls {
	SSL_CTX *ctx; /* shared */
	SSL_SESSION *session;
	uint16_t port;
	SSL *ssl;
	int fd;
	int status;
	struct buf reply;
	char head[4096];
};

static inline int soft_tls_init(struct soft_tls *t, SSL_CTX *ctx, uint16_t port)
{
	memset(t, 0, sizeof(*t));
	t->ctx = ctx;
	t->port = port;
	t->fd = -1;
	t->reply = (struct buf)BUF_INIT(SOFT_REPLY_MAX);
	return 0;
}

static inline void soft_tls_close(struct soft_tls *t)
{
	if (t->ssl) {
		SSL_SESSION_free(t->session);
		t->session = SSL_get1_session(t->ssl);
	}
	SSL_free(t->ssl);
	t->ssl = NULL;
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
}

static inline void soft_tls_done(struct soft_tls *t)
{
	soft_tls_close(t);
	SSL_SESSION_free(t->session);
	buf_done(&t->reply);
}

static inline int soft_tls_connect(struct soft_tls *t, struct err *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(t->port) };
	const int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(err, "connect");
	(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || SSL_set_fd(t->ssl, t->fd) != 1)
		return err_set(err, "TLS");
	if (t->session)
		(void)SSL_set_session(t->ssl, t->session);
	return SSL_connect(t->ssl) == 1 ? 0 : err_set(err, "TLS: no handshake");
}

static inline int soft_tls_send(struct soft_tls *t, const void *data, size_t len, struct err *err)
{
	size_t done = 0;

	if (len == 0)
		return 0;
	return SSL_write_ex(t->ssl, data, len, &done) == 1 && done == len
		       ? 0
		       : err_set(err, "TLS: can't send");
}

/* Head and body of the answer; all of the head comes before anything of the body is read. */
static inline int soft_tls_receive(struct soft_tls *t, struct err *err)
{
	size_t have = 0, n = 0;
	char *end = NULL;
	const char *length;
	size_t want;

	while (!end) {
		if (have + 1 >= sizeof(t->head) ||
		    SSL_read_ex(t->ssl, t->head + have, sizeof(t->head) - 1 - have, &n) != 1)
			return err_set(err, "TLS: no answer");
		have += n;
		t->head[have] = '\0';
		end = strstr(t->head, "\r\n\r\n");
	}
	t->status = atoi(t->head + strlen("HTTP/1.1 "));
	length = strcasestr(t->head, "Content-Length:");
	want = length ? strtoul(length + strlen("Content-Length:"), NULL, 10) : 0;
	buf_reset(&t->reply);
	end += 4;
	if (buf_put(&t->reply, end, have - (size_t)(end - t->head), err) < 0)
		return -1;
	while (t->reply.len < want) {
		uint8_t *at = NULL;

		if (buf_reserve(&t->reply, want - t->reply.len, &at, err) < 0)
			return -1;
		t->reply.len -= (size_t)(t->reply.data + t->reply.len - at);
		if (SSL_read_ex(t->ssl, at, want - t->reply.len, &n) != 1)
			return err_set(err, "TLS: half an answer");
		t->reply.len += n;
	}
	return 0;
}

static inline int soft_tls_post(struct soft_tls *t, const char *path, const struct buf *body,
				struct err *err)
{
	char head[512];
	const int n = snprintf(head, sizeof(head),
			       "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
			       "application/cbor\r\nContent-Length: %zu\r\n\r\n",
			       path, body->len);
	AUTO_BUF whole = BUF_INIT(16U << 20);

	if (t->fd < 0 && soft_tls_connect(t, err) < 0)
		return -1;
	if (buf_put(&whole, head, (size_t)n, err) < 0 ||
	    buf_put(&whole, body->data, body->len, err) < 0)
		return -1;
	if (soft_tls_send(t, whole.data, whole.len, err) < 0)
		return -1;
	return soft_tls_receive(t, err);
}

#endif

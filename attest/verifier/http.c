/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTPS by libmicrohttpd. */
#include "attest/verifier/http.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attest/verifier/conns.h"
#include "attest/verifier/request.h"
#include "attest/verifier/route.h"

#define IO_THREADS 2
#define HEADERS_MAX 16384 /* bytes of memory for one connection's headers */
#define BACKLOG 512
#define DRAIN_MS 20000
#define PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"

struct http {
	struct service *service;
	struct MHD_Daemon *daemon;
	struct conns conns;
	gnutls_datum_t tickets; /* the key of TLS session tickets */
	int listener;
};

static struct conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct request *r)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		r->reply.len, r->reply.len ? r->reply.data : (void *)(uintptr_t) "",
		MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ok;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (r->status == HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	ok = MHD_queue_response(connection, r->status, response);
	MHD_destroy_response(response);
	return ok;
}

static enum MHD_Result answer_now(struct MHD_Connection *connection, struct request *r,
				  enum http_status status, const char *text)
{
	reply_text(r, status, text);
	return send_reply(connection, r);
}

static bool is_admin(struct MHD_Connection *connection, const struct keys *keys)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_AUTHORIZATION);

	return value && strncmp(value, "Bearer ", 7) == 0 && keys_is_admin(keys, value + 7);
}

static bool is_too_large(struct MHD_Connection *connection, const struct route *route)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_CONTENT_LENGTH);

	return value && strtoull(value, NULL, 10) > route->body_max;
}

/* The headers are there, and nothing more: what can be refused is refused now. */
static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection,
			     struct request *r, const char *method, const char *url)
{
	enum http_status status;
	const char *after;

	r->route = route_find(method, url, r->object, &status);
	if (!r->route)
		return answer_now(connection, r, status,
				  status == HTTP_METHOD ? "not by this method" : "no such path");
	if (r->route->admin && !is_admin(connection, &http->service->keys))
		return answer_now(connection, r, HTTP_UNAUTHORIZED,
				  "the administrator's token is needed");
	if (is_too_large(connection, r->route))
		return answer_now(connection, r, HTTP_TOO_LARGE, "more than it takes");
	if (atomic_load(&http->service->stopping))
		return answer_now(connection, r, HTTP_UNAVAILABLE, "stopping");
	after = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after");
	if (after && strlen(after) < sizeof(r->after))
		strcpy(r->after, after);
	r->body.max = r->route->body_max;
	return MHD_YES;
}

/* What was refused is read and dropped: answering in the middle is not possible any more. */
static void take_body(struct request *r, const char *data, size_t len)
{
	struct service *s = r->service;
	const size_t limit = (size_t)s->set.memory << 20;

	if (r->status)
		return;
	if (len > r->body.max - r->body.len) {
		reply_text(r, HTTP_TOO_LARGE, "more than it takes");
		request_drop_body(r);
		return;
	}
	r->accounted += len;
	if (atomic_fetch_add(&s->body_bytes, len) + len > limit ||
	    buf_put(&r->body, data, len, NULL) < 0) {
		(void)atomic_fetch_add(&s->metrics.full, 1);
		reply_text(r, HTTP_UNAVAILABLE, "too much at a time; try again");
		request_drop_body(r);
	}
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version UNUSED, const char *data,
				  size_t *len, void **con_cls)
{
	struct http *http = cls;
	struct request *r = *con_cls;

	if (!r) {
		r = request_new(http->service, connection);
		*con_cls = r;
		return r ? begin(http, connection, r, method, url) : MHD_NO;
	}
	if (*len) {
		take_body(r, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (r->submitted)
		return atomic_load(&r->finished) ? send_reply(connection, r) : MHD_YES;
	if (r->status)
		return send_reply(connection, r);
	r->submitted = true;
	conn_busy(conn_of(connection));
	MHD_suspend_connection(connection);
	(void)atomic_fetch_add(&http->service->in_work, 1);
	queue_push(&http->service->queue, r);
	return MHD_YES;
}

static void on_completed(void *cls UNUSED, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode code UNUSED)
{
	request_free(*con_cls);
	*con_cls = NULL;
	conn_waits(conn_of(connection));
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *http = cls;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		conns_remove(&http->conns, *context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = info ? conns_add(&http->conns, info->connect_fd) : NULL;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info && info->tls_session)
		(void)gnutls_session_ticket_enable_server(info->tls_session, &http->tickets);
}

/* "::" takes IPv4 too. */
static int listen_on(const struct vset *set, int *ret_fd, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	const int on = 1;
	const int off = 0;
	char port[16];
	AUTO_FD fd = -1;
	int rc;

	(void)snprintf(port, sizeof(port), "%lu", set->port);
	rc = getaddrinfo(set->listen, port, &hints, &found);
	if (rc != 0)
		return err_set(err, "listen: '%s': %s", set->listen, gai_strerror(rc));
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && found->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = fd < 0 ? -1 : bind(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (rc < 0 || listen(fd, BACKLOG) < 0)
		return err_errno(err, "listen: %s port %s", set->listen, port);
	*ret_fd = take_fd(&fd);
	return 0;
}

static struct MHD_Daemon *start_daemon(struct http *http, const char *cert, const char *key)
{
	const struct vset *set = &http->service->set;
	const unsigned int flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME;

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET,
				http->listener, MHD_OPTION_THREAD_POOL_SIZE, IO_THREADS,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned int)set->connections,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)set->per_address,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)set->request_seconds,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
				MHD_OPTION_HTTPS_MEM_CERT, cert, MHD_OPTION_HTTPS_MEM_KEY, key,
				MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES, MHD_OPTION_END);
}

int http_start(struct service *service, const struct buf *cert, const struct buf *key,
	       struct http **ret_http, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return err_set(err, "out of memory");
	http->service = service;
	http->listener = -1;
	conns_init(&http->conns);
	if (gnutls_session_ticket_key_generate(&http->tickets) < 0) {
		http_free(http);
		return err_set(err, "TLS: can't make a key for tickets");
	}
	if (listen_on(&service->set, &http->listener, err) < 0) {
		http_free(http);
		return -1;
	}
	http->daemon = start_daemon(http, buf_text(cert), buf_text(key));
	if (!http->daemon) {
		http_free(http);
		return err_set(err, "serve: the TLS certificate and key don't do, or there are too "
				    "few file descriptors");
	}
	http->listener = -1; /* the daemon's now */
	*ret_http = http;
	return 0;
}

void http_drain(struct http *http)
{
	atomic_store(&http->service->stopping, true);
	http->listener = MHD_quiesce_daemon(http->daemon);
	for (int i = 0; i < DRAIN_MS / 10 && atomic_load(&http->service->in_work); i++)
		(void)usleep(10000);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	cleanup_fd(&http->listener);
	if (http->tickets.data)
		explicit_bzero(http->tickets.data, http->tickets.size);
	gnutls_free(http->tickets.data);
	conns_done(&http->conns);
	free(http);
}

void http_cut_slow(struct http *http)
{
	const size_t n =
		conns_cut(&http->conns, (int64_t)http->service->set.request_seconds * 1000);

	(void)atomic_fetch_add(&http->service->metrics.slow, n);
}

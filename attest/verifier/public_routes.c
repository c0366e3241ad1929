/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What anyone may ask: results, the key they are signed by, figures, whether all is well. */
#include <string.h>

#include "attest/verifier/result.h"
#include "attest/verifier/worker.h"

void route_result(struct worker *w, struct request *r)
{
	const struct result_signing by = { w->jwt, w->trust };
	AUTO_HOST host = host_new();

	if (!host) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	if (!worker_host(w, r, host))
		return;
	if (result_token(&by, host, now_s(), &r->reply, &w->err) < 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_JWT);
}

void route_key(struct worker *w, struct request *r)
{
	const struct buf *pem = &w->service->keys.public_pem;

	if (buf_put(&r->reply, pem->data, pem->len, &w->err) < 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_PEM);
}

void route_jwk(struct worker *w, struct request *r)
{
	if (jwk_format(w->service->keys.public_key, &r->reply, &w->err) < 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_JSON);
}

static int put_metric(struct buf *out, const char *name, const char *help, const char *type,
		      unsigned long long value)
{
	return buf_putf(out, NULL, "# HELP assay_%s %s\n# TYPE assay_%s %s\nassay_%s %llu\n", name,
			help, name, type, name, value);
}

static int put_counter(struct buf *out, const char *name, const char *help, atomic_ullong *counter)
{
	return put_metric(out, name, help, "counter", atomic_load(counter));
}

static int count_hosts(struct worker *w, struct store_counts *ret)
{
	struct counted *c = &w->service->counted;
	const int64_t now = now_s();
	int rc = 0;

	(void)pthread_mutex_lock(&c->lock);
	if (now < c->at || now - c->at > COUNTED_SECONDS) {
		rc = store_count(&w->conn, &c->counts, &w->err);
		c->at = rc < 0 ? 0 : now;
	}
	*ret = c->counts;
	(void)pthread_mutex_unlock(&c->lock);
	return rc;
}

static int put_hosts(struct worker *w, struct buf *out)
{
	struct store_counts c;

	if (count_hosts(w, &c) < 0)
		return -1;
	return buf_putf(out, &w->err,
			"# HELP assay_hosts Hosts by state.\n# TYPE assay_hosts gauge\n"
			"assay_hosts{state=\"pass\"} %lld\nassay_hosts{state=\"fail\"} %lld\n"
			"assay_hosts{state=\"stale\"} %lld\n"
			"assay_hosts{state=\"unenrolled\"} %lld\n",
			(long long)c.pass, (long long)c.fail, (long long)(c.stale + c.waiting),
			(long long)c.allowed);
}

static int put_service(struct service *s, struct buf *out)
{
	struct metrics *m = &s->metrics;

	return put_counter(out, "http_requests_total", "Requests.", &m->requests) |
	       put_counter(out, "http_refused_total", "Answered with 400 and above.", &m->refused) |
	       put_counter(out, "rounds_begun_total", "Nonces given.", &m->begun) |
	       put_counter(out, "rounds_passed_total", "Evidence that passed.", &m->passed) |
	       put_counter(out, "rounds_failed_total", "Proven evidence that failed.", &m->failed) |
	       put_counter(out, "rounds_parts_total", "Evidence that was a part only.", &m->parts) |
	       put_counter(out, "evidence_unproven_total", "Evidence that was not the host's.",
			   &m->unproven) |
	       put_counter(out, "nonces_refused_total", "Old, used or foreign nonces.",
			   &m->nonces_refused) |
	       put_counter(out, "hosts_enrolled_total", "Enrolments.", &m->enrolled) |
	       put_counter(out, "enrolments_refused_total", "Refused enrolments.",
			   &m->enrol_refused) |
	       put_counter(out, "state_changes_total", "Changes of a host's state.", &m->changes) |
	       put_counter(out, "connections_cut_total", "Connections that were too slow.",
			   &m->slow) |
	       put_counter(out, "requests_without_memory_total", "Refused for want of memory.",
			   &m->full) |
	       put_counter(out, "judging_microseconds_total", "Time spent judging.",
			   &m->appraise_us) |
	       put_metric(out, "request_body_bytes", "Bytes of requests held now.", "gauge",
			  atomic_load(&s->body_bytes)) |
	       put_metric(out, "requests_in_work", "Requests being answered now.", "gauge",
			  atomic_load(&s->in_work));
}

static int put_threads(struct service *s, struct buf *out)
{
	struct commit_figures c;
	struct events_figures e;

	committer_figures(s->committer, &c);
	events_figures(s->events, &e);
	return put_metric(out, "store_transactions_total", "Transactions.", "counter",
			  c.transactions) |
	       put_metric(out, "store_changes_total", "Changes of hosts committed.", "counter",
			  c.changes) |
	       put_metric(out, "store_conflicts_total", "Changes that came too late.", "counter",
			  c.conflicts) |
	       put_metric(out, "store_failures_total", "Changes that could not be committed.",
			  "counter", c.failures) |
	       put_metric(out, "webhook_sent_total", "Changes told.", "counter", e.sent) |
	       put_metric(out, "webhook_failed_total", "Changes that could not be told.", "counter",
			  e.failed) |
	       put_metric(out, "webhook_dropped_total", "Changes that found no room.", "counter",
			  e.dropped);
}

void route_metrics(struct worker *w, struct request *r)
{
	if (put_hosts(w, &r->reply) < 0 || put_service(w->service, &r->reply) != 0 ||
	    put_threads(w->service, &r->reply) != 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_TEXT);
}

static int read_nothing(struct worker *w)
{
	AUTO_BUF out = BUF_INIT(STORE_META_MAX);

	return store_meta_get(&w->conn, META_BOOTS, &out, &w->err);
}

/* Well: the store answers, and there is something to judge by. */
void route_health(struct worker *w, struct request *r)
{
	if (read_nothing(w) < 0)
		worker_trouble(w, r);
	else if (w->trust->certs.n == 0)
		reply_text(r, HTTP_UNAVAILABLE, "no certificate is trusted: nothing passes");
	else
		reply_text(r, HTTP_OK, "ok");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds: a nonce for a host, and what it proves with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/verifier/reasons.h"
#include "attest/verifier/worker.h"

#define TRIES_MAX 8 /* when the host changes meanwhile */

/* One piece of evidence on its way: lives until it was committed. */
struct round {
	struct commit_job job;
	struct service *service;
	struct request *request;
	struct trust *trust;
	struct host *host;
	bool recent; /* the host is as it was when it got its nonce, or later */
	struct progress progress;
	struct msg_evidence evidence;
	struct appraise_input input;
	struct verdict verdict;
	struct digest boots[2 * APPRAISE_BOOTS_MAX];
	struct tpm_public ak;
	struct err err;
	char was[16];
	char why[VERDICT_TEXT_MAX];
	int64_t now_us;
};

static void round_free(struct round *r)
{
	if (!r)
		return;
	trust_release(r->trust);
	host_free(r->host);
	free(r);
}

/* What was judged by other certificates is judged anew, from the first entry. */
static void forget_other_trust(struct progress *p, const struct trust *trust)
{
	if (memcmp(p->trust, trust->digest, sizeof(p->trust)) == 0)
		return;
	memcpy(p->trust, trust->digest, sizeof(p->trust));
	p->state.boot_ok = false;
	memset(&p->state.list, 0, sizeof(p->state.list));
}

static int load_progress(const struct host *host, const struct trust *trust, struct progress *ret,
			 struct err *err)
{
	if (progress_decode(host->progress.data, host->progress.len, ret, err) < 0)
		return -1;
	forget_other_trust(ret, trust);
	return 0;
}

static int begin_answer(struct worker *w, const struct host *host, const struct msg_begin *msg,
			struct buf *out)
{
	AUTO_MEM struct progress *p = calloc(1, sizeof(*p));
	struct nonce_times times = { .made = now_us() };
	uint8_t nonce[NONCE_SIZE];
	struct msg_nonce answer = { .nonce = { nonce, sizeof(nonce) } };
	const struct appraise_state *s;
	bool same;

	if (!p)
		return err_set(&w->err, "out of memory");
	if (load_progress(host, w->trust, p, &w->err) < 0)
		return -1;
	s = &p->state;
	same = appraise_same_boot(s, msg->reset_count, msg->restart_count);
	answer.want_boot = !same || !s->boot_ok;
	answer.list_offset = same ? s->list.offset : 0;
	/* A clock that went back gives no nonce that counts as used. */
	times.order = times.made > host->nonce_us ? times.made : host->nonce_us + 1;
	if (nonce_make(w->service->keys.token, host->id, &times, nonce, &w->err) < 0)
		return -1;
	return msg_nonce_encode(&answer, out, &w->err);
}

void route_begin(struct worker *w, struct request *r)
{
	AUTO_HOST host = host_new();
	struct msg_begin msg;

	if (msg_begin_decode(r->body.data, r->body.len, &msg, &w->err) < 0) {
		reply_bad(r, &w->err);
		return;
	}
	memcpy(r->object, msg.host, sizeof(r->object));
	if (!host) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	if (!worker_host(w, r, host))
		return;
	if (host->state == HOST_ALLOWED) {
		reply_text(r, HTTP_NOT_FOUND, "no such host is enrolled");
		return;
	}
	if (begin_answer(w, host, &msg, &r->reply) < 0) {
		worker_trouble(w, r);
		return;
	}
	(void)atomic_fetch_add(&w->service->metrics.begun, 1);
	reply_ok(r, TYPE_CBOR);
	recent_put(w->service->recent, take_ptr(&host));
}

static void end(struct round *round)
{
	request_finish(round->request);
	round_free(round);
}

static void refuse(struct round *round, enum http_status status, const char *text)
{
	(void)atomic_fetch_add(&round->service->metrics.unproven, 1);
	reply_text(round->request, status, text);
	end(round);
}

static void trouble(struct round *round)
{
	reply_trouble(round->request, &round->err);
	end(round);
}

static int check_nonce(struct round *round)
{
	const struct bytes *nonce = &round->evidence.nonce;
	const int64_t most = (int64_t)round->trust->set.answer_within * 1000000;
	struct nonce_times times;

	if (nonce_open(round->service->keys.token, round->host->id, nonce->data, nonce->len, &times,
		       &round->err) < 0)
		return -1;
	if (times.order <= round->host->nonce_us)
		return err_set(&round->err, "nonce: it was used, or a later one was");
	if (round->now_us - times.made > most)
		return err_set(&round->err, "nonce: it is too old");
	if (times.made - round->now_us > (int64_t)STORE_CLOCK_SLACK * 1000000)
		return err_set(&round->err, "nonce: it is of the future");
	round->host->nonce_us = times.order;
	return 0;
}

static size_t copy_boots(const struct boot_list *from, struct digest *to)
{
	for (size_t i = 0; i < from->n; i++) {
		to[i] = (struct digest){ .algo = HASH_SHA256, .len = sizeof(from->digest[i]) };
		memcpy(to[i].data, from->digest[i], sizeof(from->digest[i]));
	}
	return from->n;
}

static void collect_boots(struct round *round)
{
	struct global_boots *all = &round->service->boots;

	round->input.n_boots = copy_boots(&round->host->boots, round->boots);
	(void)pthread_rwlock_rdlock(&all->lock);
	round->input.n_boots += copy_boots(&all->list, round->boots + round->input.n_boots);
	(void)pthread_rwlock_unlock(&all->lock);
	round->input.boots = round->boots;
}

/* Everything but these is said of evidence that was proven to be the host's. */
static bool is_proven(const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->reasons[i].code == VERDICT_QUOTE || v->reasons[i].code == VERDICT_NONCE ||
		    v->reasons[i].code == VERDICT_IDENTITY)
			return false;
	return true;
}

/* Whose TPM it is was proven when the host enrolled, by a CA that was trusted then. */
static void check_ek(struct round *round)
{
	if (trust_vouches(round->trust, round->host))
		return;
	(void)verdict_add(&round->verdict, VERDICT_EK_CERTIFICATE, VERDICT_NO_ENTRY,
			  "EK certificate: the CA that signed it is not trusted any more");
	round->input.more = false;
}

static int judge(struct round *round)
{
	struct appraise_input *in = &round->input;
	struct metrics *m = &round->service->metrics;
	const int64_t before = now_us();

	if (public_decode(round->host->ak, round->host->ak_len, &round->ak, &round->err) < 0 ||
	    load_progress(round->host, round->trust, &round->progress, &round->err) < 0)
		return -1;
	round->ak.p256 = round->service->p256;
	*in = (struct appraise_input){ .policy = &round->trust->policy,
				       .judge = round->trust->judge,
				       .ak = &round->ak,
				       .evidence = &round->evidence,
				       .state = round->progress.state };
	collect_boots(round);
	verdict_init(&round->verdict);
	if (appraise_round(in, &round->verdict, &round->err) < 0)
		return -1;
	check_ek(round);
	(void)atomic_fetch_add(&m->appraise_us, (unsigned long long)(now_us() - before));
	return 0;
}

/* What the host is from now on.  A failure stays until it is reset, whatever comes. */
static int set_state(struct round *round)
{
	struct host *h = round->host;
	struct verdict *v = &round->verdict;

	if (!v->pass && v->n == 0)
		(void)verdict_add(v, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY,
				  "nothing was checked");
	if (!v->pass && reasons_add(v, &h->reasons, &round->err) < 0)
		return -1;
	if (!v->pass)
		h->state = HOST_FAIL;
	else if (h->state != HOST_FAIL)
		h->state = HOST_PASS;
	h->stale = false;
	h->last_round = round->now_us / 1000000;
	return 0;
}

/* A part of what is to be judged makes no host younger. */
static int conclude(struct round *round)
{
	struct host *h = round->host;

	strcpy(round->was, host_shown(h, round->now_us / 1000000, round->trust->set.stale_after));
	if (!round->input.more && set_state(round) < 0)
		return -1;
	round->progress.state = round->input.state;
	progress_note_keys(&round->progress, &round->evidence);
	buf_reset(&h->progress);
	return progress_encode(&round->progress, &h->progress, &round->err);
}

static void on_committed(struct commit_job *job, enum commit_outcome outcome,
			 const struct err *err);

static void submit(struct round *round)
{
	struct host *h = round->host;
	const char *is = host_shown(h, round->now_us / 1000000, round->trust->set.stale_after);
	const bool changes = strcmp(is, round->was) != 0;

	if (h->state == HOST_FAIL)
		reasons_first(&h->reasons, round->why);
	if (changes)
		h->since = round->now_us / 1000000;
	round->job = (struct commit_job){ .change = { .host = h,
						      .was = changes ? round->was : NULL,
						      .is = is,
						      .why = round->why,
						      .at_us = round->now_us },
					  .done = on_committed };
	committer_submit(round->service->committer, &round->job);
}

/* Its row; of the first try as it was read with the question. */
static int read_host(struct round *round, struct store_conn *conn, bool *ret_there)
{
	const bool first = !round->host && round->request->tries == 0;

	host_free(round->host);
	round->host = first ? recent_take(round->service->recent, round->evidence.host) : NULL;
	round->recent = *ret_there = round->host;
	if (round->recent)
		return 0;
	round->host = host_new();
	if (!round->host)
		return err_set(&round->err, "out of memory");
	return store_host_get(conn, round->evidence.host, round->host, ret_there, &round->err);
}

/* What there is to answer before anything is committed: HTTP_OK for nothing. */
static enum http_status weigh(struct round *round, struct store_conn *conn)
{
	bool there = false;

	if (read_host(round, conn, &there) < 0)
		return HTTP_UNAVAILABLE;
	if (!there || round->host->state == HOST_ALLOWED) {
		(void)err_set(&round->err, "no such host is enrolled");
		return HTTP_NOT_FOUND;
	}
	if (check_nonce(round) < 0) {
		if (!round->recent)
			(void)atomic_fetch_add(&round->service->metrics.nonces_refused, 1);
		return HTTP_FORBIDDEN;
	}
	if (judge(round) < 0)
		return HTTP_UNAVAILABLE;
	if (!is_proven(&round->verdict)) {
		(void)err_set(&round->err, "%s", round->verdict.reasons[0].text);
		return HTTP_FORBIDDEN;
	}
	return conclude(round) < 0 ? HTTP_UNAVAILABLE : HTTP_OK;
}

static void work_on(struct round *round, struct store_conn *conn)
{
	enum http_status status;

	round->now_us = now_us();
	status = weigh(round, conn);
	/* What the store does not check is not decided by a row that may be old. */
	if (status != HTTP_OK && round->recent)
		status = weigh(round, conn);
	if (status == HTTP_OK)
		submit(round);
	else if (status == HTTP_UNAVAILABLE)
		trouble(round);
	else
		refuse(round, status, round->err.text);
}

void route_evidence(struct worker *w, struct request *r)
{
	struct round *round = calloc(1, sizeof(*round));

	if (!round) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		request_finish(r);
		return;
	}
	round->service = w->service;
	round->request = r;
	round->trust = trust_hold(w->trust);
	if (msg_evidence_decode(r->body.data, r->body.len, &round->evidence, &round->err) < 0)
		refuse(round, HTTP_BAD_REQUEST, round->err.text);
	else
		work_on(round, &w->conn);
}

static void tell(struct round *round)
{
	const struct host_change *c = &round->job.change;
	const struct event event = { c->host->id, c->host->name, c->was, c->is, c->why, c->at_us };
	struct metrics *m = &round->service->metrics;

	(void)atomic_fetch_add(round->input.more     ? &m->parts
			       : round->verdict.pass ? &m->passed
						     : &m->failed,
			       1);
	if (!c->was)
		return;
	(void)atomic_fetch_add(&m->changes, 1);
	events_tell(round->service->events, &event);
}

static void answer(struct round *round)
{
	const struct host_change *c = &round->job.change;
	AUTO_MEM struct msg_state *state = calloc(1, sizeof(*state));

	if (!state) {
		reply_text(round->request, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	memcpy(state->host, c->host->id, sizeof(state->host));
	strcpy(state->state, c->is);
	(void)snprintf(state->reason, sizeof(state->reason), "%s", round->why);
	state->next_seconds = (uint32_t)round->trust->set.interval;
	state->list_offset = round->progress.state.list.offset;
	state->more = round->input.more;
	if (msg_state_encode(state, &round->request->reply, &round->err) < 0)
		reply_trouble(round->request, &round->err);
	else
		reply_ok(round->request, TYPE_CBOR);
}

/* In the committer's thread.  The answer leaves only now that the verdict is on the disk. */
static void on_committed(struct commit_job *job, enum commit_outcome outcome, const struct err *err)
{
	struct round *round = (struct round *)job;

	switch (outcome) {
	case COMMIT_DONE:
		tell(round);
		answer(round);
		end(round);
		return;
	case COMMIT_CONFLICT:
		if (++round->request->tries < TRIES_MAX) {
			struct request *again = round->request;
			struct service *service = round->service;

			round_free(round);
			queue_push(&service->queue, again);
			return;
		}
		(void)err_set(&round->err, "evidence: the host changes all the time");
		break;
	case COMMIT_FAILED:
		(void)err_set(&round->err, "%s", err->text);
		break;
	}
	trouble(round);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enrolment: whose TPM it is, and that the AK is in it. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/verifier/worker.h"

#define CHALLENGE_SECONDS 300 /* for the TPM to answer */

/* What is asked, looked at. */
struct asked {
	struct msg_enrol msg;
	struct tpm_public ek, ak;
	struct challenge challenge;
};

static void cleanup_asked(struct asked **a)
{
	if (*a)
		explicit_bzero(*a, sizeof(**a));
	free(*a);
}
#define AUTO_ASKED CLEANUP(cleanup_asked) struct asked *

static int look_at(struct worker *w, const struct request *r, struct asked *a)
{
	struct err *err = &w->err;

	if (msg_enrol_decode(r->body.data, r->body.len, &a->msg, err) < 0)
		return -1;
	if (public_decode(a->msg.ek_public.data, a->msg.ek_public.len, &a->ek, err) < 0 ||
	    public_check_ek(&a->ek, err) < 0)
		return err_prepend(err, "EK");
	if (public_decode(a->msg.ak_public.data, a->msg.ak_public.len, &a->ak, err) < 0 ||
	    public_check_ak(&a->ak, err) < 0)
		return err_prepend(err, "AK");
	return enrol_host_id(&a->ek, a->challenge.host, err);
}

/* Does a certificate vouch for the EK, or else an administrator's word?  false: it was refused. */
static bool may_enrol(struct worker *w, struct request *r, struct asked *a)
{
	const struct msg_enrol *m = &a->msg;
	AUTO_HOST host = host_new();
	bool there = false;

	if (!host || store_host_get(&w->conn, a->challenge.host, host, &there, &w->err) < 0) {
		worker_trouble(w, r);
		return false;
	}
	if (there && host->state != HOST_ALLOWED &&
	    (host->ak_len != m->ak_public.len ||
	     memcmp(host->ak, m->ak_public.data, host->ak_len) != 0)) {
		reply_text(r, HTTP_CONFLICT,
			   "the host is enrolled with another AK; an administrator must remove it "
			   "first");
		return false;
	}
	if (m->ek_cert.len && w->trust->ek &&
	    ek_cert_verify(w->trust->ek,
			   &(struct ek_claim){ m->ek_cert.data, m->ek_cert.len, &a->ek }, now_s(),
			   a->challenge.ca, &w->err) == 0) {
		a->challenge.certified = true;
		return true;
	}
	if (m->ek_cert.len && w->trust->ek)
		reply_text(r, HTTP_FORBIDDEN, w->err.text);
	else if (w->trust->set.ek_admin && there)
		return true;
	else
		reply_text(r, HTTP_FORBIDDEN,
			   m->ek_cert.len ? "EK certificate: the verifier trusts no CA for them"
			   : w->trust->set.ek_admin
				   ? "EK certificate: none was sent; an administrator must add the "
				     "host first"
				   : "EK certificate: none was sent");
	return false;
}

static int make_challenge(struct worker *w, struct request *r, struct asked *a)
{
	struct credential credential = { .blob = BUF_INIT(EVIDENCE_BLOB_MAX),
					 .secret = BUF_INIT(EVIDENCE_BLOB_MAX) };
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct challenge *c = &a->challenge;
	struct msg_challenge answer;
	int rc;

	if (getrandom(c->secret, sizeof(c->secret), 0) != sizeof(c->secret))
		return err_errno(&w->err, "random bytes");
	c->time = now_s();
	strcpy(c->name, a->msg.name);
	memcpy(c->ak, a->msg.ak_public.data, a->msg.ak_public.len);
	c->ak_len = a->msg.ak_public.len;
	if (challenge_seal(w->service->keys.token, c, &token, &w->err) < 0 ||
	    credential_make(&a->ek, &a->ak, c->secret, &credential, &w->err) < 0) {
		credential_done(&credential);
		return -1;
	}
	answer =
		(struct msg_challenge){ .token = { token.data, token.len },
					.credential = { credential.blob.data, credential.blob.len },
					.secret = { credential.secret.data,
						    credential.secret.len } };
	rc = msg_challenge_encode(&answer, &r->reply, &w->err);
	credential_done(&credential);
	return rc;
}

void route_enrol(struct worker *w, struct request *r)
{
	AUTO_ASKED a = calloc(1, sizeof(*a));

	if (!a) {
		(void)err_set(&w->err, "out of memory");
		worker_trouble(w, r);
		return;
	}
	if (look_at(w, r, a) < 0) {
		(void)atomic_fetch_add(&w->service->metrics.enrol_refused, 1);
		reply_bad(r, &w->err);
		return;
	}
	if (!may_enrol(w, r, a)) {
		(void)atomic_fetch_add(&w->service->metrics.enrol_refused, 1);
		return;
	}
	if (make_challenge(w, r, a) < 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_CBOR);
}

/* In a time that does not tell how much of it was right. */
static bool same_secret(const struct challenge *c, const struct bytes *given)
{
	unsigned int differs = 0;

	if (given->len != sizeof(c->secret))
		return false;
	for (size_t i = 0; i < sizeof(c->secret); i++)
		differs |= c->secret[i] ^ given->data[i];
	return differs == 0;
}

static int open_proof(struct worker *w, const struct request *r, struct challenge *c)
{
	struct msg_proof msg;
	int64_t age;

	if (msg_proof_decode(r->body.data, r->body.len, &msg, &w->err) < 0 ||
	    challenge_open(w->service->keys.token, msg.token.data, msg.token.len, c, &w->err) < 0)
		return -1;
	age = now_s() - c->time;
	if (age > CHALLENGE_SECONDS || age < -STORE_CLOCK_SLACK)
		return err_set(&w->err, "challenge: it is too old");
	if (!same_secret(c, &msg.secret))
		return err_set(&w->err, "challenge: this is not what it held: the AK is not in the "
					"TPM of the EK");
	return 0;
}

struct enrolling {
	struct host *host;
	enum enrol_outcome outcome;
};

static int enrol_in_store(void *ctx, struct store_conn *conn, struct err *err)
{
	struct enrolling *e = ctx;

	return store_enrol(conn, e->host, now_us(), &e->outcome, err);
}

/* The word of an administrator may be gone meanwhile, with the host's row. */
static bool still_allowed(struct worker *w, struct request *r, const struct challenge *c)
{
	AUTO_HOST host = host_new();
	bool there = false;

	if (c->certified)
		return true;
	if (!host || store_host_get(&w->conn, c->host, host, &there, &w->err) < 0) {
		worker_trouble(w, r);
		return false;
	}
	if (!there || !w->trust->set.ek_admin)
		reply_text(r, HTTP_FORBIDDEN, "EK certificate: none was sent");
	return there && w->trust->set.ek_admin;
}

static void tell_enrolled(struct worker *w, const struct host *host)
{
	const struct event event = { host->id,
				     host->name,
				     "unenrolled",
				     "stale",
				     host->certified ? "enrolled" : "enrolled, EK not certified",
				     now_us() };

	(void)atomic_fetch_add(&w->service->metrics.enrolled, 1);
	events_tell(w->service->events, &event);
}

static void answer_enrolled(struct worker *w, struct request *r, const struct host *host)
{
	AUTO_MEM struct msg_state *answer = calloc(1, sizeof(*answer));

	if (!answer) {
		(void)err_set(&w->err, "out of memory");
		worker_trouble(w, r);
		return;
	}
	memcpy(answer->host, host->id, sizeof(answer->host));
	strcpy(answer->state, "stale");
	strcpy(answer->reason, "enrolled; no evidence yet");
	if (msg_state_encode(answer, &r->reply, &w->err) < 0)
		worker_trouble(w, r);
	else
		reply_ok(r, TYPE_CBOR);
}

static void finish_enrolment(struct worker *w, struct request *r, const struct challenge *c)
{
	AUTO_HOST host = host_new();
	struct enrolling e = { .host = host, .outcome = ENROL_TAKEN };

	if (!host || !still_allowed(w, r, c)) {
		if (!host)
			reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	memcpy(host->id, c->host, sizeof(host->id));
	strcpy(host->name, c->name);
	memcpy(host->ak, c->ak, c->ak_len);
	host->ak_len = c->ak_len;
	host->certified = c->certified;
	memcpy(host->ca, c->ca, sizeof(host->ca));
	if (committer_call(w->service->committer, enrol_in_store, &e, &w->err) < 0) {
		worker_trouble(w, r);
		return;
	}
	if (e.outcome == ENROL_TAKEN) {
		reply_text(r, HTTP_CONFLICT, "the host is enrolled with another AK");
		return;
	}
	if (e.outcome == ENROL_NEW)
		tell_enrolled(w, host);
	answer_enrolled(w, r, host);
}

void route_proof(struct worker *w, struct request *r)
{
	AUTO_MEM struct challenge *c = calloc(1, sizeof(*c));

	if (!c) {
		reply_text(r, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	if (open_proof(w, r, c) < 0) {
		(void)atomic_fetch_add(&w->service->metrics.enrol_refused, 1);
		reply_text(r, HTTP_FORBIDDEN, w->err.text);
	} else {
		finish_enrolment(w, r, c);
	}
	explicit_bzero(c, sizeof(*c));
}

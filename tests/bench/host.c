/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated hosts against a verifier: one round at a time for tests, thousands a second for the
 * bench. */
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "attest/offline.h"
#include "base/hex.h"
#include "base/io.h"
#include "frame/soft_evidence.h"
#include "frame/soft_options.h"
#include "frame/soft_tls.h"

/* What one answer was. */
struct answer {
	int status;
	struct msg_state state;
	char text[512];
};

static void die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "host: %s: %s\n", what, err->text);
	exit(2);
}

static void make_host(const struct options *o, unsigned int index, struct soft_host *h)
{
	soft_host_init(h, o->seed, index, o->ak ? o->ak : index);
	h->resets = o->resets;
}

static void take_answer(struct soft_tls *t, struct answer *a)
{
	struct err err = ERR_INIT;

	memset(a, 0, sizeof(*a));
	a->status = t->status;
	if (t->status == 200 && msg_state_decode(t->reply.data, t->reply.len, &a->state, &err) < 0)
		die("answer", &err);
	if (t->status != 200)
		(void)snprintf(a->text, sizeof(a->text), "%.*s",
			       (int)strcspn(buf_text(&t->reply), "\n"), buf_text(&t->reply));
}

static void show(const char *what, const struct answer *a)
{
	(void)printf("%s %d %s %s\n", what, a->status, a->status == 200 ? a->state.state : "-",
		     a->status == 200 ? a->state.reason : a->text);
}

static int post(struct soft_tls *t, const char *path, const struct buf *body)
{
	struct err err = ERR_INIT;

	if (soft_tls_post(t, path, body, &err) < 0)
		die(path, &err);
	return t->status;
}

static void enrol(const struct options *o, struct soft_tls *t, unsigned int index, struct answer *a)
{
	AUTO_BUF cert = BUF_INIT(EVIDENCE_CERT_MAX);
	AUTO_BUF body = BUF_INIT(65536);
	struct soft_host h;
	struct msg_enrol m = { .name = "" };
	struct msg_challenge c;
	struct msg_proof proof;
	uint8_t secret[EVIDENCE_SECRET_MAX];
	struct err err = ERR_INIT;

	make_host(o, index, &h);
	if (o->ek_cert && io_read_file(o->ek_cert, &cert, &err) < 0)
		die("EK certificate", &err);
	(void)snprintf(m.name, sizeof(m.name), "host-%u", index);
	m.ek_public = (struct bytes){ h.ek_public.data, h.ek_public.len };
	m.ak_public = (struct bytes){ h.ak_public.data, h.ak_public.len };
	m.ek_cert = (struct bytes){ cert.data, cert.len };
	soft_must(msg_enrol_encode(&m, &body, NULL) == 0);
	if (post(t, "/v1/enrol", &body) == 200) {
		if (msg_challenge_decode(t->reply.data, t->reply.len, &c, &err) < 0)
			die("challenge", &err);
		soft_activate(&h, &c, secret);
		if (o->attack && strcmp(o->attack, "secret") == 0)
			secret[0] ^= 1;
		proof = (struct msg_proof){ .token = c.token,
					    .secret = { secret, sizeof(secret) } };
		buf_reset(&body);
		soft_must(msg_proof_encode(&proof, &body, NULL) == 0);
		(void)post(t, "/v1/enrol/proof", &body);
	}
	take_answer(t, a);
	soft_host_done(&h);
}

/* The nonce's bytes are in t->reply until the next answer: copied behind *ret. */
struct nonce {
	struct msg_nonce msg;
	uint8_t bytes[64];
};

static int begin(struct soft_tls *t, const struct soft_host *h, struct nonce *ret)
{
	AUTO_BUF body = BUF_INIT(4096);
	struct msg_begin m = { .reset_count = h->resets, .restart_count = h->restarts };
	struct err err = ERR_INIT;

	memcpy(m.host, h->id, sizeof(m.host));
	soft_must(msg_begin_encode(&m, &body, NULL) == 0);
	if (post(t, "/v1/round", &body) != 200)
		return -1;
	if (msg_nonce_decode(t->reply.data, t->reply.len, &ret->msg, &err) < 0)
		die("nonce", &err);
	memcpy(ret->bytes, ret->msg.nonce.data, ret->msg.nonce.len);
	ret->msg.nonce.data = ret->bytes;
	return 0;
}

static void send_evidence(struct soft_tls *t, const struct buf *body, struct answer *a)
{
	(void)post(t, "/v1/evidence", body);
	take_answer(t, a);
}

/* One round, and what --attack makes of it. */
static void round_of(const struct options *o, struct soft_tls *t, unsigned int index,
		     struct answer *a)
{
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);
	const char *attack = o->attack ? o->attack : "";
	struct soft_evidence e;
	struct soft_host h, other;
	struct soft_tls then; /* another verifier, which gets the evidence */
	struct nonce nonce;

	(void)soft_tls_init(&then, o->tls, (uint16_t)(o->then_port ? o->then_port : o->port));
	make_host(o, index, &h);
	make_host(o, index + 1, &other);
	soft_evidence_init(&e, &h, &o->signing, &o->wrong);
	h.clock = (uint64_t)time(NULL) * 1000;
	if (begin(t, strcmp(attack, "other-nonce") == 0 ? &other : &h, &nonce) < 0) {
		take_answer(t, a);
	} else {
		(void)sleep(o->sleep);
		if (strcmp(attack, "nonce") == 0)
			nonce.bytes[20] ^= 1;
		if (strcmp(attack, "no-boot") == 0)
			nonce.msg.want_boot = false;
		if (strcmp(attack, "other-host") == 0)
			memcpy(h.id, other.id, sizeof(h.id));
		if (strcmp(attack, "pcr") == 0)
			h.pcrs.value[0][0] ^= 1;
		if (strcmp(attack, "reboot") == 0)
			h.resets++;
		soft_evidence_encode(&h, &e, &o->signing, &nonce.msg, &body);
		if (strcmp(attack, "signature") == 0)
			body.data[body.len / 2] ^= 1;
		if (strcmp(attack, "truncate") == 0)
			body.len -= 10;
		send_evidence(o->then_port ? &then : t, &body, a);
		if (strcmp(attack, "replay") == 0)
			send_evidence(t, &body, a);
		if (strcmp(attack, "nonce-twice") == 0) {
			buf_reset(&body);
			soft_evidence_encode(&h, &e, &o->signing, &nonce.msg, &body);
			send_evidence(t, &body, a);
		}
	}
	soft_tls_done(&then);
	soft_evidence_done(&e);
	soft_host_done(&h);
	soft_host_done(&other);
}

/* All of one host's connections, of any process, tell the same time. */
#define LOAD_CLOCK 1000000000000U

/* One connection's part of the load. */
struct load {
	const struct options *o;
	pthread_t thread;
	unsigned int first, count;
	unsigned long passed, failed, errors;
	struct timespec until;
};

static bool is_over(const struct timespec *until)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > until->tv_sec ||
	       (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

/* true: it was answered. */
static bool load_once(struct load *l, struct soft_tls *t, struct soft_host *h,
		      const struct soft_evidence *e)
{
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);
	struct msg_begin m = { .reset_count = h->resets };
	struct msg_state *state = calloc(1, sizeof(*state));
	struct msg_nonce nonce;
	AUTO_BUF answered = BUF_INIT(4096);
	bool good = false;

	soft_must(state != NULL);
	memcpy(m.host, h->id, sizeof(m.host));
	soft_must(msg_begin_encode(&m, &body, NULL) == 0);
	if (soft_tls_post(t, "/v1/round", &body, NULL) == 0 && t->status == 200 &&
	    buf_put(&answered, t->reply.data, t->reply.len, NULL) == 0 &&
	    msg_nonce_decode(answered.data, answered.len, &nonce, NULL) == 0) {
		buf_reset(&body);
		soft_evidence_encode(h, e, &l->o->signing, &nonce, &body);
		good = soft_tls_post(t, "/v1/evidence", &body, NULL) == 0 && t->status == 200 &&
		       msg_state_decode(t->reply.data, t->reply.len, state, NULL) == 0;
	}
	if (good)
		*(strcmp(state->state, "pass") == 0 ? &l->passed : &l->failed) += 1;
	else
		l->errors++;
	free(state);
	return good;
}

static void *load_main(void *arg)
{
	struct load *l = arg;
	struct soft_host *hosts = calloc(l->count, sizeof(*hosts));
	struct soft_evidence *e = calloc(l->count, sizeof(*e));
	struct soft_tls t;

	soft_must(hosts && e);
	(void)soft_tls_init(&t, l->o->tls, (uint16_t)l->o->port);
	for (unsigned int i = 0; i < l->count; i++) {
		make_host(l->o, l->first + i, &hosts[i]);
		hosts[i].clock = LOAD_CLOCK;
		soft_evidence_init(&e[i], &hosts[i], &l->o->signing, &l->o->wrong);
	}
	for (unsigned int i = 0; !is_over(&l->until); i = (i + 1) % l->count)
		if (!load_once(l, &t, &hosts[i], &e[i])) {
			soft_tls_close(&t);
			(void)usleep(20000);
		}
	soft_tls_done(&t);
	for (unsigned int i = 0; i < l->count; i++) {
		soft_evidence_done(&e[i]);
		soft_host_done(&hosts[i]);
	}
	free(hosts);
	free(e);
	return NULL;
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void load_all(const struct options *o)
{
	struct load *all = calloc(o->connections, sizeof(*all));
	unsigned long passed = 0, failed = 0, errors = 0;
	struct rusage used;
	struct timespec until;

	soft_must(all != NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += o->seconds;
	for (unsigned int i = 0; i < o->connections; i++) {
		all[i] = (struct load){ .o = o, .until = until };
		all[i].first = o->first + i * (o->count / o->connections);
		all[i].count = o->count / o->connections;
		soft_must(pthread_create(&all[i].thread, NULL, load_main, &all[i]) == 0);
	}
	for (unsigned int i = 0; i < o->connections; i++) {
		(void)pthread_join(all[i].thread, NULL);
		passed += all[i].passed;
		failed += all[i].failed;
		errors += all[i].errors;
	}
	(void)getrusage(RUSAGE_SELF, &used);
	(void)printf("{\"passed\": %lu, \"failed\": %lu, \"errors\": %lu, \"seconds\": %u, "
		     "\"cpu\": %.3f}\n",
		     passed, failed, errors, o->seconds,
		     seconds_of(&used.ru_utime) + seconds_of(&used.ru_stime));
	free(all);
}

static void each_host(const struct options *o, const char *command)
{
	struct answer a;
	struct soft_tls t;

	(void)soft_tls_init(&t, o->tls, (uint16_t)o->port);
	for (unsigned int i = o->first; i < o->first + o->count; i++) {
		if (strcmp(command, "enrol") == 0)
			enrol(o, &t, i, &a);
		else
			round_of(o, &t, i, &a);
		show(command, &a);
	}
	soft_tls_done(&t);
}

static void print_hosts(const struct options *o, bool keys)
{
	for (unsigned int i = o->first; i < o->first + o->count; i++) {
		struct soft_host h;
		char id[2 * EVIDENCE_HOST_SIZE + 1];
		char ak[2 * PUBLIC_MAX + 1];

		make_host(o, i, &h);
		hex_format(h.id, sizeof(h.id), id);
		hex_format(h.ak_public.data, h.ak_public.len, ak);
		(void)printf(keys ? "%s %s\n" : "%s\n", id, ak);
		soft_host_done(&h);
	}
}

/* For an EK certificate, which somebody else makes. */
static void print_ek(const struct options *o)
{
	struct soft_host h;

	make_host(o, o->first, &h);
	soft_must(PEM_write_PUBKEY(stdout, h.ek) == 1);
	soft_host_done(&h);
}

/* What "assay attest collect" writes. */
static void collect(const struct options *o)
{
	static const uint8_t own[32] = "offline";
	struct msg_nonce nonce = { .nonce = { own, sizeof(own) }, .want_boot = true };
	struct offline *offline = calloc(1, sizeof(*offline));
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);
	AUTO_BUF file = BUF_INIT(OFFLINE_MAX);
	struct soft_evidence e;
	struct soft_host h;

	make_host(o, o->first, &h);
	soft_evidence_init(&e, &h, &o->signing, &o->wrong);
	soft_evidence_encode(&h, &e, &o->signing, &nonce, &body);
	soft_must(offline &&
		  msg_evidence_decode(body.data, body.len, &offline->evidence, NULL) == 0);
	(void)snprintf(offline->enrol.name, sizeof(offline->enrol.name), "host-%u", o->first);
	offline->enrol.ek_public = (struct bytes){ h.ek_public.data, h.ek_public.len };
	offline->enrol.ak_public = (struct bytes){ h.ak_public.data, h.ak_public.len };
	soft_must(offline_encode(offline, &file, NULL) == 0 &&
		  fwrite(file.data, 1, file.len, stdout) == file.len);
	soft_evidence_done(&e);
	soft_host_done(&h);
	free(offline);
}

static SSL_CTX *make_tls(const char *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	soft_must(ctx != NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1) {
		(void)fprintf(stderr, "host: %s: no certificate\n", ca);
		exit(2);
	}
	return ctx;
}

static void run(struct options *o, const char *command)
{
	if (o->key)
		soft_signing_init(&o->signing, o->key, o->cert, o->other);
	if (strcmp(command, "collect") == 0) {
		collect(o);
	} else {
		o->tls = make_tls(o->ca);
		if (strcmp(command, "load") == 0)
			load_all(o);
		else
			each_host(o, command);
		SSL_CTX_free(o->tls);
	}
	soft_signing_done(&o->signing);
}

int main(int argc, char **argv)
{
	struct options o = { .count = 1,
			     .connections = 1,
			     .seconds = 5,
			     .resets = 1,
			     .seed = "soft",
			     .wrong = { .files = 3 } };
	const char *command = take_options(argc, argv, &o);

	if (!command)
		return 2;
	if (strcmp(command, "ids") == 0 || strcmp(command, "keys") == 0)
		print_hosts(&o, *command == 'k');
	else if (strcmp(command, "ek") == 0)
		print_ek(&o);
	else
		run(&o, command);
	return 0;
}

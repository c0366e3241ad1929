/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier serve: the service. */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "attest/verifier/commands.h"
#include "attest/verifier/http.h"
#include "attest/verifier/sweep.h"
#include "attest/verifier/worker.h"
#include "crypto/pubkey.h"

#define FILES_SPARE 128	  /* descriptors beside those of connections */
#define REFRESH_SECONDS 2 /* for what other verifiers of the store changed */
#define SWEEP_SECONDS_MAX 60

enum { OPT_CONFIG };

static const struct cmd_option options[] = {
	{ "config", OPT_CONFIG, 0, "FILE", "read this instead of /etc/assay/assay-verifier.conf" },
	{ .name = NULL },
};

/* All of it, in the order in which it is made. */
struct running {
	struct service service;
	struct http *http;
	struct workers *workers;
	struct store_conn conn; /* the main thread's */
	unsigned long seconds;	/* since the start */
};

static int take_option(void *ctx, int id UNUSED, const char *value, struct err *err UNUSED)
{
	*(const char **)ctx = value;
	return 0;
}

static void tell_made(const char *what, const char *path)
{
	(void)printf("made %s: %s\n", what, path);
}

static int raise_files(const struct vset *set, struct err *err)
{
	struct rlimit limit;
	const rlim_t want = set->connections + FILES_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_errno(err, "limits");
	if (limit.rlim_cur >= want)
		return 0;
	limit.rlim_cur = want;
	if (limit.rlim_max < want)
		limit.rlim_max = want;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_errno(err, "limits: %lu connections need %llu file descriptors",
				 set->connections, (unsigned long long)want);
	return 0;
}

static int find_store(struct service *s, struct err *err)
{
	AUTO_STR own = vset_path(&s->set, "verifier.db");
	const char *where = *s->set.store ? s->set.store : own;

	if (!own)
		return err_set(err, "out of memory");
	if (strlen(where) >= sizeof(s->store))
		return err_set(err, "store: '%s' is too long", where);
	strcpy(s->store, where);
	return 0;
}

static int open_store(struct running *r, struct err *err)
{
	if (find_store(&r->service, err) < 0)
		return -1;
	if (!vset_is_postgres(&r->service.set) && access(r->service.store, F_OK) != 0)
		tell_made("the store", r->service.store);
	store_conn_init(&r->conn, r->service.store);
	if (store_migrate(&r->conn, err) < 0 || keys_share(&r->conn, &r->service.keys, err) < 0 ||
	    service_follow(&r->service, &r->conn, err) < 0)
		return -1;
	return service_refresh(&r->service, &r->conn, err);
}

/* With PostgreSQL they wait for its answers most of the time. */
static unsigned long count_workers(const struct vset *set)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned long each = vset_is_postgres(set) ? 4 : 1;

	if (set->workers)
		return set->workers;
	return cores > 1 ? (unsigned long)cores * each : each;
}

static int start_threads(struct running *r, struct err *err)
{
	struct service *s = &r->service;

	queue_init(&s->queue);
	if (events_new(&s->set, &s->events, err) < 0 || recent_new(&s->recent, err) < 0 ||
	    pubkey_curve_new(&s->p256, err) < 0 || committer_new(s->store, &s->committer, err) < 0)
		return -1;
	return workers_start(s, count_workers(&s->set), &r->workers, err);
}

static int start_http(struct running *r, struct err *err)
{
	AUTO_BUF cert = BUF_INIT(65536);
	struct buf key = BUF_INIT(65536);
	int rc;

	rc = keys_load_tls(&r->service.set, tell_made, &cert, &key, err);
	if (rc == 0)
		rc = http_start(&r->service, &cert, &key, &r->http, err);
	buf_wipe(&key);
	return rc;
}

static int start(struct running *r, const char *config, struct err *err)
{
	struct service *s = &r->service;

	s->config = config;
	(void)pthread_rwlock_init(&s->trust_lock, NULL);
	(void)pthread_rwlock_init(&s->boots.lock, NULL);
	(void)pthread_mutex_init(&s->counted.lock, NULL);
	if (vset_load(config, &s->set, err) < 0 || raise_files(&s->set, err) < 0 ||
	    keys_load(&s->set, tell_made, &s->keys, err) < 0 || open_store(r, err) < 0 ||
	    trust_load(&s->set, &s->trust, err) < 0 || start_threads(r, err) < 0)
		return -1;
	return start_http(r, err);
}

/* What came back after the workers were gone. */
static void refuse_rest(struct service *s)
{
	struct request *r;

	while ((r = queue_pop(&s->queue))) {
		reply_text(r, HTTP_UNAVAILABLE, "stopping");
		request_finish(r);
	}
}

static void stop(struct running *r)
{
	struct service *s = &r->service;

	if (r->http)
		http_drain(r->http);
	if (r->workers)
		workers_stop(r->workers);
	committer_free(s->committer);
	if (r->workers)
		refuse_rest(s);
	http_free(r->http);
	events_free(s->events);
	recent_free(s->recent);
	pubkey_curve_free(s->p256);
	store_conn_done(&r->conn);
	keys_done(&s->keys);
	trust_release(s->trust);
	queue_done(&s->queue);
}

static void tell_reloaded(const struct service *s)
{
	events_note(LOG_NOTICE, "reloaded: %zu certificates are trusted, %zu digests denied",
		    s->trust->certs.n, s->trust->n_denied);
}

static void reload(struct service *s)
{
	struct err err = ERR_INIT;

	(void)sd_notify(0, "RELOADING=1");
	if (service_reload(s, &err) < 0) {
		events_note(LOG_ERR, "reload: all stays as it was: %s", err.text);
	} else {
		tell_reloaded(s);
		if (service_lead(s, &err) < 0)
			events_note(LOG_ERR, "%s", err.text);
	}
	(void)sd_notify(0, "READY=1");
}

/* What other verifiers of the store changed, or were told of. */
static void follow_others(struct running *r)
{
	struct err err = ERR_INIT;
	bool did = false;

	if (service_refresh(&r->service, &r->conn, &err) < 0 ||
	    service_catch_up(&r->service, &r->conn, &did, &err) < 0)
		events_note(LOG_ERR, "%s", err.text);
	if (did)
		tell_reloaded(&r->service);
}

static unsigned long sweep_seconds(struct service *s)
{
	struct trust *trust = service_trust(s);
	const unsigned long tenth = trust->set.stale_after / 10;

	trust_release(trust);
	return tenth < 1 ? 1 : tenth > SWEEP_SECONDS_MAX ? SWEEP_SECONDS_MAX : tenth;
}

static void sweep(struct service *s)
{
	struct err err = ERR_INIT;
	size_t n = SWEEP_PAGE;

	while (n == SWEEP_PAGE)
		if (sweep_once(s, &n, &err) < 0) {
			events_note(LOG_ERR, "sweep: %s", err.text);
			return;
		}
}

static void every_second(struct running *r)
{
	r->seconds++;
	http_cut_slow(r->http);
	if (r->seconds % REFRESH_SECONDS == 0)
		follow_others(r);
	if (r->seconds % sweep_seconds(&r->service) == 0)
		sweep(&r->service);
}

static void signals_of_service(sigset_t *ret_set)
{
	(void)sigemptyset(ret_set);
	(void)sigaddset(ret_set, SIGTERM);
	(void)sigaddset(ret_set, SIGINT);
	(void)sigaddset(ret_set, SIGHUP);
}

static void run_until_told(struct running *r, const sigset_t *signals)
{
	const struct timespec second = { .tv_sec = 1 };

	for (;;) {
		const int got = sigtimedwait(signals, NULL, &second);

		if (got == SIGTERM || got == SIGINT)
			return;
		if (got == SIGHUP)
			reload(&r->service);
		else if (got < 0 && errno == EAGAIN)
			every_second(r);
	}
}

static void say_ready(const struct service *s)
{
	if (s->trust->certs.n == 0)
		events_note(
			LOG_WARNING,
			"trust: no certificate in %s: nothing passes; 'assay verifier trust add'",
			s->set.trust);
	(void)printf("serving on %s port %lu\n", s->set.listen, s->set.port);
	(void)fflush(stdout);
	(void)sd_notify(0, "READY=1");
}

static int cmd_serve(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_MEM struct running *r = calloc(1, sizeof(*r));
	const char *config = NULL;
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	const int first = cmd_options(cmd, argc, argv, take_option, &config, &ret_exit);
	sigset_t signals;
	int rc;

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "it takes no operand, but '%s' was given", argv[first]);
	if (!r || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	signals_of_service(&signals);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	rc = start(r, config, &err);
	if (rc == 0) {
		say_ready(&r->service);
		run_until_told(r, &signals);
		(void)sd_notify(0, "STOPPING=1");
	}
	stop(r);
	return rc < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd command_serve = {
	.name = "serve",
	.operands = "",
	.summary = "the service: hosts enrol with it and prove their state to it",
	.about = "Serves HTTPS until SIGTERM; SIGHUP reads configuration and trust anew.  The "
		 "first\nstart makes its keys, store and administrator's token, and says where.",
	.options = options,
	.run = cmd_serve,
};

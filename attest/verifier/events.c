/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal, and the webhook's thread. */
#include "attest/verifier/events.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "attest/evidence.h"
#include "attest/verifier/reasons.h"
#include "base/hex.h"
#include "cli/json.h"

#define TIMEOUT_SECONDS 10L

struct waiting {
	struct waiting *next;
	char *body;
};

struct events {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct waiting *first, **last;
	size_t n;
	bool stop;
	struct events_figures figures;
	CURL *curl;
	struct curl_slist *headers;
	char url[VSET_TEXT_MAX];
	char ca[VSET_TEXT_MAX];
};

void events_note(int priority, const char *fmt, ...)
{
	char text[2 * ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (getenv("JOURNAL_STREAM"))
		(void)sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority,
				      "SYSLOG_IDENTIFIER=assay-verifier", NULL);
	else
		(void)fprintf(stderr, "assay-verifier: %s\n", text);
}

static size_t swallow(char *data UNUSED, size_t size, size_t n, void *ctx UNUSED)
{
	return size * n;
}

static bool post(struct events *e, const char *body)
{
	long status = 0;

	(void)curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(e->curl) != CURLE_OK)
		return false;
	(void)curl_easy_getinfo(e->curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

/* true: the service is about to stop. */
static bool pause_before(struct events *e, unsigned int try)
{
	struct timespec until;
	bool stop;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1L << try;
	(void)pthread_mutex_lock(&e->lock);
	while (!e->stop && pthread_cond_timedwait(&e->work, &e->lock, &until) == 0)
		;
	stop = e->stop;
	(void)pthread_mutex_unlock(&e->lock);
	return stop;
}

static bool send_one(struct events *e, const char *body)
{
	for (unsigned int try = 0; try < EVENTS_TRIES; try++) {
		if (post(e, body))
			return true;
		if (pause_before(e, try))
			break;
	}
	return false;
}

static struct waiting *take(struct events *e)
{
	struct waiting *w;

	(void)pthread_mutex_lock(&e->lock);
	while (!e->first && !e->stop)
		(void)pthread_cond_wait(&e->work, &e->lock);
	w = e->first;
	if (w) {
		e->first = w->next;
		e->n--;
	}
	if (!e->first)
		e->last = &e->first;
	(void)pthread_mutex_unlock(&e->lock);
	return w;
}

static void *events_main(void *arg)
{
	struct events *e = arg;
	struct waiting *w;

	while ((w = take(e))) {
		const bool sent = send_one(e, w->body);

		(void)pthread_mutex_lock(&e->lock);
		*(sent ? &e->figures.sent : &e->figures.failed) += 1;
		(void)pthread_mutex_unlock(&e->lock);
		if (!sent)
			events_note(LOG_WARNING, "webhook: %s: could not be told of a change",
				    e->url);
		free(w->body);
		free(w);
	}
	return NULL;
}

static int prepare(struct events *e, struct err *err)
{
	e->curl = curl_easy_init();
	e->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!e->curl || !e->headers)
		return err_set(err, "out of memory");
	(void)curl_easy_setopt(e->curl, CURLOPT_URL, e->url);
	(void)curl_easy_setopt(e->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e->curl, CURLOPT_HTTPHEADER, e->headers);
	(void)curl_easy_setopt(e->curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	(void)curl_easy_setopt(e->curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e->curl, CURLOPT_WRITEFUNCTION, swallow);
	if (*e->ca)
		(void)curl_easy_setopt(e->curl, CURLOPT_CAINFO, e->ca);
	return 0;
}

int events_new(const struct vset *set, struct events **ret_events, struct err *err)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, "out of memory");
	e->last = &e->first;
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)pthread_cond_init(&e->work, NULL);
	strcpy(e->url, set->webhook);
	strcpy(e->ca, set->webhook_ca);
	if (prepare(e, err) < 0 || pthread_create(&e->thread, NULL, events_main, e) != 0) {
		curl_slist_free_all(e->headers);
		curl_easy_cleanup(e->curl);
		free(e);
		return err_set(err, "webhook: can't start its thread");
	}
	*ret_events = e;
	return 0;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	(void)pthread_mutex_lock(&e->lock);
	e->stop = true;
	(void)pthread_cond_broadcast(&e->work);
	(void)pthread_mutex_unlock(&e->lock);
	(void)pthread_join(e->thread, NULL);
	curl_slist_free_all(e->headers);
	curl_easy_cleanup(e->curl);
	(void)pthread_cond_destroy(&e->work);
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

static char *event_body(const struct event *event, const char *hex)
{
	AUTO_JSON json = json_pack("{s:s, s:o, s:s, s:s, s:o, s:I}", "host", hex, "name",
				   cmd_json_name(event->name), "was", event->was, "state",
				   event->is, "reason", cmd_json_name(event->why), "time",
				   (json_int_t)(event->at_us / 1000000));

	return json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
}

static void enqueue(struct events *e, char *body)
{
	struct waiting *w = body ? calloc(1, sizeof(*w)) : NULL;

	(void)pthread_mutex_lock(&e->lock);
	if (w && e->n < EVENTS_QUEUE_MAX) {
		w->body = take_ptr(&body);
		*e->last = w;
		e->last = &w->next;
		e->n++;
		w = NULL;
		(void)pthread_cond_signal(&e->work);
	} else {
		e->figures.dropped++;
	}
	(void)pthread_mutex_unlock(&e->lock);
	free(w);
	free(body);
}

void events_tell(struct events *e, const struct event *event)
{
	char hex[2 * EVIDENCE_HOST_SIZE + 1];

	hex_format(event->host, EVIDENCE_HOST_SIZE, hex);
	(void)sd_journal_send("MESSAGE=%s (%s): %s, was %s%s%s", event->name, hex, event->is,
			      event->was, *event->why ? ": " : "", event->why, "PRIORITY=%d",
			      strcmp(event->is, "fail") == 0 ? LOG_ERR : LOG_NOTICE,
			      "SYSLOG_IDENTIFIER=assay-verifier", "ASSAY_HOST=%s", hex,
			      "ASSAY_NAME=%s", event->name, "ASSAY_STATE=%s", event->is,
			      "ASSAY_WAS=%s", event->was, "ASSAY_REASON=%s", event->why, NULL);
	if (*e->url)
		enqueue(e, event_body(event, hex));
}

void events_figures(struct events *e, struct events_figures *ret)
{
	(void)pthread_mutex_lock(&e->lock);
	*ret = e->figures;
	(void)pthread_mutex_unlock(&e->lock);
}

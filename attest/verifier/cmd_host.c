/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier host: the administrator's view of hosts, and word about them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "attest/evidence.h"
#include "attest/verifier/api.h"
#include "attest/verifier/commands.h"
#include "attest/verifier/host_words.h"
#include "attest/verifier/reasons.h"
#include "cli/json.h"

#define ID_TEXT (2 * EVIDENCE_HOST_SIZE)
#define PREFIX_MIN 8 /* hex digits that may stand for an id, if one host alone has them */

enum { OPT_CONFIG, OPT_URL, OPT_TOKEN, OPT_CA, OPT_STATE, OPT_ALL, OPT_BOOT, OPT_JSON };

static const struct cmd_option options[] = {
	{ "state", OPT_STATE, 0, "STATE",
	  "list: only those that are pass, fail, stale or unenrolled" },
	{ "all-hosts", OPT_ALL, 0, NULL, "approve-boot: for every host, not this one alone" },
	{ "boot", OPT_BOOT, 0, "HEX", "approve-boot: only if that is the boot it is in" },
	{ "json", OPT_JSON, 0, NULL, "as JSON" },
	{ "config", OPT_CONFIG, 0, "FILE",
	  "the service's configuration; default: /etc/assay/assay-verifier.conf" },
	{ "url", OPT_URL, 0, "URL", "another service than the local one" },
	{ "token-file", OPT_TOKEN, 0, "FILE", "the administrator's token" },
	{ "ca", OPT_CA, 0, "FILE", "certificate that the service's TLS must lead to" },
	{ .name = NULL },
};

struct run {
	struct api_options api_options;
	struct api *api;
	const char *state;
	const char *boot; /* that the administrator looked at; NULL: the one that is shown now */
	bool all_hosts;
	bool json;
	char id[ID_TEXT + 1];
};

static int check_state(const char *value, struct err *err)
{
	static const char *const known[] = { "pass", "fail", "stale", "unenrolled" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(value, known[i]) == 0)
			return 0;
	return err_set(err, "'%s' is none of pass, fail, stale, unenrolled", value);
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct run *r = ctx;

	switch (id) {
	case OPT_CONFIG:
		r->api_options.config = value;
		return 0;
	case OPT_URL:
		r->api_options.url = value;
		return 0;
	case OPT_TOKEN:
		r->api_options.token_file = value;
		return 0;
	case OPT_CA:
		r->api_options.ca = value;
		return 0;
	case OPT_STATE:
		r->state = value;
		return check_state(value, err);
	case OPT_BOOT:
		r->boot = value;
		return 0;
	case OPT_ALL:
		r->all_hosts = true;
		return 0;
	default:
		r->json = true;
		return 0;
	}
}

/* One page after the other. */
typedef int (*host_fn)(void *ctx, const json_t *host, struct err *err);

static int each_host(struct run *r, host_fn fn, void *ctx, struct err *err)
{
	char path[API_PATH_MAX] = "/v1/admin/hosts";
	bool more = true;

	while (more) {
		const struct api_call call = { "GET", path, NULL };
		AUTO_JSON page = NULL;
		const json_t *hosts;
		long status;

		if (api_run(r->api, &call, &page, &status, err) < 0)
			return -1;
		hosts = json_object_get(page, "hosts");
		more = json_is_true(json_object_get(page, "more"));
		for (size_t i = 0; i < json_array_size(hosts); i++) {
			const json_t *one = json_array_get(hosts, i);

			if (fn(ctx, one, err) < 0)
				return -1;
			(void)snprintf(path, sizeof(path), "/v1/admin/hosts?after=%.64s",
				       words_text(one, "host"));
		}
		more = more && json_array_size(hosts) > 0;
	}
	return 0;
}

struct finding {
	const char *word;
	char id[ID_TEXT + 1];
	size_t n;
};

static int look(void *ctx, const json_t *host, struct err *err UNUSED)
{
	struct finding *f = ctx;
	const char *id = words_text(host, "host");

	if (strlen(id) == ID_TEXT && strncasecmp(id, f->word, strlen(f->word)) == 0) {
		strcpy(f->id, id);
		f->n++;
	}
	return 0;
}

static bool is_hex(const char *word)
{
	return strspn(word, "0123456789abcdefABCDEF") == strlen(word);
}

/* An id, or so many digits of it that one host alone has them.  Never a name: hosts choose them. */
static int find_host(struct run *r, const char *word, struct err *err)
{
	struct finding f = { .word = word };

	if (!is_hex(word) || strlen(word) < PREFIX_MIN || strlen(word) > ID_TEXT)
		return err_set(err, "'%s' is no host's id, nor its first %d digits or more", word,
			       PREFIX_MIN);
	if (strlen(word) == ID_TEXT) {
		strcpy(r->id, word);
		return 0;
	}
	if (each_host(r, look, &f, err) < 0)
		return -1;
	if (f.n != 1)
		return err_set(err,
			       f.n ? "%s: more than one host's id begins so"
				   : "%s: no host's id begins so; 'add' takes the whole id, which "
				     "'assay attest show' tells on that host",
			       word);
	strcpy(r->id, f.id);
	return 0;
}

struct listing {
	const struct run *run;
	json_t *all;
	bool any;
};

static int list_one(void *ctx, const json_t *host, struct err *err)
{
	struct listing *l = ctx;

	if (l->run->state && strcmp(l->run->state, words_text(host, "state")) != 0)
		return 0;
	l->any = true;
	if (!l->run->json)
		words_line(host);
	else if (json_array_append(l->all, (json_t *)(uintptr_t)host) < 0)
		return err_set(err, "out of memory");
	return 0;
}

static int run_list(struct run *r, struct err *err)
{
	AUTO_JSON all = json_array();
	struct listing l = { .run = r, .all = all };

	if (each_host(r, list_one, &l, err) < 0)
		return -1;
	if (r->json)
		return cmd_json_print(json_incref(all), err);
	if (!l.any)
		(void)fputs("none\n", stderr);
	return 0;
}

static int host_call(struct run *r, const char *method, const char *more, json_t **ret_json,
		     struct err *err)
{
	char path[API_PATH_MAX];
	const struct api_call call = { method, path, NULL };
	long status;

	(void)snprintf(path, sizeof(path), "/v1/admin/hosts/%s%s", r->id, more);
	if (api_run(r->api, &call, ret_json, &status, err) < 0)
		return err_prepend(err, "%s", r->id);
	return 0;
}

static int run_show(struct run *r, struct err *err)
{
	AUTO_JSON host = NULL;
	AUTO_JSON history = NULL;

	if (host_call(r, "GET", "", &host, err) < 0 ||
	    host_call(r, "GET", "/history", &history, err) < 0)
		return -1;
	if (json_object_set(host, "history", json_object_get(history, "history")) < 0)
		return err_set(err, "out of memory");
	if (r->json)
		return cmd_json_print(json_incref(host), err);
	words_host(host);
	return 0;
}

/* An answer to what was changed is for scripts only. */
static int show_done(const struct run *r, json_t *json, struct err *err)
{
	return r->json ? cmd_json_print(json_incref(json), err) : 0;
}

static int run_add(struct run *r, struct err *err)
{
	char body[ID_TEXT + 32];
	const struct api_call call = { "POST", "/v1/admin/hosts", body };
	AUTO_JSON done = NULL;
	long status;

	(void)snprintf(body, sizeof(body), "{\"host\": \"%s\"}", r->id);
	if (api_run(r->api, &call, &done, &status, err) < 0)
		return err_prepend(err, "%s", r->id);
	return show_done(r, done, err);
}

static int run_remove(struct run *r, struct err *err)
{
	AUTO_JSON done = NULL;

	return host_call(r, "DELETE", "", &done, err) < 0 ? -1 : show_done(r, done, err);
}

static int run_reset(struct run *r, struct err *err)
{
	AUTO_JSON done = NULL;

	return host_call(r, "POST", "/reset", &done, err) < 0 ? -1 : show_done(r, done, err);
}

static int approve_for_all(struct run *r, const char *boot, struct err *err)
{
	char path[API_PATH_MAX];
	const struct api_call call = { "POST", path, NULL };
	AUTO_JSON boots = NULL;
	long status;

	(void)snprintf(path, sizeof(path), "/v1/admin/boots/%.64s", boot);
	if (api_run(r->api, &call, &boots, &status, err) < 0)
		return -1;
	return show_done(r, boots, err);
}

static int run_approve(struct run *r, struct err *err)
{
	AUTO_JSON before = NULL;
	AUTO_JSON host = NULL;
	char path[API_PATH_MAX];
	const char *boot;
	long status;

	/* Approving may reset the host, which then knows of no boot. */
	if (host_call(r, "GET", "", &before, err) < 0)
		return -1;
	boot = r->boot ? r->boot : words_text(before, "boot");
	(void)snprintf(path, sizeof(path), "/v1/admin/hosts/%s/approve-boot", r->id);
	if (api_run(r->api, &(struct api_call){ "POST", path, boot }, &host, &status, err) < 0)
		return err_prepend(err, "%s", r->id);
	return r->all_hosts ? approve_for_all(r, boot, err) : show_done(r, host, err);
}

static const struct {
	const char *name;
	int (*run)(struct run *r, struct err *err);
	bool of_host;
} actions[] = {
	{ "list", run_list, false },  { "show", run_show, true },
	{ "add", run_add, true },     { "remove", run_remove, true },
	{ "reset", run_reset, true }, { "approve-boot", run_approve, true },
};

static int act(const struct cmd *cmd, struct run *r, int n, char **words)
{
	struct err err = ERR_INIT;
	size_t i = 0;

	while (i < ARRAY_LEN(actions) && (n == 0 || strcmp(words[0], actions[i].name) != 0))
		i++;
	if (i == ARRAY_LEN(actions))
		return cmd_misuse(cmd, "one of list, show, add, remove, reset, approve-boot "
				       "is asked for");
	if (n != (actions[i].of_host ? 2 : 1))
		return cmd_misuse(cmd, "%s takes %s", actions[i].name,
				  actions[i].of_host ? "one host" : "no operand");
	if (api_open(&r->api_options, &r->api, &err) < 0 ||
	    (actions[i].of_host && find_host(r, words[1], &err) < 0) || actions[i].run(r, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

static int cmd_host(const struct cmd *cmd, int argc, char **argv)
{
	struct run r = { .json = false };
	int ret_exit = CMD_TROUBLE;
	const int first = cmd_options(cmd, argc, argv, take_option, &r, &ret_exit);

	if (first < 0)
		return ret_exit;
	ret_exit = act(cmd, &r, argc - first, argv + first);
	api_close(r.api);
	return ret_exit;
}

const struct cmd command_host = {
	.name = "host",
	.operands = "list | show HOST | add HOST | remove HOST | reset HOST | approve-boot HOST",
	.summary = "hosts: their states, reasons and history; an administrator's word about one",
	.about =
		"HOST is an id, or its first eight digits or more.  add: it may enrol although no "
		"EK\ncertificate vouches for it.  remove: it is forgotten, and may enrol anew.  "
		"reset: a failure\nis over; all is judged anew.  approve-boot: the boot that it is "
		"in is a good one.",
	.options = options,
	.run = cmd_host,
};

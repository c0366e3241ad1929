/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay events: what was denied, or would have been, and how to mend it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assay/commands/commands.h"
#include "assay/events/print.h"
#include "assay/commands/out.h"
#include "assay/host/packages.h"
#include "assay/verdict/remedy.h"

enum { OPT_SINCE, OPT_JSON, OPT_INPUT, OPT_ALL, OPT_MEASUREMENTS, OPT_ROOT };

struct events_options {
	struct host host;
	struct event_query query;
	const char *measurements; /* a file instead of the kernel's list */
	bool json;
	bool all;
	bool log_mode; /* what is in force */
};

static int parse_since(const char *text, struct event_query *query, struct err *err)
{
	static const char *const forms[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
					     "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	query->boot_only = strcmp(text, "boot") == 0;
	query->since_ms = 0;
	if (query->boot_only || strcmp(text, "all") == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[i], &tm);

		if (!end || *end)
			continue;
		query->since_ms =
			(uint64_t)(strchr(forms[i], 'Z') ? timegm(&tm) : mktime(&tm)) * 1000;
		return 0;
	}
	return err_set(err, "'%s' is none of boot, all, YYYY-MM-DD, 'YYYY-MM-DD HH:MM[:SS]'", text);
}

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct events_options *o = ctx;

	switch (id) {
	case OPT_SINCE:
		return parse_since(value, &o->query, err);
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_ALL:
		o->all = true;
		return 0;
	case OPT_INPUT:
		o->query.input = value;
		return 0;
	case OPT_MEASUREMENTS:
		o->measurements = value;
		return 0;
	default:
		return host_set_root(&o->host, value, err);
	}
}

static json_t *group_json(const struct event_group *g, const char *root)
{
	char remedy[REMEDY_MAX];
	json_t *o = json_object();

	event_remedy(g, root, remedy, sizeof(remedy));
	json_object_set_new(o, "id", json_string(event_id(g->kind)));
	json_object_set_new(o, "file", out_name(g->name));
	json_object_set_new(o, "device", out_name(g->last->dev));
	json_object_set_new(o, "inode", json_integer((json_int_t)g->last->ino));
	json_object_set_new(o, "package", g->package ? out_name(g->package) : json_null());
	json_object_set_new(o, "count", json_integer((json_int_t)g->count));
	json_object_set_new(o, "first", out_time(g->first_ms));
	json_object_set_new(o, "last", out_time(g->last_ms));
	json_object_set_new(o, "comm", out_name(g->last->comm));
	json_object_set_new(o, "pid", json_integer(g->last->pid));
	json_object_set_new(o, "uid", json_integer(g->last->uid));
	json_object_set_new(o, "operation", out_name(g->last->op));
	json_object_set_new(o, "cause", out_name(g->cause));
	json_object_set_new(o, "words", out_name(event_words(g)));
	json_object_set_new(o, "remedy", *remedy ? out_name(remedy) : json_null());
	return o;
}

static void print_json(const struct events_options *o, const struct events *e)
{
	const struct event_list *list = &e->list;
	struct events_totals t = events_count(e);
	json_t *events = json_array();
	json_t *top = json_object();

	for (size_t i = 0; i < e->n; i++)
		if (events_is_shown(&e->groups[i], o->all))
			json_array_append_new(events, group_json(&e->groups[i], o->host.root));
	json_object_set_new(top, "events", events);
	json_object_set_new(top, "denied", json_integer((json_int_t)t.denied));
	json_object_set_new(top, "warned", json_integer((json_int_t)t.warned));
	json_object_set_new(top, "damaged", json_integer((json_int_t)list->damaged));
	json_object_set_new(top, "dropped", json_integer((json_int_t)list->dropped));
	out_print(top);
}

static int print_text(const struct events_options *o, const struct events *e, struct err *err)
{
	struct events_totals t = events_count(e);
	size_t shown;

	if (events_print(e, o->all, &shown, err) < 0)
		return -1;
	(void)printf("%s%zu denied, %zu would have been denied%s\n", shown ? "\n" : "", t.denied,
		     t.warned, o->query.boot_only && !o->query.input ? " since boot" : "");
	if (e->list.damaged || e->list.dropped)
		(void)printf("%zu records could not be read, %zu were too many to be kept\n",
			     e->list.damaged, e->list.dropped);
	return 0;
}

static int find_packages(const struct host *host, struct event_group *groups, size_t n,
			 struct err *err)
{
	struct dpkg *db = NULL;
	char name[PACKAGES_NAME_MAX];

	if (n && packages_load(host, &db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (packages_owner(db, groups[i].name, name))
			groups[i].package = strdup(name);
	dpkg_free(db);
	return 0;
}

static int gather(struct events_options *o, struct events *e, struct err *err)
{
	AUTO_MEM struct state *state = NULL;

	if (state_read(&o->host, &state, err) < 0 ||
	    events_gather(&o->query, state, o->measurements, e, err) < 0)
		return -1;
	o->log_mode = state->force == FORCE_LOG;
	return find_packages(&o->host, e->groups, e->n, err);
}

/* In log mode enforcing is what comes after; what is below --root is not this host. */
static void advise(const struct events_options *o, const struct events *e)
{
	if (*o->host.root || !o->log_mode || o->query.input || o->measurements)
		return;
	cmd_next(events_count(e).warned ? "mend what would have been denied, then 'assay enable'"
					: "assay enable");
}

int cmd_events(const struct cmd *cmd, int argc, char **argv)
{
	struct events_options o = { .host = { .root = "" }, .query = { .boot_only = true } };
	CLEANUP(events_free) struct events e = { .n = 0 };
	struct err err = ERR_INIT;
	int ret_exit;
	int first = cmd_options(cmd, argc, argv, option, &o, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	o.query.host = &o.host;
	if (o.query.boot_only && !o.query.input)
		o.query.since_ms = state_boot_ms(&o.host);
	if (gather(&o, &e, &err) < 0)
		return cmd_fail(cmd, &err);
	if (o.json)
		print_json(&o, &e);
	else if (print_text(&o, &e, &err) < 0)
		return cmd_fail(cmd, &err);
	else
		advise(&o, &e);
	if (o.query.input && e.list.read + e.list.damaged == 0) {
		(void)fputs("assay: events: ", stderr);
		cmd_print_name(stderr, o.query.input);
		(void)fputs(": read no record of the kernel\n", stderr);
	}
	return CMD_YES;
}

const struct cmd_option events_options[] = {
	{ "since", OPT_SINCE, 's', "WHEN",
	  "boot (default), all, or a time: YYYY-MM-DD [HH:MM[:SS]]" },
	{ "all", OPT_ALL, 'a', NULL,
	  "also what is no violation: policy loads, Assay's own probes" },
	{ "input", OPT_INPUT, '\0', "FILE", "read records from this file instead of the system" },
	{ "measurements", OPT_MEASUREMENTS, '\0', "FILE",
	  "read the measurement list from this file (log mode)" },
	{ "root", OPT_ROOT, '\0', "DIR", "look at the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

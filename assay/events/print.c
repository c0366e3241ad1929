/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events for a person. */
#include "assay/events/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/commands/out.h"
#include "assay/verdict/remedy.h"
#include "cli/cmd.h"

struct shown {
	const struct event_group *group;
	char *remedy;
};

struct list {
	struct shown *shown;
	size_t n;
};

static void list_done(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->shown[i].remedy);
	free(list->shown);
}

bool events_is_shown(const struct event_group *group, bool all)
{
	return all || (group->kind != EVENT_OBSERVED && group->kind != EVENT_PROBE &&
		       group->kind != EVENT_POLICY);
}

/* What no package owns comes last; without a package each file has a remedy of its own. */
static int by_header(const void *a, const void *b)
{
	const struct shown *x = a;
	const struct shown *y = b;

	if (!x->group->package != !y->group->package)
		return x->group->package ? -1 : 1;
	if (!x->group->package)
		return 0;
	if (strcmp(x->group->package, y->group->package) != 0)
		return strcmp(x->group->package, y->group->package);
	return strcmp(x->remedy, y->remedy);
}

static int by_package(const void *a, const void *b)
{
	const struct shown *x = a;
	const struct shown *y = b;
	int rc = by_header(a, b);

	if (rc == 0)
		rc = strcmp(x->group->name, y->group->name);
	if (rc == 0)
		rc = x->group->first_ms < y->group->first_ms ? -1 : 1;
	return rc;
}

static int fill(const struct events *events, bool all, struct list *list, struct err *err)
{
	AUTO_STR remedy = malloc(REMEDY_MAX);

	list->shown = calloc(events->n + 1, sizeof(*list->shown));
	if (!remedy || !list->shown)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < events->n; i++) {
		struct shown *s = &list->shown[list->n];

		if (!events_is_shown(&events->groups[i], all))
			continue;
		event_remedy(&events->groups[i], events->host->root, remedy, REMEDY_MAX);
		*s = (struct shown){ &events->groups[i], strdup(remedy) };
		if (!s->remedy)
			return err_set(err, "out of memory");
		list->n++;
	}
	qsort(list->shown, list->n, sizeof(*list->shown), by_package);
	return 0;
}

static void print_remedy(const struct shown *s, const char *indent)
{
	if (!*s->remedy)
		return;
	(void)printf("%smend: ", indent);
	cmd_print_name(stdout, s->remedy);
	(void)putchar('\n');
}

static void print_header(const struct shown *s, bool first)
{
	(void)printf("%s", first ? "" : "\n");
	if (!s->group->package) {
		(void)printf("owned by no package:\n");
		return;
	}
	(void)printf("package ");
	cmd_print_name(stdout, s->group->package);
	(void)printf(":\n");
	print_remedy(s, "  ");
}

static void print_file(const struct shown *s)
{
	const struct event_group *g = s->group;
	char last[OUT_TIME_MAX];

	out_time_text(g->last_ms, last);
	(void)printf("  ");
	cmd_print_name(stdout, *g->name ? g->name : "(no file)");
	(void)printf(": %s: ", event_id(g->kind));
	cmd_print_name(stdout, event_words(g));
	(void)printf("; %zu time%s, last %s by ", g->count, g->count == 1 ? "" : "s", last);
	cmd_print_name(stdout, *g->last->comm ? g->last->comm : "?");
	(void)printf(" (uid %u, pid %u)\n", g->last->uid, g->last->pid);
	if (!g->package)
		print_remedy(s, "    ");
}

int events_print(const struct events *events, bool all, size_t *ret_shown, struct err *err)
{
	CLEANUP(list_done) struct list list = { .n = 0 };

	if (fill(events, all, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		const struct shown *s = &list.shown[i];

		if (i == 0 || by_header(s, s - 1) != 0)
			print_header(s, i == 0);
		print_file(s);
	}
	*ret_shown = list.n;
	return 0;
}

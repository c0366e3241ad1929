/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log mode: which of the files that were used would have been denied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/events/judge.h"
#include "assay/host/trust.h"
#include "base/hex.h"
#include "base/io.h"
#include "ima/mlist.h"
#include "ima/xattr.h"

#define MEASUREMENTS "/sys/kernel/security/ima/binary_runtime_measurements"
#define MEASUREMENTS_MAX (256U << 20) /* bytes of the list that are read */
#define GONE_UNSIGNED "it carried no valid signature when it was used, and is gone"
#define GONE_UNKNOWN "it is gone, and what it carried is not known"

int measured_load(const struct host *host, const char *path, struct buf *out, struct err *err)
{
	bool there;

	out->max = MEASUREMENTS_MAX;
	if (path)
		return io_read_file(path, out, err);
	return host_read(host, MEASUREMENTS, out, &there, err);
}

/* Kernel buffers (keys, command lines) and the aggregate of the boot PCRs are no files. */
static bool is_file(const struct mlist_entry *e)
{
	return *e->name == '/' && !e->buffer && e->digest;
}

static int add_record(struct event_list *list, const char *name, struct err *err)
{
	AUTO_STR line = NULL;
	size_t len = strlen(name);
	AUTO_STR hex = malloc(2 * len + 1);

	if (!hex)
		return err_set(err, "out of memory");
	hex_format(name, len, hex);
	if (asprintf(&line, "INTEGRITY_RULE file=%s", hex) < 0)
		return err_set(err, "out of memory");
	return events_add_line(list, line, strlen(line), err);
}

int measured_add(const struct buf *measured, struct event_list *list, struct err *err)
{
	struct rd rd = rd_init(measured->data, measured->len);
	AUTO_PATHS known = PATHS_INIT;
	struct mlist_entry e;
	bool fresh;
	bool end;

	for (size_t i = 0; i < list->n; i++)
		if (list->record[i].type == AUDIT_TYPE_RULE &&
		    paths_add(&known, list->record[i].name, "", NULL, err) < 0)
			return -1;
	for (;;) {
		if (mlist_next(&rd, &e, &end, err) < 0)
			return -1;
		if (end)
			return 0;
		if (!is_file(&e))
			continue;
		if (paths_add(&known, e.name, "", &fresh, err) < 0 ||
		    (fresh && add_record(list, e.name, err) < 0))
			return -1;
	}
}

/* Did the list's entry of this name carry a signature that verifies?  A v3 signature is over the
 * fs-verity digest, which only a list of that template holds. */
static bool was_signed(const struct judge *judge, const struct buf *measured, const char *name,
		       bool *ret_known)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));
	struct rd rd = rd_init(measured->data, measured->len);
	struct mlist_entry e;
	struct digest digest;
	bool good = false;
	bool end = false;

	*ret_known = false;
	if (!sig || trust_load(judge->host, judge->config, &set, NULL) < 0)
		return false;
	while (mlist_next(&rd, &e, &end, NULL) == 0 && !end) {
		const struct cert *by;

		if (!is_file(&e) || strcmp(e.name, name) != 0)
			continue;
		*ret_known = true;
		good = e.sig && xattr_sig_decode(e.sig, e.sig_len, sig, NULL) == 0 &&
		       mlist_entry_digest(&e, &digest, NULL) == 0 &&
		       xattr_sig_verify(sig, &digest, &set, &by, NULL) == 0;
	}
	return good;
}

static int mark(struct event_group *g, const char *text, struct err *err)
{
	g->kind = EVENT_EXEC_WARNING;
	free(g->own_cause);
	g->own_cause = strdup(text);
	g->cause = g->own_cause ? g->own_cause : "";
	return g->own_cause ? 0 : err_set(err, "out of memory");
}

static int judge_gone(const struct judge *judge, const struct buf *measured, struct event_group *g,
		      struct err *err)
{
	bool known;

	if (was_signed(judge, measured, g->name, &known))
		return 0;
	return mark(g, known ? GONE_UNSIGNED : GONE_UNKNOWN, err);
}

static const struct denial *find_denial(const struct judgement *j, const char *path)
{
	for (size_t i = 0; i < j->n; i++)
		if (strcmp(j->denial[i].path, path) == 0)
			return &j->denial[i];
	return NULL;
}

int events_judge(const struct judge *judge, const struct buf *measured, struct event_group *groups,
		 size_t n, struct err *err)
{
	CLEANUP(judgement_done) struct judgement judgement = { .n = 0 };
	AUTO_PATHS paths = PATHS_INIT;

	for (size_t i = 0; i < n; i++) {
		AUTO_FD fd = groups[i].kind == EVENT_OBSERVED
				     ? host_open(judge->host, groups[i].name)
				     : -1;

		if (fd >= 0 && paths_add(&paths, groups[i].name, "", NULL, err) < 0)
			return -1;
	}
	if (paths.n && judge_paths(judge, &paths, &judgement, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct event_group *g = &groups[i];
		const struct denial *d;

		if (g->kind != EVENT_OBSERVED)
			continue;
		d = find_denial(&judgement, g->name);
		if (d ? mark(g, d->text, err) < 0
		      : !paths_find(&paths, g->name) && judge_gone(judge, measured, g, err) < 0)
			return -1;
	}
	return 0;
}

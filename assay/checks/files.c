/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From denied files to findings: per package, and what no package owns. */
#include "assay/checks/files.h"

#include <stdlib.h>
#include <string.h>

#include "assay/commands/out.h"
#include "assay/verdict/remedy.h"
#include "ima/xattr.h"

#define RANKS 4	     /* of places where people put what they mean to run */
#define LINES_MAX 12 /* packages, or files, listed one by one unless verbose */

static json_t *file_json(const struct denial *d)
{
	json_t *o = json_object();

	json_object_set_new(o, "file", out_name(d->path));
	json_object_set_new(o, "cause", out_name(d->text));
	json_object_set_new(o, "kind", json_string(sig_kind_name(d->kind)));
	json_object_set_new(o, "needed_for",
			    d->essential ? json_string(d->essential) : json_null());
	return o;
}

/* The denials [first, end) of one package, as they are counted. */
struct group {
	size_t first;
	size_t end;
	size_t unsigned_yet;
	size_t untrusted; /* of those */
	size_t owner;
	size_t essential;
};

static struct group next_group(const struct judgement *j, size_t first)
{
	struct group g = { .first = first, .end = first };

	while (g.end < j->n) {
		const struct denial *a = &j->denial[first];
		const struct denial *d = &j->denial[g.end];

		if (!a->package != !d->package ||
		    (a->package && strcmp(a->package, d->package) != 0))
			break;
		g.unsigned_yet += d->unsigned_yet ? 1 : 0;
		g.untrusted += d->untrusted ? 1 : 0;
		g.owner += d->owner ? 1 : 0;
		g.essential += d->essential ? 1 : 0;
		g.end++;
	}
	return g;
}

static json_t *package_json(const struct judgement *j, const struct group *g)
{
	json_t *o = json_object();
	json_t *files = json_array();

	for (size_t i = g->first; i < g->end; i++)
		json_array_append_new(files, file_json(&j->denial[i]));
	json_object_set_new(o, "package", out_name(j->denial[g->first].package));
	json_object_set_new(o, "denied", json_integer((json_int_t)(g->end - g->first)));
	json_object_set_new(o, "unsigned", json_integer((json_int_t)g->unsigned_yet));
	json_object_set_new(o, "essential", json_integer((json_int_t)g->essential));
	json_object_set_new(o, "files", files);
	return o;
}

/* What is the same for all of its files; "": nothing. */
static const char *common_cause(const struct group *g)
{
	size_t n = g->end - g->first;

	if (g->owner == n)
		return ": of an owner whose files the signature profile does not run";
	if (g->unsigned_yet != n)
		return "";
	return g->untrusted == n ? ": " XATTR_UNTRUSTED
	       : g->untrusted	 ? ": not signed, or by a key that is not trusted"
				 : ": not signed";
}

static void report_package(struct report *r, const struct judgement *j, const struct group *g,
			   bool verbose)
{
	const char *name = j->denial[g->first].package;
	size_t n = g->end - g->first;
	AUTO_STR remedy = NULL;
	json_t *finding;
	json_t *files;

	if (g->unsigned_yet == n)
		remedy = report_remedy("assay sign --package %s%s", name, r->root_option);
	else if (g->owner == n)
		remedy = report_remedy(
			"chown root the files that 'assay check --verbose%s' lists, and 'assay "
			"sign --package %s%s'; or use the verity profile",
			r->root_option, name, r->root_option);
	else
		remedy = report_remedy("look at what 'assay verify --package %s%s' says of each; "
				       "'assay repair%s', "
				       "owner and mode put back, or '%sapt-get install --reinstall "
				       "%s', then 'assay "
				       "sign --package %s%s'",
				       name, r->root_option, r->root_option, r->chroot, name, name,
				       r->root_option);
	finding = report_add(r, g->essential ? REPORT_REASON : REPORT_ADVICE, "package", remedy,
			     "%s: %zu file%s would be denied%s%s", name, n, n == 1 ? "" : "s",
			     common_cause(g),
			     g->essential ? "; needed for booting or logging in" : "");
	if (!verbose && n > 1)
		return;
	files = json_array();
	for (size_t i = g->first; i < g->end; i++)
		json_array_append_new(files, file_json(&j->denial[i]));
	json_object_set_new(finding, "files", files);
}

struct sums {
	size_t packages;
	size_t reasons; /* packages that are needed */
	size_t files;
	size_t essential;
};

static struct sums sum_packages(const struct judgement *j, json_t *array)
{
	struct sums s = { .packages = 0 };
	struct group g;

	for (size_t at = 0; at < j->n && j->denial[at].package; at = g.end) {
		g = next_group(j, at);
		s.packages++;
		s.reasons += g.essential ? 1 : 0;
		s.files += g.end - g.first;
		s.essential += g.essential;
		json_array_append_new(array, package_json(j, &g));
	}
	return s;
}

/* One finding, which counts for as many reasons as there are with verbose.  In enable's judgement
 * nothing but what is needed is. */
static void report_sums(struct report *r, const struct sums *s)
{
	AUTO_STR remedy = report_remedy("assay sign --installed%s", r->root_option);
	bool all = s->essential == s->files;

	(void)report_add(r, s->essential ? REPORT_REASON : REPORT_ADVICE, "packages", remedy,
			 "%zu files of %zu packages%s would be denied%s (--verbose lists them)",
			 s->files, s->packages, all ? ", which booting and logging in need," : "",
			 s->essential && !all ? ", among them what booting and logging in need"
					      : "");
	r->reasons += s->reasons ? s->reasons - 1 : 0;
}

static void report_packages(const struct judgement *j, bool verbose, struct report *r,
			    json_t *array)
{
	struct sums s = sum_packages(j, array);
	struct group g;

	if (s.packages > LINES_MAX && !verbose) {
		report_sums(r, &s);
		return;
	}
	for (size_t at = 0; at < j->n && j->denial[at].package; at = g.end) {
		g = next_group(j, at);
		report_package(r, j, &g, verbose);
	}
}

/* Where people put what they mean to run, what is listed first in front. */
static size_t rank_of(const char *path)
{
	static const struct {
		const char *dir;
		size_t rank;
	} places[] = {
		{ "/usr/local/", 0 }, { "/opt/", 0 },	      { "/root/bin/", 0 },
		{ "/srv/", 0 },	      { "/usr/bin/", 1 },     { "/usr/sbin/", 1 },
		{ "/usr/lib/", 1 },   { "/usr/libexec/", 1 }, { "/lib/", 1 },
		{ "/bin/", 1 },	      { "/sbin/", 1 },	      { "/etc/cron", 2 },
		{ "/etc/", 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (strncmp(path, places[i].dir, strlen(places[i].dir)) == 0)
			return places[i].rank;
	return RANKS;
}

/* Where files of other systems lie, which no package of this one owns. */
static const struct {
	const char *part; /* at the start of the path, or within it if it does not begin there */
	bool within;
	const char *name;
	const char *what;
} stores[] = {
	{ "/var/lib/docker/", false, "Docker", "container image" },
	{ "/var/lib/containerd/", false, "containerd", "container image" },
	{ "/var/lib/containers/", false, "Podman", "container image" },
	{ "/.local/share/containers/", true, "Podman of users", "container image" },
	{ "/var/lib/lxc/", false, "LXC", "container" },
	{ "/var/lib/lxd/", false, "LXD", "container" },
	{ "/var/lib/incus/", false, "Incus", "container" },
	{ "/var/lib/machines/", false, "systemd-nspawn", "container" },
	{ "/snap/", false, "snap", "snap" },
	{ "/var/lib/flatpak/", false, "Flatpak", "Flatpak" },
	{ "/.local/share/flatpak/", true, "Flatpak of users", "Flatpak" },
};

/* The index in stores; ARRAY_LEN(stores): in none. */
static size_t store_of(const char *path)
{
	size_t i = 0;

	while (i < ARRAY_LEN(stores) &&
	       !(stores[i].within ? strstr(path, stores[i].part) != NULL
				  : strncmp(path, stores[i].part, strlen(stores[i].part)) == 0))
		i++;
	return i;
}

static void report_stores(const struct judgement *j, struct report *r)
{
	size_t n[ARRAY_LEN(stores) + 1] = { 0 };

	for (size_t i = 0; i < j->n; i++)
		if (!j->denial[i].package)
			n[store_of(j->denial[i].path)]++;
	for (size_t i = 0; i < ARRAY_LEN(stores); i++)
		if (n[i])
			(void)report_add(r, REPORT_ADVICE, "foreign",
					 "run what is in them from packages of this host, or on "
					 "another one",
					 "%s: no %s runs: %zu executable file%s in %s without a "
					 "signature of this host",
					 stores[i].name, stores[i].what, n[i], n[i] == 1 ? "" : "s",
					 stores[i].part);
}

/* The directory's part of a path. */
static size_t dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool same_dir(const struct denial *a, const struct denial *b)
{
	return dir_len(a->path) == dir_len(b->path) &&
	       strncmp(a->path, b->path, dir_len(a->path)) == 0;
}

static char *unowned_remedy(const struct report *r)
{
	return report_remedy("install it from a package, remove it, or vouch for it yourself by "
			     "'%s%s FILE'",
			     *r->root_option ? "assay sign" : REMEDY_ADMIT, r->root_option);
}

static void report_file(struct report *r, const struct denial *d)
{
	AUTO_STR remedy = unowned_remedy(r);

	(void)report_add(r, d->essential ? REPORT_REASON : REPORT_ADVICE, "unowned",
			 d->owner ? REMEDY_OWNER_TEXT : remedy,
			 "%s: no package owns it, and it would be denied: %s%s%s", d->path, d->text,
			 d->essential ? "; needed for " : "", d->essential ? d->essential : "");
}

/* Files of one directory in one line, from the third on. */
static size_t report_dir(struct report *r, const struct judgement *j, size_t first)
{
	AUTO_STR remedy = unowned_remedy(r);
	bool owner = j->denial[first].owner;
	size_t end = first;

	while (end < j->n && !j->denial[end].essential && j->denial[end].owner == owner &&
	       same_dir(&j->denial[first], &j->denial[end]))
		end++;
	if (end - first <= 2) {
		report_file(r, &j->denial[first]);
		return first + 1;
	}
	(void)report_add(
		r, REPORT_ADVICE, "unowned", owner ? REMEDY_OWNER_TEXT : remedy,
		"%.*s/: no package owns %zu executable files there, and they would be denied%s",
		(int)dir_len(j->denial[first].path), j->denial[first].path, end - first,
		owner ? ": of owners whose files the signature profile does not run" : "");
	return end;
}

/* Those of one rank, up to LINES_MAX lines; *shown counts lines, the result is the files told of.
 */
static size_t report_rank(const struct judgement *j, size_t rank, size_t *shown, struct report *r)
{
	size_t told = 0;
	size_t next;

	for (size_t i = 0; i < j->n && *shown < LINES_MAX; i = next) {
		const struct denial *d = &j->denial[i];

		next = i + 1;
		if (d->package || d->essential || store_of(d->path) < ARRAY_LEN(stores) ||
		    rank_of(d->path) != rank)
			continue;
		next = report_dir(r, j, i);
		told += next - i;
		(*shown)++;
	}
	return told;
}

static void report_unowned(const struct judgement *j, bool verbose, struct report *r)
{
	size_t shown = 0;
	size_t left = 0;

	for (size_t i = 0; i < j->n; i++) {
		const struct denial *d = &j->denial[i];

		if (d->package)
			continue;
		if (d->essential || verbose)
			report_file(r, d);
		else if (store_of(d->path) == ARRAY_LEN(stores))
			left++;
	}
	for (size_t rank = 0; rank < RANKS && !verbose; rank++)
		left -= report_rank(j, rank, &shown, r);
	if (left)
		(void)report_add(r, REPORT_ADVICE, "unowned", NULL,
				 "%zu more executable file%s that no package owns would be denied "
				 "(--verbose lists them)",
				 left, left == 1 ? "" : "s");
}

void checks_files(const struct judgement *judgement, bool verbose, struct report *report,
		  json_t *packages)
{
	report_packages(judgement, verbose, report, packages);
	report_stores(judgement, report);
	report_unowned(judgement, verbose, report);
	if (judgement->n == 0)
		(void)report_add(report, REPORT_FACT, "files", NULL,
				 "%zu executable files, every one signed", judgement->valid);
}

int checks_others(const struct checks *c, const struct judge *judge, const struct paths *essential,
		  struct err *err)
{
	CLEANUP(judgement_done) struct judgement all = { .n = 0 };
	AUTO_STR remedy = report_remedy("'assay check%s' names them, and what mends it",
					c->report->root_option);
	size_t n = 0;

	if (judge_trees(judge, c->mounts, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		n += paths_find(essential, all.denial[i].path) ? 0 : 1;
	if (n)
		(void)report_add(c->report, REPORT_ADVICE, "files.others", remedy,
				 "%zu more file%s would be denied, which neither booting nor "
				 "logging in needs",
				 n, n == 1 ? "" : "s");
	return 0;
}

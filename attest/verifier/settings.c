/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the service's configuration. */
#include "attest/verifier/settings.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/cmd.h"
#include "proto/config_ini.h"

#define DAY 86400UL
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.: "

enum kind { TEXT, PATH, NUMBER, YES_NO, LEVELS, BOOT, WITHOUT };

struct entry {
	const char *section;
	const char *name;
	enum kind kind;
	size_t at; /* in struct vset */
	unsigned long min, max;
};

#define AT(field) offsetof(struct vset, field)

static const struct entry entries[] = {
	{ "service", "listen", TEXT, AT(listen), 0, 0 },
	{ "service", "port", NUMBER, AT(port), 1, 65535 },
	{ "service", "tls-certificate", PATH, AT(tls_certificate), 0, 0 },
	{ "service", "tls-key", PATH, AT(tls_key), 0, 0 },
	{ "service", "tls-names", TEXT, AT(tls_names), 0, 0 },
	{ "service", "directory", PATH, AT(directory), 0, 0 },
	{ "service", "store", TEXT, AT(store), 0, 0 },
	{ "service", "name", TEXT, AT(name), 0, 0 },
	{ "trust", "directory", PATH, AT(trust), 0, 0 },
	{ "trust", "denied", PATH, AT(denied), 0, 0 },
	{ "trust", "levels", LEVELS, AT(levels), 0, 0 },
	{ "trust", "minimum-epoch", NUMBER, AT(min_epoch), 0, UINT32_MAX },
	{ "trust", "secure-boot", YES_NO, AT(secure_boot), 0, 0 },
	{ "trust", "boot", BOOT, AT(boot), 0, 0 },
	{ "enrolment", "ek-certificates", PATH, AT(ek_cas), 0, 0 },
	{ "enrolment", "without-certificate", WITHOUT, AT(ek_admin), 0, 0 },
	{ "rounds", "interval", NUMBER, AT(interval), 1, 7 * DAY },
	{ "rounds", "stale-after", NUMBER, AT(stale_after), 2, 60 * DAY },
	{ "rounds", "answer-within", NUMBER, AT(answer_within), 1, 3600 },
	{ "events", "webhook", TEXT, AT(webhook), 0, 0 },
	{ "events", "webhook-ca", PATH, AT(webhook_ca), 0, 0 },
	{ "limits", "connections", NUMBER, AT(connections), 4, 60000 },
	{ "limits", "connections-per-address", NUMBER, AT(per_address), 1, 60000 },
	{ "limits", "workers", NUMBER, AT(workers), 0, 256 },
	{ "limits", "memory", NUMBER, AT(memory), 16, 65536 },
	{ "limits", "request-seconds", NUMBER, AT(request_seconds), 1, 3600 },
};

void vset_default(struct vset *ret)
{
	*ret = (struct vset){
		.port = 8443,
		.boot = APPRAISE_BOOT_APPROVED,
		.interval = 300,
		.stale_after = 900,
		.answer_within = 120,
		.connections = 2048,
		.per_address = 64,
		.memory = 256,
		.request_seconds = 60,
	};
	strcpy(ret->listen, "::");
	strcpy(ret->directory, "/var/lib/assay-verifier");
	strcpy(ret->trust, "/etc/assay/verifier/trust");
	strcpy(ret->ek_cas, "/etc/assay/verifier/ek-ca");
	strcpy(ret->name, "assay-verifier");
}

int vset_check_level(const char *name, struct err *err)
{
	if (!*name || strlen(name) >= VSET_LEVEL_MAX ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return err_set(err, "'%s': 1 to %d of a-z, 0-9 and '-' are a level's name", name,
			       VSET_LEVEL_MAX - 1);
	return 0;
}

static int set_levels(struct vset_levels *levels, const char *value, struct err *err)
{
	AUTO_STR copy = strdup(value);
	char *rest = copy;

	if (!copy)
		return err_set(err, "out of memory");
	for (char *one; (one = strtok_r(rest, " \t", &rest));) {
		if (vset_check_level(one, err) < 0)
			return -1;
		if (levels->n == APPRAISE_LEVEL_MAX)
			return err_set(err, "more than %d levels", APPRAISE_LEVEL_MAX);
		strcpy(levels->name[levels->n++], one);
	}
	return levels->n ? 0 : err_set(err, "no level given");
}

static int set_text(char *to, const struct entry *e, const char *value, struct err *err)
{
	if (!*value || strlen(value) >= VSET_TEXT_MAX)
		return err_set(err, "empty, or longer than %d bytes", VSET_TEXT_MAX - 1);
	if (e->kind == PATH && *value != '/')
		return err_set(err, "'%s' is no absolute path", value);
	strcpy(to, value);
	return 0;
}

/* One of two words; the second one is true. */
static int choose(const char *value, const char *no, const char *yes, struct err *err)
{
	if (strcmp(value, yes) == 0)
		return 1;
	if (strcmp(value, no) == 0)
		return 0;
	return err_set(err, "'%s' is neither '%s' nor '%s'", value, no, yes);
}

static int set_choice(const struct entry *e, const char *value, void *to, struct err *err)
{
	const char *no = e->kind == BOOT ? "approved" : e->kind == WITHOUT ? "refuse" : "no";
	const char *yes = e->kind == BOOT ? "unmeasured" : e->kind == WITHOUT ? "admin" : "yes";
	const int chosen = choose(value, no, yes, err);

	if (chosen < 0)
		return -1;
	if (e->kind == BOOT)
		*(enum appraise_boot *)to =
			chosen ? APPRAISE_BOOT_UNMEASURED : APPRAISE_BOOT_APPROVED;
	else
		*(bool *)to = chosen;
	return 0;
}

static int set_entry(const struct entry *e, const char *value, struct vset *set, struct err *err)
{
	void *to = (char *)set + e->at;

	switch (e->kind) {
	case TEXT:
	case PATH:
		return set_text(to, e, value, err);
	case NUMBER:
		return cmd_parse_uint(value, e->min, e->max, to, err);
	case LEVELS:
		return set_levels(to, value, err);
	case YES_NO:
	case BOOT:
	case WITHOUT:
		return set_choice(e, value, to, err);
	}
	return err_set(err, "unknown kind");
}

static int on_entry(void *ctx, const char *section, const char *name, const char *value,
		    struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *e = &entries[i];

		if (strcmp(section, e->section) != 0 || strcmp(name, e->name) != 0)
			continue;
		if (set_entry(e, value, ctx, err) < 0)
			return err_prepend(err, "%s", name);
		return 0;
	}
	return err_set(err, "[%s] has nothing named '%s'", section, name);
}

/* An address, or a name of the DNS: its last label is not digits alone, so that no mistyped address
 * is one. */
static bool is_host(const char *text)
{
	const char *last = strrchr(text, '.');
	uint8_t raw[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1)
		return true;
	last = last ? last + 1 : text;
	return !strchr(text, ':') && last[strspn(last, "0123456789")] && !strstr(text, "..") &&
	       *text != '.' && *text != '-';
}

static int check_names(const char *names, struct err *err)
{
	char text[VSET_TEXT_MAX];
	char *rest = NULL;

	if (names[strspn(names, NAME_CHARS)])
		return err_set(err,
			       "tls-names: '%s' is not names and addresses with blanks between",
			       names);
	strcpy(text, names);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (!is_host(word))
			return err_set(err, "tls-names: '%s' is neither a name nor an address",
				       word);
	return 0;
}

static int check(const struct vset *set, struct err *err)
{
	if (!*set->tls_certificate != !*set->tls_key)
		return err_set(err, "tls-certificate and tls-key go together");
	if (*set->tls_certificate && *set->tls_names)
		return err_set(err, "tls-names are for a certificate that the service makes, and "
				    "tls-certificate names one that is there");
	if (check_names(set->tls_names, err) < 0)
		return -1;
	if (set->stale_after <= set->interval)
		return err_set(err, "stale-after: %lu s is not longer than the interval, %lu s",
			       set->stale_after, set->interval);
	if (*set->store && *set->store != '/' && !vset_is_postgres(set))
		return err_set(err, "store: '%s' is neither an absolute path nor postgresql://",
			       set->store);
	if (*set->webhook && strncmp(set->webhook, "https://", 8) != 0 &&
	    strncmp(set->webhook, "http://", 7) != 0)
		return err_set(err, "webhook: '%s' is neither https:// nor http://", set->webhook);
	return 0;
}

int vset_load(const char *path, struct vset *ret, struct err *err)
{
	AUTO_MEM struct vset *set = calloc(1, sizeof(*set));
	const struct config_ini to = { .fn = on_entry, .ctx = set };
	const char *name = path ? path : VSET_PATH;

	if (!set)
		return err_set(err, "out of memory");
	vset_default(set);
	if ((path || io_exists(name)) && config_ini_load(name, &to, err) < 0)
		return -1;
	if (check(set, err) < 0)
		return err_prepend(err, "%s", name);
	if (!*set->denied &&
	    snprintf(set->denied, sizeof(set->denied), "%s/denied", set->trust) >= VSET_TEXT_MAX)
		return err_set(err, "%s: the trust directory's path is too long", name);
	*ret = *set;
	return 0;
}

char *vset_path(const struct vset *set, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", set->directory, name) < 0 ? NULL : path;
}

bool vset_is_postgres(const struct vset *set)
{
	return strncmp(set->store, "postgresql://", 13) == 0 ||
	       strncmp(set->store, "postgres://", 11) == 0;
}

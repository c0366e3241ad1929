/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay owner: which package a file is of, whose signature it carries, and when it came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "assay/commands/commands.h"
#include "assay/commands/out.h"
#include "assay/host/packages.h"
#include "assay/host/state.h"
#include "assay/host/trust.h"
#include "base/io.h"
#include "cli/log.h"
#include "ima/xattr.h"

enum { OPT_JSON, OPT_ROOT };

const struct cmd_option owner_options[] = {
	{ "root", OPT_ROOT, '\0', "DIR", "the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON array, see assay(8)" },
	{ .name = NULL },
};

struct owner {
	struct host host;
	bool json;
	struct state *state;
	struct config *below; /* its paths with the root before them */
	struct cert_set certs;
	struct dpkg *db;
	json_t *log; /* the newest entry of each package, and of each file that was admitted */
	json_t *answers;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct owner *o = ctx;

	if (id == OPT_ROOT)
		return host_set_root(&o->host, value, err);
	o->json = true;
	return 0;
}

static int on_entry(void *ctx, const json_t *entry, struct err *err)
{
	struct owner *o = ctx;
	const json_t *name = json_object_get(entry, "package");

	if (!json_is_string(name))
		name = json_object_get(entry, "path");
	if (json_is_string(name) &&
	    json_object_set_new(o->log, json_string_value(name), json_deep_copy(entry)) < 0)
		return err_set(err, "out of memory");
	return 0;
}

static int load_log(struct owner *o, struct err *err)
{
	AUTO_STR path = NULL;
	size_t damaged;

	if (asprintf(&path, "%s" LOG_PATH, o->host.root) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	return io_exists(path) ? log_each(path, on_entry, o, &damaged, err) : 0;
}

static int load(struct owner *o, struct err *err)
{
	o->log = json_object();
	o->answers = json_array();
	if (state_read(&o->host, &o->state, err) < 0 || packages_load(&o->host, &o->db, err) < 0 ||
	    load_log(o, err) < 0)
		return -1;
	o->below = trust_config(&o->host, &o->state->config, err);
	if (!o->below)
		return -1;
	/* A key that is not known is told by its ID. */
	(void)!trust_load(&o->host, &o->state->config, &o->certs, NULL);
	return 0;
}

static void done(struct owner *o)
{
	cert_set_done(&o->certs);
	dpkg_free(o->db);
	json_decref(o->log);
	json_decref(o->answers);
	free(o->below);
	free(o->state);
}

static void add_package(const struct owner *o, const char *path, json_t *answer)
{
	const struct dpkg_package *p = o->db ? dpkg_owner(o->db, path) : NULL;
	const json_t *entry = json_object_get(o->log, p ? p->name : path);

	json_object_set_new(answer, "package", p ? json_string(p->name) : json_null());
	if (p) {
		json_object_set_new(answer, "version", json_string(p->version));
		json_object_set_new(answer, "architecture", json_string(p->arch));
		json_object_set_new(answer, "state", json_string(dpkg_state_name(p->state)));
	}
	json_object_set_new(answer, "log", entry ? json_deep_copy(entry) : json_null());
}

/* Whose the signature says it is; whether it verifies is for verify and explain. */
static void add_key(const struct owner *o, int fd, json_t *answer)
{
	AUTO_MEM struct xattr_sig *sig = malloc(sizeof(*sig));
	uint8_t value[XATTR_VALUE_MAX];
	const struct cert *cert;
	char keyid[16];
	size_t pos = 0;
	size_t level;
	ssize_t n;

	n = fgetxattr(fd, XATTR_IMA, value, sizeof(value));
	if (!sig || n <= 0 || xattr_sig_decode(value, (size_t)n, sig, NULL) < 0) {
		json_object_set_new(answer, "keyid", json_null());
		return;
	}
	(void)snprintf(keyid, sizeof(keyid), "%08x", sig->keyid);
	json_object_set_new(answer, "keyid", json_string(keyid));
	cert = cert_set_find(&o->certs, sig->keyid, &pos);
	if (!cert)
		return;
	json_object_set_new(answer, "subject", out_name(cert_subject(cert)));
	if (level_of_cert(o->below, cert, &level, NULL) == 0 && level < level_count(o->below))
		json_object_set_new(answer, "level", json_string(level_name(o->below, level)));
}

static void print_answer(const json_t *answer)
{
	const json_t *log = json_object_get(answer, "log");

	out_field("", answer, "path", ": ");
	if (json_is_string(json_object_get(answer, "package"))) {
		out_field("", answer, "package", "");
		out_field(" ", answer, "version", "");
		out_field(" (", answer, "architecture", "");
		out_field("), ", answer, "state", "");
	} else {
		(void)fputs("no package's", stdout);
	}
	if (json_is_string(json_object_get(answer, "keyid"))) {
		out_field("; signature by key ", answer, "keyid", "");
		out_field(" ", answer, "subject", "");
		out_field(", level ", answer, "level", "");
	} else {
		(void)fputs("; no signature", stdout);
	}
	out_field("; taken ", log, "time", "");
	out_field(", version ", log, "version", "");
	out_field(", admitted: ", log, "reason", "");
	(void)putchar('\n');
}

static int tell(struct owner *o, const char *path, struct err *err)
{
	AUTO_STR here = NULL;
	AUTO_STR real = NULL;
	json_t *answer;
	AUTO_FD fd = -1;

	if (*path != '/' && *o->host.root)
		return err_set(err, "%s: not an absolute path, as names below --root are", path);
	here = *path == '/' ? strdup(path) : realpath(path, NULL);
	if (!here)
		return err_errno(err, "%s", path);
	if (host_resolve(&o->host, here, &real, err) < 0)
		return -1;
	fd = real ? host_open(&o->host, real) : -1;
	if (fd < 0)
		return err_set(err, "%s: there is no such regular file", path);
	answer = json_object();
	json_object_set_new(answer, "path", out_name(real));
	add_package(o, real, answer);
	add_key(o, fd, answer);
	if (!o->json)
		print_answer(answer);
	json_array_append_new(o->answers, answer);
	return 0;
}

static int tell_all(const struct cmd *cmd, struct owner *o, int n, char **paths)
{
	int ret = CMD_YES;

	for (int i = 0; i < n; i++) {
		struct err err = ERR_INIT;

		if (tell(o, paths[i], &err) < 0)
			ret = cmd_fail(cmd, &err);
	}
	if (o->json)
		out_print(json_incref(o->answers));
	return ret;
}

int cmd_owner(const struct cmd *cmd, int argc, char **argv)
{
	struct owner o = { .host = { .root = "" }, .certs = CERT_SET_INIT };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, option, &o, &ret);

	if (first < 0)
		return ret;
	if (first == argc)
		return cmd_misuse(cmd, "takes one file or more");
	ret = load(&o, &err) < 0 ? cmd_fail(cmd, &err)
				 : tell_all(cmd, &o, argc - first, argv + first);
	done(&o);
	return ret;
}

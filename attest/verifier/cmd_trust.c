/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier trust: whose signatures count, and which files are not to run any more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/verifier/commands.h"
#include "attest/verifier/reasons.h"
#include "attest/verifier/trust.h"
#include "base/hex.h"
#include "base/io.h"
#include "cli/json.h"

enum { OPT_CONFIG, OPT_LEVEL, OPT_JSON };

static const struct cmd_option options[] = {
	{ "level", OPT_LEVEL, 0, "NAME", "add: the level that it stands for; default: local" },
	{ "json", OPT_JSON, 0, NULL, "list: as JSON" },
	{ "config", OPT_CONFIG, 0, "FILE",
	  "the service's configuration; default: /etc/assay/assay-verifier.conf" },
	{ .name = NULL },
};

struct run {
	const char *config;
	const char *level;
	bool json;
	struct vset set;
};

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct run *r = ctx;

	switch (id) {
	case OPT_CONFIG:
		r->config = value;
		return 0;
	case OPT_LEVEL:
		r->level = value;
		return vset_check_level(value, err);
	default:
		r->json = true;
		return 0;
	}
}

static void cleanup_cert(struct cert **cert)
{
	cert_free(*cert);
}

static void say_reload(void)
{
	(void)fprintf(stderr,
		      "%s: it counts from the next reload on: systemctl reload assay-verifier\n",
		      cmd_program_name());
}

static bool level_counts(const struct vset *set, const char *level)
{
	for (size_t i = 0; i < set->levels.n; i++)
		if (strcmp(set->levels.name[i], level) == 0)
			return true;
	return set->levels.n == 0;
}

/* NAME.der for the file NAME.anything. */
static char *cert_path(const struct run *r, const char *from)
{
	const char *slash = strrchr(from, '/');
	const char *name = slash ? slash + 1 : from;
	const char *dot = strrchr(name, '.');
	const int len = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
	char *path = NULL;

	return asprintf(&path, "%s/%s/%.*s.der", r->set.trust, r->level, len, name) < 0 ? NULL
											: path;
}

static int run_add(struct run *r, const char *from, struct err *err)
{
	CLEANUP(cleanup_cert) struct cert *cert = NULL;
	AUTO_STR path = cert_path(r, from);
	AUTO_STR dir = NULL;
	AUTO_BUF bytes = BUF_INIT(CERT_FILE_MAX);
	const uint8_t *der;
	size_t len;

	if (!path || asprintf(&dir, "%s/%s", r->set.trust, r->level) < 0) {
		dir = NULL;
		return err_set(err, "out of memory");
	}
	if (!level_counts(&r->set, r->level))
		return err_set(err, "level '%s' is none of those that the configuration takes",
			       r->level);
	if (cert_load(from, &cert, err) < 0)
		return -1;
	cert_der(cert, &der, &len);
	if (buf_put(&bytes, der, len, err) < 0 || io_make_dirs(dir, err) < 0 ||
	    io_create_file(path, &bytes, 0644, err) < 0)
		return -1;
	say_reload();
	return 0;
}

static int list_text(const char *level, const char *path, const struct cert *cert)
{
	(void)printf("%08x  %-10s  ", cert_keyid(cert), *level ? level : "-");
	cmd_print_name(stdout, cert_subject(cert));
	(void)printf("  ");
	cmd_print_name(stdout, path);
	(void)putchar('\n');
	return 0;
}

static int list_cert(void *ctx, const char *level, const char *path, struct err *err)
{
	CLEANUP(cleanup_cert) struct cert *cert = NULL;
	json_t *list = ctx;
	char keyid[9];

	if (cert_load(path, &cert, err) < 0)
		return -1;
	if (!list)
		return list_text(level, path, cert);
	(void)snprintf(keyid, sizeof(keyid), "%08x", cert_keyid(cert));
	if (json_array_append_new(list,
				  json_pack("{s:s, s:s, s:o, s:o}", "keyid", keyid, "level", level,
					    "subject", cmd_json_name(cert_subject(cert)), "file",
					    cmd_json_name(path))) < 0)
		return err_set(err, "out of memory");
	return 0;
}

static void digest_text(const struct digest *d, char ret_text[static 160])
{
	const int n = snprintf(ret_text, 16, "%s:", hash_algo_name(d->algo));

	hex_format(d->data, d->len, ret_text + n);
}

static int list_denied(const struct run *r, json_t *list, struct err *err)
{
	AUTO_MEM struct digest *denied = NULL;
	char text[160];
	size_t n = 0;

	if (trust_read_denied(r->set.denied, &denied, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		digest_text(&denied[i], text);
		if (!list)
			(void)printf("denied    %s\n", text);
		else if (json_array_append_new(list, json_string(text)) < 0)
			return err_set(err, "out of memory");
	}
	return 0;
}

static int run_list(struct run *r, const char *operand UNUSED, struct err *err)
{
	AUTO_JSON certs = r->json ? json_array() : NULL;
	AUTO_JSON denied = r->json ? json_array() : NULL;
	AUTO_JSON top = NULL;

	if (trust_each_cert(&r->set, list_cert, certs, err) < 0 || list_denied(r, denied, err) < 0)
		return -1;
	if (!r->json)
		return 0;
	top = json_pack("{s:O, s:O}", "certificates", certs, "denied", denied);
	return cmd_json_print(json_incref(top), err);
}

struct removing {
	const char *keyid;
	char *path;
	size_t n;
};

static int match_keyid(void *ctx, const char *level UNUSED, const char *path, struct err *err)
{
	CLEANUP(cleanup_cert) struct cert *cert = NULL;
	struct removing *m = ctx;
	char keyid[9];

	if (cert_load(path, &cert, err) < 0)
		return -1;
	(void)snprintf(keyid, sizeof(keyid), "%08x", cert_keyid(cert));
	if (strcmp(m->keyid, keyid) != 0 && strcmp(m->keyid, path) != 0)
		return 0;
	free(m->path);
	m->path = strdup(path);
	m->n++;
	return m->path ? 0 : err_set(err, "out of memory");
}

static int run_remove(struct run *r, const char *which, struct err *err)
{
	struct removing m = { .keyid = which };
	AUTO_STR path = NULL;
	int rc = trust_each_cert(&r->set, match_keyid, &m, err);

	path = m.path;
	if (rc < 0)
		return -1;
	if (m.n != 1)
		return err_set(err,
			       m.n ? "%s: more than one certificate has this key id; name its file"
				   : "%s: no certificate has this key id or file",
			       which);
	if (unlink(path) < 0)
		return err_errno(err, "remove: %s", path);
	say_reload();
	return 0;
}

static int run_deny(struct run *r, const char *text, struct err *err)
{
	AUTO_BUF file = BUF_INIT(TRUST_DENIED_FILE_MAX);
	AUTO_MEM struct digest *denied = NULL;
	struct digest digest;
	char line[160];
	size_t n = 0;

	if (trust_parse_digest(text, &digest, err) < 0 ||
	    trust_read_denied(r->set.denied, &denied, &n, err) < 0)
		return -1;
	if (n >= LIST_DENIED_MAX)
		return err_set(err, "%s: has %zu digests, as many as it may", r->set.denied, n);
	if (io_exists(r->set.denied) && io_read_file(r->set.denied, &file, err) < 0)
		return -1;
	digest_text(&digest, line);
	if (file.len && file.data[file.len - 1] != '\n' && buf_put(&file, "\n", 1, err) < 0)
		return -1;
	if (buf_putf(&file, err, "%s\n", line) < 0 || io_make_dirs(r->set.trust, err) < 0 ||
	    io_replace_file(r->set.denied, &file, 0644, err) < 0)
		return -1;
	say_reload();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct run *r, const char *operand, struct err *err);
	const char *operand; /* NULL: none */
} actions[] = {
	{ "add", run_add, "one certificate" },
	{ "list", run_list, NULL },
	{ "remove", run_remove, "one key id or file" },
	{ "deny", run_deny, "one digest, sha256:HEX" },
};

static int act(const struct cmd *cmd, struct run *r, int n, char **words)
{
	struct err err = ERR_INIT;
	size_t i = 0;

	while (i < ARRAY_LEN(actions) && (n == 0 || strcmp(words[0], actions[i].name) != 0))
		i++;
	if (i == ARRAY_LEN(actions))
		return cmd_misuse(cmd, "one of add, list, remove, deny is asked for");
	if (n != (actions[i].operand ? 2 : 1))
		return cmd_misuse(cmd, "%s takes %s", actions[i].name,
				  actions[i].operand ? actions[i].operand : "no operand");
	if (vset_load(r->config, &r->set, &err) < 0 ||
	    actions[i].run(r, actions[i].operand ? words[1] : NULL, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

static int cmd_trust(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_MEM struct run *r = calloc(1, sizeof(*r));
	int ret_exit = CMD_TROUBLE;
	int first;

	if (!r) {
		struct err err = ERR_INIT;

		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	r->level = "local";
	first = cmd_options(cmd, argc, argv, take_option, r, &ret_exit);
	return first < 0 ? ret_exit : act(cmd, r, argc - first, argv + first);
}

const struct cmd command_trust = {
	.name = "trust",
	.operands = "add CERT | list | remove KEYID | deny DIGEST",
	.summary = "whose signatures count, and which files are not to run any more",
	.about = "Edits the directory of trusted certificates, and the list of denied digests in "
		 "it.  The service\nreads them when it starts and on SIGHUP; what hosts ran before "
		 "is then judged anew.",
	.options = options,
	.run = cmd_trust,
};

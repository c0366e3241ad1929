/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay level: whose packages this host takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/commands/commands.h"
#include "assay/commands/out.h"
#include "assay/commands/status.h"
#include "assay/host/state.h"
#include "assay/host/trust.h"
#include "base/io.h"
#include "cli/passphrase.h"

enum { OPT_JSON, OPT_PASSPHRASE_FILE, OPT_NO_INITRAMFS, OPT_ROOT };

const struct cmd_option level_options[] = {
	{ "passphrase-file", OPT_PASSPHRASE_FILE, '\0', "FILE",
	  "the signing key's passphrase, first line" },
	{ "no-initramfs", OPT_NO_INITRAMFS, '\0', NULL,
	  "do not make the initramfs anew (who builds images does it later)" },
	{ "root", OPT_ROOT, '\0', "DIR", "the host below DIR; implies --no-initramfs" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

struct level {
	const struct cmd *cmd;
	struct host host;
	const char *passphrase_file;
	bool json;
	bool no_initramfs;
	struct state *state;
	struct record *boot;  /* in force on the running host; NULL: none, or not known */
	struct config *below; /* its paths with the root before them */
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct level *l = ctx;

	switch (id) {
	case OPT_PASSPHRASE_FILE:
		l->passphrase_file = value;
		return 0;
	case OPT_NO_INITRAMFS:
		l->no_initramfs = true;
		return 0;
	case OPT_ROOT:
		return host_set_root(&l->host, value, err);
	default:
		l->json = true;
		return 0;
	}
}

static const char *configured(const struct level *l)
{
	return level_name(&l->state->config, level_of_host(&l->state->config));
}

/* NULL: nothing is in force, or it is not known what. */
static const char *in_force(const struct level *l)
{
	const struct state *s = l->state;

	if (l->boot)
		return l->boot->level;
	return s->force >= FORCE_LOG && s->same_record ? s->record.level : NULL;
}

/* The record of this boot, which the next boot's need not be any more. */
static void read_boot(struct level *l)
{
	AUTO_MEM struct record *boot = malloc(sizeof(*boot));
	bool there = false;

	if (boot && !*l->host.root && record_in_force(boot, &there, NULL) == 0 && there)
		l->boot = take_ptr(&boot);
}

static int run_get(struct level *l)
{
	const char *now = in_force(l);
	json_t *top;

	if (l->json) {
		top = json_object();
		json_object_set_new(top, "level", json_string(configured(l)));
		json_object_set_new(top, "in_force", now ? json_string(now) : json_null());
		out_print(top);
		return CMD_YES;
	}
	(void)printf("%s", configured(l));
	if (!status_is_known(&l->host))
		(void)printf("  (in force: not known below --root)");
	else if (!now || strcmp(now, configured(l)) != 0)
		(void)printf("  (in force: %s)", now ? now : "none");
	(void)printf("\n");
	return CMD_YES;
}

static int list_cert(void *ctx, const char *path, struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set one = CERT_SET_INIT;
	json_t *entry = json_object();
	char keyid[16];

	json_object_set_new(entry, "file", out_name(path));
	if (cert_set_add_file(&one, path, err) < 0) {
		json_object_set_new(entry, "trouble", json_string(err->text));
	} else {
		(void)snprintf(keyid, sizeof(keyid), "%08x", cert_keyid(one.cert[0]));
		json_object_set_new(entry, "keyid", json_string(keyid));
		json_object_set_new(entry, "subject", out_name(cert_subject(one.cert[0])));
	}
	json_array_append_new(ctx, entry);
	return 0;
}

static int list_keyring(void *ctx, const char *path, struct err *err UNUSED)
{
	json_array_append_new(ctx, out_name(path));
	return 0;
}

static json_t *describe(const struct level *l, size_t level)
{
	json_t *entry = json_object();
	json_t *certs = json_array();
	json_t *keyrings = json_array();
	struct err err = ERR_INIT;

	if (level_certs(l->below, level, list_cert, certs, &err) < 0)
		json_object_set_new(entry, "trouble", out_name(err.text));
	if (level_keyrings(l->below, level, list_keyring, keyrings, &err) < 0)
		json_object_set_new(entry, "trouble", out_name(err.text));
	json_object_set_new(entry, "name", json_string(level_name(l->below, level)));
	json_object_set_new(entry, "accepted", json_boolean(level <= level_of_host(l->below)));
	json_object_set_new(entry, "certificates", certs);
	json_object_set_new(entry, "keyrings", keyrings);
	return entry;
}

/* What can't be used of a file that is named. */
static const char *lack(const char *path)
{
	return io_exists(path) ? "(unreadable)" : "(not there)";
}

static void print_level(const json_t *entry)
{
	const char *trouble = json_string_value(json_object_get(entry, "trouble"));
	const json_t *one;
	size_t i;

	(void)printf("level %s: its packages and files are %s\n",
		     json_string_value(json_object_get(entry, "name")),
		     json_is_true(json_object_get(entry, "accepted")) ? "taken" : "refused");
	if (trouble)
		(void)printf("  %s\n", trouble);
	json_array_foreach(json_object_get(entry, "certificates"), i, one)
	{
		const char *file = json_string_value(json_object_get(one, "file"));
		const char *keyid = json_string_value(json_object_get(one, "keyid"));
		const char *subject = json_string_value(json_object_get(one, "subject"));

		(void)printf("  certificate  %s  %s%s%s\n", file, keyid ? keyid : lack(file),
			     subject ? "  " : "", subject ? subject : "");
	}
	json_array_foreach(json_object_get(entry, "keyrings"), i, one)
	{
		const char *file = json_string_value(one);

		(void)printf("  archives of  %s%s%s\n", file, io_exists(file) ? "" : "  ",
			     io_exists(file) ? "" : lack(file));
	}
}

static int run_list(struct level *l)
{
	const char *now = in_force(l);
	json_t *levels = json_array();
	AUTO_JSON top = json_object();

	for (size_t i = 0; i < level_count(l->below); i++) {
		json_t *entry = describe(l, i);

		if (!l->json)
			print_level(entry);
		json_array_append_new(levels, entry);
	}
	json_object_set_new(top, "level", json_string(configured(l)));
	json_object_set_new(top, "in_force", now ? json_string(now) : json_null());
	json_object_set_new(top, "levels", levels);
	if (l->json)
		out_print(take_ptr(&top));
	else if (l->below->n_levels)
		(void)printf("whatever the level, the kernel is given the signing certificate %s\n",
			     l->below->certificate);
	return CMD_YES;
}

/* The same as 'assay enable' in the mode that is configured: it refuses what would not boot. */
static int enable(const struct level *l)
{
	if (l->passphrase_file)
		passphrase_use_file(l->passphrase_file);
	return enable_host(l->cmd, &l->host, l->state->config.settings.mode, l->json,
			   l->no_initramfs);
}

static mode_t config_mode(const struct level *l)
{
	struct stat st;

	return host_stat(&l->host, CONFIG_PATH, &st) ? st.st_mode & 07777 : 0644;
}

static int write_level(const struct level *l, const char *name, struct buf *old, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONFIG_MAX);

	if (host_read(&l->host, CONFIG_PATH, old, NULL, err) < 0 ||
	    config_edit(old, "level", name, &text, err) < 0)
		return -1;
	return host_replace(&l->host, CONFIG_PATH, &text, config_mode(l), err);
}

static void print_set(const struct level *l, const char *name)
{
	json_t *top;

	if (!l->json) {
		(void)printf(
			"level %s; takes effect once 'assay enable' was run and the host booted\n",
			name);
		return;
	}
	top = json_object();
	json_object_set_new(top, "level", json_string(name));
	json_object_set_new(top, "takes_effect", json_string("with assay enable"));
	out_print(top);
}

/* What enable refuses leaves the configuration as it was. */
static int set_level(struct level *l, const char *name)
{
	AUTO_BUF old = BUF_INIT(CONFIG_MAX);
	struct err err = ERR_INIT;
	int rc;

	if (write_level(l, name, &old, &err) < 0)
		return cmd_fail(l->cmd, &err);
	if (l->state->config.settings.mode == MODE_OFF) {
		print_set(l, name);
		return CMD_YES;
	}
	rc = enable(l);
	if (rc == CMD_YES && !l->json)
		(void)printf("the level is then %s\n", name);
	if (rc != CMD_YES && host_replace(&l->host, CONFIG_PATH, &old, config_mode(l), &err) < 0)
		return cmd_fail(l->cmd, &err);
	return rc;
}

static int run_set(struct level *l, const char *name)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < l->state->config.n_levels; i++) {
		if (strcmp(level_name(&l->state->config, i), name) != 0)
			continue;
		if (geteuid() == 0 || *l->host.root)
			return set_level(l, name);
		(void)err_set(&err, "only root can change what the next boot does");
		return cmd_fail(l->cmd, &err);
	}
	if (l->state->config.n_levels)
		(void)err_set(&err, "there is no level '%s'; 'assay level list%s%s' shows them",
			      name, *l->host.root ? " --root " : "", l->host.root);
	else
		(void)err_set(&err,
			      "%s" CONFIG_PATH " names no levels, so that there is none to choose; "
			      "see [levels] in assay.conf(5)",
			      l->host.root);
	return cmd_fail(l->cmd, &err);
}

static int run(struct level *l, int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (state_read_damaged(&l->host, &l->state, &err) < 0)
		return cmd_fail(l->cmd, &err);
	if (*l->state->config_damage.text) {
		err = l->state->config_damage;
		return cmd_fail(l->cmd, &err);
	}
	l->below = trust_config(&l->host, &l->state->config, &err);
	if (!l->below)
		return cmd_fail(l->cmd, &err);
	read_boot(l);
	if (strcmp(argv[0], "set") == 0)
		return run_set(l, argv[argc - 1]);
	return strcmp(argv[0], "get") == 0 ? run_get(l) : run_list(l);
}

int cmd_level(const struct cmd *cmd, int argc, char **argv)
{
	struct level level = { .cmd = cmd, .host = { .root = "" } };
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, option, &level, &ret);
	const char *verb = first >= 0 && first < argc ? argv[first] : "";
	int words;

	if (first < 0)
		return ret;
	words = strcmp(verb, "set") == 0 ? 2
					 : strcmp(verb, "get") == 0 || strcmp(verb, "list") == 0;
	if (words == 0 || argc - first != words)
		return cmd_misuse(cmd, "takes get, list, or set and a level's name");
	ret = run(&level, argc - first, argv + first);
	free(level.boot);
	free(level.below);
	free(level.state);
	return ret;
}

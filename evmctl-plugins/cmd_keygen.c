/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign keygen: makes the signing key and its certificate. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/passphrase.h"
#include "crypto/keygen.h"
#include "evmctl-plugins/commands.h"
#include "evmctl-plugins/job.h"
#include "proto/config.h"

#define KEY_TEXT_MAX 65536
#define DAYS_DEFAULT 3650

enum option_id { KEY = 1, CERT, TYPE, NAME, DAYS, ROOT, PASSPHRASE_FILE, NO_PASSPHRASE };

static const struct cmd_option options[] = {
	{ "key", KEY, 'k', "URI", "where the key is or will be (default: the configuration's)" },
	{ "cert", CERT, 'c', "FILE", "where the certificate will be" },
	{ "type", TYPE, 't', "TYPE", "rsa2048 (default), rsa3072, rsa4096, p256, p384" },
	{ "name", NAME, 0, "TEXT", "the certificate's common name" },
	{ "days", DAYS, 0, "N", "how long the certificate is valid: 1 to 36500 (3650)" },
	{ "root", ROOT, 0, "DIR", "for the system below this directory" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the key's passphrase, first line" },
	{ "no-passphrase", NO_PASSPHRASE, 0, NULL, "a key that needs none" },
	{ .name = NULL },
};

struct keygen {
	const char *key; /* NULL: the configuration's, likewise cert */
	const char *cert;
	enum keygen_type type;
	const char *name;
	unsigned long days;
	char *root; /* as job_root_parse has it; NULL: the running system */
	bool from_file;
	bool no_passphrase;
	bool given; /* the paths, by the operator: no directory is made for them */
};

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static void keygen_done(struct keygen *k)
{
	free(k->root);
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct keygen *k = ctx;

	switch ((enum option_id)id) {
	case KEY:
		k->key = value;
		return 0;
	case CERT:
		k->cert = value;
		return 0;
	case TYPE:
		return keygen_type_parse(value, &k->type, err);
	case NAME:
		k->name = value;
		return 0;
	case DAYS:
		return cmd_parse_uint(value, 1, KEYGEN_DAYS_MAX, &k->days, err);
	case ROOT:
		return job_root_parse(value, &k->root, err);
	case PASSPHRASE_FILE:
		k->from_file = true;
		passphrase_use_file(value);
		return 0;
	case NO_PASSPHRASE:
		k->no_passphrase = true;
		return 0;
	}
	return err_set(err, "unknown option");
}

/* A path that was given may be mistyped. */
static int require_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO_STR dir = slash && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;
	struct stat st;

	if (!dir || (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	return err_set(err, "%s: there is no directory %s; make it first", path, dir);
}

/* The directory of path: those above as usual, itself with the mode. */
static int make_parent(const struct keygen *k, const char *path, mode_t mode, struct err *err)
{
	AUTO_STR dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	char *upper;

	if (k->given)
		return 0;
	if (!dir)
		return err_set(err, "out of memory");
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	upper = strrchr(dir, '/');
	if (upper && upper != dir) {
		*upper = '\0';
		if (io_make_dirs(dir, err) < 0)
			return -1;
		*upper = '/';
	}
	if (mkdir(dir, mode) < 0 && errno != EEXIST)
		return err_errno(err, "mkdir: %s", dir);
	return 0;
}

static int save_key(const struct keygen *k, const struct key *key, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_INIT(KEY_TEXT_MAX);
	char passphrase[PASSPHRASE_MAX] = "";
	int rc = 0;

	if (!k->no_passphrase)
		rc = passphrase_ask_new(passphrase, sizeof(passphrase), err);
	if (rc == 0)
		rc = keygen_encode(key, k->no_passphrase ? NULL : passphrase, &text, err);
	explicit_bzero(passphrase, sizeof(passphrase));
	if (rc < 0 || make_parent(k, k->key, 0700, err) < 0)
		return -1;
	return io_create_file(k->key, &text, 0600, err);
}

static int save_cert(const struct keygen *k, const struct key *key, struct err *err)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);
	char host[KEYGEN_NAME_MAX - 24] = "";
	char name[KEYGEN_NAME_MAX + 1];

	if (gethostname(host, sizeof(host) - 1) < 0)
		(void)strcpy(host, "this host");
	(void)snprintf(name, sizeof(name), "Assay signing key of %s", host);
	if (keygen_self_sign(key, k->name ? k->name : name, (unsigned int)k->days, &der, err) < 0 ||
	    make_parent(k, k->cert, 0755, err) < 0)
		return -1;
	return io_create_file(k->cert, &der, 0644, err);
}

/* Any store but a file has its keys made by its own tools. */
static bool key_is_there(const char *uri)
{
	const char *colon = strchr(uri, ':');
	const char *slash = strchr(uri, '/');

	return (colon && (!slash || colon < slash)) || io_exists(uri);
}

/* A new certificate beside the old key is of that key still. */
static int refuse(const struct keygen *k, struct err *err)
{
	const char *words = "exists already; move it away first to make a new one";

	if (!io_exists(k->key))
		return err_set(err, "certificate: %s: %s", k->cert, words);
	return err_set(err, "certificate: %s: %s, and %s too for a new key", k->cert, words,
		       k->key);
}

/* The key is on disk before its certificate is, so that a run that was cut short is finished by
 * the next: a key without a certificate gets one. */
static int make(const struct keygen *k, struct err *err)
{
	CLEANUP(cleanup_key) struct key *key = NULL;

	if (io_exists(k->cert))
		return refuse(k, err);
	if (k->given && require_parent(k->cert, err) < 0)
		return -1;
	if (key_is_there(k->key)) {
		if (key_load(k->key, passphrase_ask, &key, err) < 0)
			return -1;
		return save_cert(k, key, err);
	}
	if ((k->given && require_parent(k->key, err) < 0) ||
	    keygen_generate(k->type, &key, err) < 0 || save_key(k, key, err) < 0)
		return -1;
	if (save_cert(k, key, err) == 0)
		return 0;
	(void)unlink(k->key);
	return -1;
}

static void tell(const struct keygen *k, bool had_key)
{
	if (isatty(STDERR_FILENO) != 1)
		return;
	(void)fprintf(stderr, "made ");
	if (!had_key) {
		cmd_print_name(stderr, k->key);
		(void)fprintf(stderr, " and ");
	}
	cmd_print_name(stderr, k->cert);
	(void)fprintf(stderr, "; keep a copy of the key elsewhere: without it nothing new can be "
			      "signed\n");
}

/* A root that is mistyped is not made. */
static int load_config(const struct keygen *k, struct config *config, struct err *err)
{
	const char *root = k->root ? k->root : "";
	AUTO_STR path = NULL;
	struct stat st;

	if (stat(*root ? root : "/", &st) < 0)
		return err_errno(err, "%s", root);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, "%s: not a directory", root);
	if (asprintf(&path, "%s%s", root, CONFIG_PATH) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (config_load(path, config, err) < 0)
		return -1;
	return config_put_below(config, root, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_MEM struct config *config = malloc(sizeof(*config));
	CLEANUP(keygen_done)
	struct keygen k = { .type = KEYGEN_RSA2048, .days = DAYS_DEFAULT };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &k, &ret);
	bool had_key;
	bool usual;

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (k.from_file && k.no_passphrase)
		return cmd_misuse(cmd, "--passphrase-file and --no-passphrase exclude each other");
	if (!config)
		(void)err_set(&err, "out of memory");
	if (!config || load_config(&k, config, &err) < 0)
		return cmd_fail(cmd, &err);
	if (k.key && !k.cert)
		return cmd_misuse(cmd, "--key needs --cert, the file for its certificate");
	usual = !k.key && !k.root;
	k.given = k.key != NULL;
	if (usual && geteuid() != 0) {
		(void)err_set(&err, "only root can make the host's key; --key and --cert make one "
				    "elsewhere");
		return cmd_fail(cmd, &err);
	}
	k.key = k.key ? k.key : config->signing;
	k.cert = k.cert ? k.cert : config->certificate;
	had_key = key_is_there(k.key);
	if (make(&k, &err) < 0)
		return cmd_fail(cmd, &err);
	tell(&k, had_key);
	if (usual)
		cmd_next("assay check");
	return CMD_YES;
}

const struct cmd cmd_keygen = {
	.name = "keygen",
	.operands = "",
	.summary = "make a signing key and its certificate",
	.about = "Makes a private key and a self-signed certificate that the kernel's keyrings\n"
		 "take.  For a key that is there already only the certificate is made.  Nothing\n"
		 "is overwritten.  Debian's kernels before 6.12 verify RSA only.",
	.options = options,
	.run = run,
};

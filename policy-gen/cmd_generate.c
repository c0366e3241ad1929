/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-policy generate: the policy for one kernel and the host's configuration. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "ima/policy_gen.h"
#include "policy-gen/commands.h"
#include "proto/config.h"
#include "proto/record.h"

#define POLICY_FILE_MODE 0644

enum {
	OPT_MODE,
	OPT_PROFILE,
	OPT_KERNEL,
	OPT_SIGNATURE_FS,
	OPT_VERITY_FS,
	OPT_ROOT,
	OPT_CONFIG,
	OPT_NO_MEASURE,
	OPT_OUTPUT
};

const struct cmd_option generate_options[] = {
	{ "mode", OPT_MODE, 0, "MODE",
	  "enforce or log; default: the configuration's, else enforce" },
	{ "profile", OPT_PROFILE, 0, "PROFILE",
	  "signature, verity or auto; default: the configuration's" },
	{ "kernel", OPT_KERNEL, 0, "VERSION",
	  "kernel that will load it; default: the running one" },
	{ "signature-fs", OPT_SIGNATURE_FS, 0, "UUID",
	  "file system of the signature profile; repeatable" },
	{ "verity-fs", OPT_VERITY_FS, 0, "UUID", "file system of the verity profile; repeatable" },
	{ "root", OPT_ROOT, 0, "DIR", "file system that 'auto' looks at; default: /" },
	{ "config", OPT_CONFIG, 0, "FILE", "configuration; default: " CONFIG_PATH },
	{ "no-measure", OPT_NO_MEASURE, 0, NULL, "leave out the measurements for attestation" },
	{ "output", OPT_OUTPUT, 'o', "FILE", "write there, whole or not at all; default: stdout" },
	{ .name = NULL },
};

/* What the command line said; NULL: nothing. */
struct generate {
	enum settings_mode mode; /* MODE_OFF: not given */
	enum settings_profile profile;
	bool has_profile;
	const char *kernel;
	const char *root;
	const char *config;
	const char *output;
	struct policy_plan plan;
};

static int add_fs(const char **list, size_t *n, const char *uuid, struct err *err)
{
	if (*n == POLICY_GEN_FS_MAX)
		return err_set(err, "more than %d file systems", POLICY_GEN_FS_MAX);
	list[(*n)++] = uuid;
	return 0;
}

static int parse_mode(const char *value, enum settings_mode *ret_mode, struct err *err)
{
	if (strcmp(value, "enforce") == 0)
		*ret_mode = MODE_ENFORCE;
	else if (strcmp(value, "log") == 0)
		*ret_mode = MODE_LOG;
	else
		return err_set(err, "'%s' is neither enforce nor log", value);
	return 0;
}

static int parse_profile(const char *value, enum settings_profile *ret_profile, struct err *err)
{
	if (strcmp(value, "signature") == 0)
		*ret_profile = PROFILE_SIGNATURE;
	else if (strcmp(value, "verity") == 0)
		*ret_profile = PROFILE_VERITY;
	else if (strcmp(value, "auto") == 0)
		*ret_profile = PROFILE_AUTO;
	else
		return err_set(err, "'%s' is none of signature, verity, auto", value);
	return 0;
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct generate *g = ctx;

	switch (id) {
	case OPT_MODE:
		return parse_mode(value, &g->mode, err);
	case OPT_PROFILE:
		g->has_profile = true;
		return parse_profile(value, &g->profile, err);
	case OPT_KERNEL:
		g->kernel = value;
		return kernel_version_parse(value, &g->plan.kernel, err);
	case OPT_SIGNATURE_FS:
		return add_fs(g->plan.signature_fs, &g->plan.n_signature_fs, value, err);
	case OPT_VERITY_FS:
		return add_fs(g->plan.verity_fs, &g->plan.n_verity_fs, value, err);
	case OPT_ROOT:
		g->root = value;
		return 0;
	case OPT_CONFIG:
		g->config = value;
		return 0;
	case OPT_NO_MEASURE:
		g->plan.no_measure = true;
		return 0;
	default:
		g->output = value;
		return 0;
	}
}

/* Has the file system the verity feature?  Asked of the directory itself, nothing is changed. */
static int has_verity(const char *dir, bool *ret_has, struct err *err)
{
	union {
		struct fsverity_digest head;
		char room[sizeof(struct fsverity_digest) + 64];
	} d = { .head = { .digest_size = 64 } };
	AUTO_FD fd = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

	if (fd < 0)
		return err_errno(err, "%s", dir);
	*ret_has = ioctl(fd, FS_IOC_MEASURE_VERITY, &d) == 0 || errno == ENODATA;
	return 0;
}

/* What the command line left open, from the configuration. */
static int choose_configured(struct generate *g, struct err *err)
{
	AUTO_MEM struct config *config = malloc(sizeof(*config));

	if (!config)
		return err_set(err, "out of memory");
	if (config_load_given(g->config, config, err) < 0)
		return -1;
	if (g->mode == MODE_OFF)
		g->mode = config->settings.mode;
	if (!g->has_profile)
		g->profile = config->settings.profile;
	return 0;
}

static int choose(struct generate *g, struct err *err)
{
	bool verity = false;

	if (choose_configured(g, err) < 0)
		return -1;
	if (!g->kernel && kernel_version_running(&g->plan.kernel, err) < 0)
		return err_prepend(err, "give --kernel");
	if (g->profile == PROFILE_AUTO && has_verity(g->root ? g->root : "/", &verity, err) < 0)
		return -1;
	if (g->profile == PROFILE_VERITY)
		verity = true;
	g->plan.mode = g->mode == MODE_LOG ? POLICY_GEN_LOG : POLICY_GEN_ENFORCE;
	g->plan.profile = verity ? POLICY_GEN_VERITY : POLICY_GEN_SIGNATURE;
	return 0;
}

static int deliver(const struct buf *text, const char *output, struct err *err)
{
	if (output)
		return io_replace_file(output, text, POLICY_FILE_MODE, err);
	if (io_write_all(STDOUT_FILENO, text->data, text->len, err) < 0)
		return err_prepend(err, "stdout");
	return 0;
}

int cmd_generate(const struct cmd *cmd, int argc, char **argv)
{
	struct generate g = { .kernel = NULL };
	struct err err = ERR_INIT;
	AUTO_BUF text = BUF_INIT(RECORD_POLICY_MAX);
	int ret_exit = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, take_option, &g, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "it takes no operand, not '%s'", argv[first]);
	if (choose(&g, &err) < 0 || policy_generate(&g.plan, &text, &err) < 0 ||
	    deliver(&text, g.output, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

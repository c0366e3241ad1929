/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay check: can this host be enabled, and what stands in the way? */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "assay/checks/checks.h"
#include "assay/checks/files.h"
#include "assay/commands/commands.h"
#include "assay/essential/essential.h"
#include "assay/commands/out.h"

#define NEXT_MEND "mend each reason; what has no signature yet, 'assay sign --installed' signs"

enum { OPT_JSON, OPT_VERBOSE, OPT_ROOT };

const struct cmd_option check_options[] = {
	{ "verbose", OPT_VERBOSE, 'v', NULL, "list every file, and what is as it should be" },
	{ "root", OPT_ROOT, '\0', "DIR", "look at the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

struct check_options_given {
	struct host host;
	bool json;
	bool verbose;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct check_options_given *o = ctx;

	if (id == OPT_ROOT)
		return host_set_root(&o->host, value, err);
	o->json |= id == OPT_JSON;
	o->verbose |= id == OPT_VERBOSE;
	return 0;
}

static int check_files(const struct checks *c, bool verbose, json_t *packages, struct err *err)
{
	const struct judge judge = { .host = c->host,
				     .config = c->config,
				     .profile = c->config->settings.profile,
				     .progress = true };
	CLEANUP(judgement_done) struct judgement judgement = { .n = 0 };
	AUTO_PATHS essential = PATHS_INIT;

	if (essential_collect(c->host, &c->config->settings, &essential, err) < 0 ||
	    judge_trees(&judge, c->mounts, &judgement, err) < 0 ||
	    judgement_settle(c->host, &essential, &judgement, err) < 0)
		return -1;
	checks_files(&judgement, verbose, c->report, packages);
	return 0;
}

static void print_verdict(const struct report *r)
{
	if (r->reasons == 0)
		(void)printf("this host can be enabled\n");
	else
		(void)printf("cannot be enabled yet: %zu reason%s\n", r->reasons,
			     r->reasons == 1 ? "" : "s");
}

static void print_all(const struct check_options_given *o, const struct report *r, json_t *packages)
{
	json_t *top;

	if (!o->json) {
		json_decref(packages);
		report_print(r, o->verbose);
		print_verdict(r);
		if (!*o->host.root)
			cmd_next(r->reasons ? NEXT_MEND : "assay enable --log");
		return;
	}
	top = json_object();
	json_object_set_new(top, "can_be_enabled", json_boolean(r->reasons == 0));
	json_object_set_new(top, "reasons", json_integer((json_int_t)r->reasons));
	json_object_set(top, "findings", r->findings);
	json_object_set_new(top, "packages", packages);
	out_print(top);
}

static int run(const struct check_options_given *o, struct report *report, struct err *err)
{
	AUTO_MEM struct state *state = NULL;
	CLEANUP(mounts_done) struct mounts mounts = { .n = 0 };
	json_t *packages;
	struct checks c;

	if (state_read(&o->host, &state, err) < 0 || mounts_read(&o->host, &mounts, err) < 0)
		return -1;
	c = (struct checks){ .host = &o->host,
			     .config = &state->config,
			     .facts = &state->facts,
			     .mounts = &mounts,
			     .profile = checks_profile(&o->host, &state->config),
			     .no_initramfs = *o->host.root != '\0', /* as enable there */
			     .report = report };
	checks_kernel(&c);
	checks_machine(&c);
	checks_storage(&c);
	checks_root_entries(&c);
	checks_init(&c);
	checks_keys(&c);
	checks_packages(&c);
	checks_boot(&c);
	checks_modules(&c);
	packages = json_array();
	/* Where it is not known which keys there will be, no file can be judged. */
	if (checks_keys_known(&c) && check_files(&c, o->verbose, packages, err) < 0) {
		json_decref(packages);
		return -1;
	}
	print_all(o, report, packages);
	return 0;
}

int cmd_check(const struct cmd *cmd, int argc, char **argv)
{
	struct check_options_given o = { .host = { .root = "" } };
	struct err err = ERR_INIT;
	struct report report;
	int ret_exit;
	int first = cmd_options(cmd, argc, argv, option, &o, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	if (geteuid() != 0) {
		(void)err_set(&err, "only root can see all that counts");
		return cmd_fail(cmd, &err);
	}
	if (report_init(&report, o.host.root, &err) < 0)
		return cmd_fail(cmd, &err);
	ret_exit = run(&o, &report, &err) < 0 ? cmd_fail(cmd, &err)
		   : report.reasons	      ? CMD_NO
					      : CMD_YES;
	report_done(&report);
	return ret_exit;
}

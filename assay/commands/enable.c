/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay enable: the next boot enforces, or only logs. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "assay/checks/refusals.h"
#include "assay/next_boot/bundle.h"
#include "assay/next_boot/lock.h"
#include "assay/checks/files.h"
#include "assay/commands/commands.h"
#include "assay/essential/essential.h"
#include "assay/commands/out.h"
#include "cli/passphrase.h"

enum { OPT_LOG, OPT_JSON, OPT_PASSPHRASE_FILE, OPT_NO_INITRAMFS, OPT_VERBOSE, OPT_ROOT };

#define FILES_SHOWN_MAX 40 /* denied files listed one by one without --verbose */

const struct cmd_option enable_options[] = {
	{ "log", OPT_LOG, '\0', NULL, "run everything, and note what would have been denied" },
	{ "passphrase-file", OPT_PASSPHRASE_FILE, '\0', "FILE",
	  "the signing key's passphrase, first line" },
	{ "verbose", OPT_VERBOSE, 'v', NULL, "list every file that stands in the way" },
	{ "no-initramfs", OPT_NO_INITRAMFS, '\0', NULL,
	  "do not make the initramfs anew (who builds images does it later)" },
	{ "root", OPT_ROOT, '\0', "DIR", "enable the host below DIR; implies --no-initramfs" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

struct enable {
	struct host host;
	enum settings_mode mode;
	bool json;
	bool no_initramfs;
	bool verbose;
	/* what is known of the host: */
	struct state *state;
	struct mounts mounts;
	struct checks checks;
	struct report report;
	uint32_t epoch;
	json_t *packages; /* those with denied files, NULL: not looked at */
	struct key *key;
	struct cert *cert;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct enable *e = ctx;

	switch (id) {
	case OPT_LOG:
		e->mode = MODE_LOG;
		return 0;
	case OPT_PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case OPT_NO_INITRAMFS:
		e->no_initramfs = true;
		return 0;
	case OPT_VERBOSE:
		e->verbose = true;
		return 0;
	case OPT_ROOT:
		return host_set_root(&e->host, value, err);
	default:
		e->json = true;
		return 0;
	}
}

static void cleanup_enable(struct enable *e)
{
	mounts_done(&e->mounts);
	report_done(&e->report);
	json_decref(e->packages);
	key_free(e->key);
	cert_free(e->cert);
	free(e->state);
}

/* In log mode nothing is denied, so that unsigned files are told of by the log itself. */
static int check_essential(struct enable *e, struct err *err)
{
	const struct config *config = &e->state->config;
	const struct judge judge = { .host = &e->host,
				     .config = config,
				     .profile = config->settings.profile,
				     .progress = true };
	CLEANUP(judgement_done) struct judgement judgement = { .n = 0 };
	AUTO_PATHS essential = PATHS_INIT;
	AUTO_JSON packages = json_array();

	if (essential_collect(&e->host, &config->settings, &essential, err) < 0 ||
	    judge_paths(&judge, &essential, &judgement, err) < 0 ||
	    judgement_settle(&e->host, &essential, &judgement, err) < 0)
		return -1;
	checks_files(&judgement, e->verbose || judgement.n <= FILES_SHOWN_MAX, &e->report,
		     packages);
	e->packages = take_ptr(&packages);
	return e->report.reasons ? 0 : checks_others(&e->checks, &judge, &essential, err);
}

/*
 * The record's epoch never goes back.  A damaged record still tells it, or else is not replaced
 * unless it was taken away in so many words.
 */
static int choose_epoch(const struct enable *e, uint32_t *ret_epoch, struct err *err)
{
	const struct state *s = e->state;

	if (*s->record_damage.text && !s->damaged_epoch_known)
		return err_set(err,
			       "%s; its epoch can't be read either: 'assay disable%s' takes it "
			       "away, then enable again",
			       s->record_damage.text, e->report.root_option);
	*ret_epoch = s->has_record	      ? s->record.epoch
		     : s->damaged_epoch_known ? s->damaged_epoch
					      : 1;
	return 0;
}

static int check(struct enable *e, struct err *err)
{
	if (state_read_damaged(&e->host, &e->state, err) < 0 ||
	    mounts_read(&e->host, &e->mounts, err) < 0)
		return -1;
	if (*e->state->config_damage.text)
		return err_set(err, "%s", e->state->config_damage.text);
	if (choose_epoch(e, &e->epoch, err) < 0)
		return -1;
	e->checks = (struct checks){ .host = &e->host,
				     .config = &e->state->config,
				     .facts = &e->state->facts,
				     .mounts = &e->mounts,
				     .profile = checks_profile(&e->host, &e->state->config),
				     .no_initramfs = e->no_initramfs,
				     .log_only = e->mode == MODE_LOG,
				     .report = &e->report };
	checks_kernel(&e->checks);
	checks_machine(&e->checks);
	checks_storage(&e->checks);
	checks_root_entries(&e->checks);
	checks_init(&e->checks);
	checks_keys(&e->checks);
	checks_packages(&e->checks);
	checks_boot(&e->checks);
	if (e->mode == MODE_LOG)
		return 0;
	checks_refusals(e->state, true, &e->report);
	checks_modules(&e->checks);
	if (checks_keys_known(&e->checks))
		return check_essential(e, err);
	return e->report.reasons ? 0 : err_set(err, "certificates that can't be read");
}

static int load_key(struct enable *e, struct err *err)
{
	const struct config *config = &e->state->config;
	const char *uri = config->signing;
	AUTO_STR key_path = NULL;
	AUTO_STR cert_path = NULL;
	struct err why = ERR_INIT;

	if ((*uri == '/' && asprintf(&key_path, "%s%s", e->host.root, uri) < 0) ||
	    asprintf(&cert_path, "%s%s", e->host.root, config->certificate) < 0)
		return err_set(err, "out of memory");
	if (cert_load(cert_path, &e->cert, err) < 0 ||
	    key_load(key_path ? key_path : uri, passphrase_ask, &e->key, err) < 0)
		return -1;
	if (key_matches(e->key, e->cert, &why) < 0)
		return err_set(err,
			       "%s: %s; put the key's own certificate there, or move the key away "
			       "and run 'assay keygen%s'",
			       config->certificate, why.text, e->report.root_option);
	return 0;
}

static int apply(struct enable *e, struct err *err)
{
	const struct bundle_plan plan = { .host = &e->host,
					  .config = &e->state->config,
					  .mounts = &e->mounts,
					  .key = e->key,
					  .cert = e->cert,
					  .mode = e->mode,
					  .profile = e->checks.profile,
					  .epoch = e->epoch };
	const struct change change = { .host = &e->host,
				       .before = e->state->config.settings.mode,
				       .mode = e->mode,
				       .initramfs = !e->no_initramfs };

	if (bundle_make(&plan, err) < 0 || change_apply(&change, err) < 0)
		return -1;
	if (!*e->host.root)
		(void)unlink(STATE_OFF_FILE);
	lock_advise(&change, &e->report);
	return 0;
}

/* A record tells what the next boot does, and not that there was one. */
static void advise_log(struct enable *e)
{
	bool seen = e->state->force == FORCE_LOG || e->state->force == FORCE_ENFORCE;

	if (e->mode == MODE_ENFORCE && !seen)
		(void)report_add(&e->report, REPORT_ADVICE, "log-first",
				 *e->host.root ? NULL
					       : "assay enable --log, reboot, use the host, assay "
						 "events",
				 "no log run was seen: what this host runs beyond booting and "
				 "logging in was not tried");
}

static void tell_journal(const char *event, const char *text)
{
	openlog("assay", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s: %s", event, text);
	closelog();
}

static int print_refusal(const struct enable *e)
{
	json_t *top;

	if (e->json) {
		top = json_object();
		json_object_set_new(top, "done", json_false());
		json_object_set_new(top, "mode", json_string(settings_mode_name(e->mode)));
		json_object_set(top, "findings", e->report.findings);
		json_object_set(top, "packages", e->packages ? e->packages : json_null());
		out_print(top);
		return CMD_NO;
	}
	report_print(&e->report, false);
	(void)printf("refused: %zu reason%s; nothing was changed\n", e->report.reasons,
		     e->report.reasons == 1 ? "" : "s");
	return CMD_NO;
}

static void print_done(const struct enable *e)
{
	json_t *top;

	if (e->json) {
		top = json_object();
		json_object_set_new(top, "done", json_true());
		json_object_set_new(top, "mode", json_string(settings_mode_name(e->mode)));
		json_object_set_new(top, "takes_effect",
				    json_string(e->no_initramfs
							? "when every initramfs is made anew"
							: "next boot"));
		json_object_set(top, "findings", e->report.findings);
		out_print(top);
		return;
	}
	report_print(&e->report, false);
	if (e->no_initramfs)
		(void)printf("%s once every initramfs is made anew ('%supdate-initramfs -u -k all')"
			     "; until then nothing changes\n",
			     e->mode == MODE_LOG ? "logs what it would deny" : "enforces",
			     e->report.chroot);
	else
		(void)printf("%s at the next boot; until then nothing changes\n",
			     e->mode == MODE_LOG ? "logs what it would deny" : "enforces");
}

static int run(const struct cmd *cmd, struct enable *e)
{
	struct err err = ERR_INIT;

	if (check(e, &err) < 0)
		return cmd_fail(cmd, &err);
	if (e->report.reasons)
		return print_refusal(e);
	if (load_key(e, &err) < 0)
		return cmd_fail(cmd, &err);
	advise_log(e);
	if (apply(e, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!*e->host.root)
		tell_journal("assay.enforcement.enabled",
			     e->mode == MODE_LOG ? "mode log at the next boot"
						 : "mode enforce at the next boot");
	print_done(e);
	if (!e->json && !e->no_initramfs)
		cmd_next(e->mode == MODE_LOG ? "reboot, use the host as usual, then 'assay events'"
					     : "reboot, then 'assay status'");
	return CMD_YES;
}

static int begin(const struct cmd *cmd, struct enable *e)
{
	struct err err = ERR_INIT;

	if (report_init(&e->report, e->host.root, &err) < 0)
		return cmd_fail(cmd, &err);
	e->no_initramfs |= *e->host.root != '\0';
	if (geteuid() != 0) {
		(void)err_set(&err, *e->host.root ? "only root can see all that counts"
						  : "only root can change what the next boot does");
		return cmd_fail(cmd, &err);
	}
	return run(cmd, e);
}

int enable_host(const struct cmd *cmd, const struct host *host, enum settings_mode mode, bool json,
		bool no_initramfs)
{
	CLEANUP(cleanup_enable)
	struct enable e = {
		.host = *host, .mode = mode, .json = json, .no_initramfs = no_initramfs
	};

	return begin(cmd, &e);
}

int cmd_enable(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_enable)
	struct enable e = { .host = { .root = "" }, .mode = MODE_ENFORCE };
	int ret_exit;
	int first;

	first = cmd_options(cmd, argc, argv, option, &e, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	return begin(cmd, &e);
}

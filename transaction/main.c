/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-transaction: what dpkg's hooks run, so that what it installs is signed before it is
 * executed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/cmd.h"
#include "cli/taken.h"
#include "transaction/archives.h"
#include "transaction/judge.h"
#include "transaction/pending.h"
#include "transaction/session.h"
#include "trust/signing.h"

enum option { OPTION_ENFORCING = 1 };

static const struct cmd_option begin_options[] = {
	{ "enforcing", OPTION_ENFORCING, 0, NULL, "refuse packages that nobody vouches for" },
	{ .name = NULL },
};

static const struct cmd_option end_options[] = { { .name = NULL } };

struct begin {
	const struct cmd *cmd;
	bool enforcing;
	struct trust *trust;
	struct signing signing;
	struct judge judge;
	struct watch watch;
	json_t *taken; /* entries for the log */
};

static int set_begin_option(void *ctx, int id, const char *value, struct err *err)
{
	struct begin *begin = ctx;

	(void)value;
	(void)err;
	begin->enforcing = begin->enforcing || id == OPTION_ENFORCING;
	return 0;
}

static int set_no_option(void *ctx, int id, const char *value, struct err *err)
{
	(void)ctx;
	(void)id;
	(void)value;
	return err_set(err, "unknown option");
}

/* Without a key that can be used here and now, only what packages bring is attached. */
static int load_key(struct begin *begin, struct err *err)
{
	const struct trust *trust = begin->trust;

	if (signing_load(trust, &begin->signing, err) < 0)
		return -1;
	if (begin->signing.unknown)
		(void)fprintf(stderr, "assay: %s\n", begin->signing.why.text);
	if (!begin->signing.key)
		return 0;
	begin->watch.attacher.how = &begin->signing.how;
	begin->judge.how = &begin->signing.how;
	if (!trust->keyrings.len)
		return 0;
	return apt_load(APT_LISTS, buf_text(&trust->keyrings), &begin->judge.apt, err);
}

static int load(struct begin *begin, struct err *err)
{
	const struct settings *settings;

	if (trust_open(&begin->trust, err) < 0)
		return -1;
	settings = &begin->trust->settings;
	begin->enforcing |= trust_refuses(begin->trust);
	begin->watch.attacher.profile = trust_profile(begin->trust);
	begin->watch.attacher.evm = settings->evm != EVM_OFF;
	if (hash_new(&begin->watch.attacher.hash, err) < 0 ||
	    table_new(&begin->watch.attacher.table, err) < 0)
		return -1;
	if (load_key(begin, err) < 0)
		return -1;
	begin->judge.trust = begin->trust;
	begin->judge.wants = (struct package_wants){
		.profiles = { settings->profile != PROFILE_VERITY,
			      settings->profile != PROFILE_SIGNATURE },
		.evm = begin->watch.attacher.evm && !begin->watch.attacher.how,
	};
	return 0;
}

/* Each file of the transaction is held open. */
static void raise_limit(struct watch *watch)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		watch->labelled_max = limit.rlim_max / 2;
	}
}

/* What dpkg's other actions name are packages that it has unpacked. */
static bool unpacks(void)
{
	const char *action = getenv("DPKG_HOOK_ACTION");

	return !action || strcmp(action, "install") == 0 || strcmp(action, "unpack") == 0;
}

/* *ret_exit is CMD_NO where dpkg must not go on. */
static int start(struct begin *begin, int *ret_exit, struct err *err)
{
	struct judge_result result = { .taken = begin->taken };
	pid_t dpkg = 0;

	if (archives_find_dpkg(&dpkg, err) < 0 || load(begin, err) < 0)
		return -1;
	raise_limit(&begin->watch);
	begin->watch.dpkg = dpkg;
	if (pending_load(&begin->watch, &begin->trust->certs, err) < 0 ||
	    (unpacks() && archives_each(dpkg, judge_add, &begin->judge, err) < 0))
		return -1;
	result.table = begin->watch.attacher.table;
	result.tell = begin->enforcing;
	if (judge_all(&begin->judge, &result, err) < 0)
		return -1;
	*ret_exit = result.refused && begin->enforcing ? CMD_NO : CMD_YES;
	begin->watch.unsigned_packages = result.refused;
	if (*ret_exit == CMD_NO || table_packages(begin->watch.attacher.table) == 0)
		return 0;
	if (taken_write(begin->taken, err) < 0)
		return -1;
	return session_begin(dpkg, &begin->watch, err);
}

static int run_begin(const struct cmd *cmd, int argc, char **argv)
{
	struct begin *begin = calloc(1, sizeof(*begin));
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first;

	if (!begin) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	begin->cmd = cmd;
	begin->watch = (struct watch)WATCH_INIT;
	begin->taken = json_array();
	first = cmd_options(cmd, argc, argv, set_begin_option, begin, &ret);
	if (first >= 0 && start(begin, &ret, &err) < 0)
		ret = cmd_fail(cmd, &err);
	json_decref(begin->taken);
	watch_done(&begin->watch);
	table_free(begin->watch.attacher.table);
	hash_free(begin->watch.attacher.hash);
	apt_free(begin->judge.apt);
	judge_done(&begin->judge);
	signing_done(&begin->signing);
	trust_free(begin->trust);
	free(begin);
	return ret;
}

static int run_end(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there = false;
	pid_t dpkg = 0;
	int ret = CMD_TROUBLE;

	if (cmd_options(cmd, argc, argv, set_no_option, NULL, &ret) < 0)
		return ret;
	if (archives_find_dpkg(&dpkg, &err) < 0)
		return cmd_fail(cmd, &err);
	if (session_end(dpkg, SESSION_PATIENCE, &there, &answer, &err) < 0) {
		pending_note_unfinished();
		return cmd_fail(cmd, &err);
	}
	pending_forget();
	if (!answer.len)
		return there ? CMD_YES : CMD_NO;
	(void)err_set(&err, "%s", buf_text(&answer));
	return cmd_fail(cmd, &err);
}

int main(int argc, char **argv)
{
	static const struct cmd commands[] = {
		{ "begin", "", "watch what the dpkg above installs",
		  "For dpkg's pre-invoke hook.  Exit 0: dpkg may go on; 1: it must not.",
		  begin_options, run_begin },
		{ "end", "", "label what is left, and end",
		  "For dpkg's post-invoke hook.  Exit 0: all is labelled; 1: nothing was watched.",
		  end_options, run_end },
		{ .name = NULL },
	};
	static const struct cmd_program program = {
		.name = "assay-transaction",
		.summary = "Signs what dpkg installs, before it is executed.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-transaction: what dpkg's and pacman's hooks run, so that what they install is signed before
 * it is executed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/taken.h"
#include "transaction/archives.h"
#include "transaction/judge.h"
#include "transaction/pacman.h"
#include "transaction/pending.h"
#include "transaction/session.h"
#include "trust/signing.h"

#define PID_MAX (1U << 22) /* PID_MAX_LIMIT, include/linux/threads.h */

enum option { OPTION_ENFORCING = 1, OPTION_PACMAN };

static const struct cmd_option begin_options[] = {
	{ "enforcing", OPTION_ENFORCING, 0, NULL, "refuse packages that nobody vouches for" },
	{ "pacman", OPTION_PACMAN, 0, "PID", "this pacman, not a dpkg, installs what stdin names" },
	{ .name = NULL },
};

static const struct cmd_option end_options[] = {
	{ "pacman", OPTION_PACMAN, 0, "PID", "of this pacman, not of a dpkg" },
	{ .name = NULL },
};

struct begin {
	const struct cmd *cmd;
	bool enforcing;
	unsigned long pacman; /* its process; 0: dpkg installs */
	struct trust *trust;
	struct signing signing;
	struct judge judge;
	struct watch watch;
	json_t *taken; /* entries for the log */
};

static int set_begin_option(void *ctx, int id, const char *value, struct err *err)
{
	struct begin *begin = ctx;

	if (id == OPTION_PACMAN)
		return cmd_parse_uint(value, 2, PID_MAX, &begin->pacman, err);
	begin->enforcing = begin->enforcing || id == OPTION_ENFORCING;
	return 0;
}

static int set_end_option(void *ctx, int id UNUSED, const char *value, struct err *err)
{
	return cmd_parse_uint(value, 2, PID_MAX, ctx, err);
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
	if (!trust->keyrings.len || begin->pacman)
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
	begin->judge.source = begin->pacman ? &judge_pacman : &judge_dpkg;
	begin->judge.trust = begin->trust;
	begin->judge.signing = &begin->signing;
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

/* Whoever installs has its packages found. */
static int find_packages(struct begin *begin, struct err *err)
{
	struct watch *watch = &begin->watch;

	if (archives_find_dpkg(&watch->dpkg, err) < 0 || load(begin, err) < 0 ||
	    pending_load(watch, &begin->trust->certs, err) < 0)
		return -1;
	return unpacks() ? archives_each(watch->dpkg, judge_add, &begin->judge, err) : 0;
}

/* One without libalpm's last hook is not told of its end before it ends itself: what is watched for
 * it is over now. */
static void end_before(pid_t pid)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	bool there;

	(void)!session_end(pid, SESSION_PATIENCE, &there, &answer, &err);
}

static int find_pacman_packages(struct begin *begin, struct pacman_targets *targets,
				struct err *err)
{
	begin->watch.dpkg = (pid_t)begin->pacman;
	begin->watch.is_final = true;
	end_before(begin->watch.dpkg);
	if (pacman_targets_read(STDIN_FILENO, targets, err) < 0 || load(begin, err) < 0)
		return -1;
	return pacman_archives_each(begin->watch.dpkg, targets, judge_add, &begin->judge, err);
}

/* What pacman takes from where it is not looked for. */
static size_t count_missing(const struct begin *begin, const struct pacman_targets *targets)
{
	size_t n = 0;

	for (size_t i = 0; i < targets->n; i++) {
		if (judge_has(&begin->judge, targets->name[i]))
			continue;
		n++;
		if (!begin->enforcing)
			continue;
		(void)fputs("assay: refused: ", stderr);
		cmd_print_name(stderr, targets->name[i]);
		(void)fputs(
			": its package was not found, neither named by its path nor in pacman's "
			"cache\n",
			stderr);
	}
	return n;
}

/* *ret_exit is CMD_NO where dpkg or pacman must not go on. */
static int judge(struct begin *begin, const struct pacman_targets *targets, int *ret_exit,
		 struct err *err)
{
	struct watch *watch = &begin->watch;
	struct judge_result result = { .table = watch->attacher.table,
				       .taken = begin->taken,
				       .tell = begin->enforcing };

	if (judge_all(&begin->judge, &result, err) < 0)
		return -1;
	if (!result.refused)
		result.refused = count_missing(begin, targets);
	*ret_exit = result.refused && begin->enforcing ? CMD_NO : CMD_YES;
	watch->unsigned_packages = result.refused;
	if (*ret_exit == CMD_NO || table_packages(watch->attacher.table) == 0)
		return 0;
	if (taken_write(begin->taken, err) < 0)
		return -1;
	return session_begin(watch->dpkg, watch, err);
}

static int start(struct begin *begin, int *ret_exit, struct err *err)
{
	CLEANUP(pacman_targets_done) struct pacman_targets targets = { .n = 0 };

	if ((begin->pacman ? find_pacman_packages(begin, &targets, err)
			   : find_packages(begin, err)) < 0)
		return -1;
	return judge(begin, &targets, ret_exit, err);
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
	raise_limit(&begin->watch);
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

/* dpkg's next run takes up what this one left. */
static int end(pid_t pid, bool is_dpkg, bool *ret_there, struct buf *answer, struct err *err)
{
	int rc = session_end(pid, SESSION_PATIENCE, ret_there, answer, err);

	if (!is_dpkg)
		return rc;
	if (rc < 0)
		pending_note_unfinished();
	else
		pending_forget();
	return rc;
}

static int run_end(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_BUF answer = BUF_INIT(SESSION_ANSWER_MAX);
	struct err err = ERR_INIT;
	unsigned long pacman = 0;
	bool there = false;
	pid_t pid = 0;
	int ret = CMD_TROUBLE;

	if (cmd_options(cmd, argc, argv, set_end_option, &pacman, &ret) < 0)
		return ret;
	if (!pacman && archives_find_dpkg(&pid, &err) < 0)
		return cmd_fail(cmd, &err);
	if (end(pacman ? (pid_t)pacman : pid, !pacman, &there, &answer, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!answer.len)
		return there ? CMD_YES : CMD_NO;
	(void)err_set(&err, "%s", buf_text(&answer));
	return cmd_fail(cmd, &err);
}

int main(int argc, char **argv)
{
	static const struct cmd commands[] = {
		{ "begin", "", "watch what the dpkg above installs, or that pacman",
		  "For dpkg's pre-invoke hook, and pacman's of PreTransaction.\n"
		  "Exit 0: the installation may go on; 1: it must not.",
		  begin_options, run_begin },
		{ "end", "", "label what is left, and end",
		  "For dpkg's post-invoke hook, and pacman's of PostTransaction.\n"
		  "Exit 0: all is labelled; 1: nothing was watched.",
		  end_options, run_end },
		{ .name = NULL },
	};
	static const struct cmd_program program = {
		.name = "assay-transaction",
		.summary = "Signs what dpkg or pacman installs, before it is executed.",
		.commands = commands,
	};

	return cmd_main(&program, argc, argv);
}

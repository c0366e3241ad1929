/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign admit: signs single files that no package brought, on the operator's word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "evmctl-plugins/commands.h"
#include "evmctl-plugins/job.h"
#include "evmctl-plugins/signed.h"
#include "proto/level.h"

#define REASON_MAX 1024 /* bytes */

static const struct cmd_option options[] = {
	{ "reason", JOB_REASON, 'm', "TEXT", "why; it stands in the log" },
	{ "key", JOB_KEY, 'k', "URI", "private key: file or OSSL_STORE URI" },
	{ "cert", JOB_CERT, 'c', "FILE", "its certificate, which tells the key ID" },
	{ "passphrase-file", JOB_PASSPHRASE_FILE, 0, "FILE", "the key's passphrase, first line" },
	{ "json", JOB_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static int check_reason(const char *reason, struct err *err)
{
	if (!reason || !*reason)
		return err_set(err, "--reason is missing: why is this file to run?");
	if (strlen(reason) > REASON_MAX)
		return err_set(err, "--reason: longer than %d bytes", REASON_MAX);
	return 0;
}

/* The signing certificate is among the kernel's whatever the level: here the level is asked. */
static int check_level(const struct job *job, struct err *err)
{
	const struct config *config = job->config;
	const char *path = job->keys.n_certs ? job->keys.certs[0] : config->certificate;
	CLEANUP(cert_set_done) struct cert_set one = CERT_SET_INIT;
	size_t level;

	if (!config->n_levels)
		return 0;
	if (!job->keys.n_certs && !io_exists(path))
		return err_set(err, "there is no certificate at %s; run 'assay keygen'", path);
	if (cert_set_add_file(&one, path, err) < 0 ||
	    level_of_cert(config, one.cert[0], &level, err) < 0)
		return -1;
	if (level <= level_of_host(config))
		return 0;
	return err_set(err, "%s is of %s%s, and this host takes '%s' and above",
		       cert_subject(one.cert[0]), level < config->n_levels ? "level " : "no level",
		       level < config->n_levels ? level_name(config, level) : "",
		       level_name(config, level_of_host(config)));
}

/* dir is the directory above the file that it is about, NULL: the file. */
static int not_roots(const char *real, const char *dir, const struct stat *st, struct err *err)
{
	const char *in = dir ? ", by its directory " : "";
	const char *where = dir ? dir : "";

	if (st->st_uid != 0)
		return err_set(err,
			       "%s: others than root can change it%s%s (owner %u): chown it to "
			       "root, or copy the file where only root can write",
			       real, in, where, (unsigned int)st->st_uid);
	/* One that everybody shares, as /tmp is: that is how it is meant. */
	return err_set(err,
		       "%s: others than root can change it%s%s (mode %04o): %scopy the file where "
		       "only root can write",
		       real, in, where, (unsigned int)(st->st_mode & 07777),
		       st->st_mode & S_ISVTX ? "" : "'chmod go-w' that, or ");
}

/* What a user may change or exchange would be another file than the log tells of. */
static int check_is_roots(const char *real, struct err *err)
{
	AUTO_STR path = strdup(real);
	char *slash;
	struct stat st;

	if (!path)
		return err_set(err, "out of memory");
	for (bool dir = false;; dir = true) {
		if (lstat(*path ? path : "/", &st) < 0)
			return err_errno(err, "%s", real);
		if (st.st_uid != 0 || (st.st_mode & 022))
			return not_roots(real, dir ? (*path ? path : "/") : NULL, &st, err);
		slash = strrchr(path, '/');
		if (!slash || !*path)
			return 0;
		*slash = '\0';
	}
}

/* The entry comes first: nothing is admitted that is not in the log. */
static int log_all(const struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->n_operands; i++) {
		AUTO_STR real = realpath(job->operands[i], NULL);

		if (!real)
			return err_errno(err, "%s", job->operands[i]);
		if (check_is_roots(real, err) < 0 || signed_log_admitted(job, real, err) < 0)
			return -1;
	}
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	struct engine_totals totals = { { 0 } };
	struct err err = ERR_INIT;
	CLEANUP(job_done) struct job job = { .config = NULL };
	int ret = CMD_TROUBLE;

	if (job_init(&job, cmd, argc, argv, &ret) < 0)
		return ret;
	if (!job.n_operands)
		return cmd_misuse(cmd, "takes one file or more");
	if (check_reason(job.reason, &err) < 0 || check_level(&job, &err) < 0 ||
	    keys_load_signing(&job.keys, &key, &err) < 0 ||
	    keys_find_id(&job.keys, key, &job.engine.keyid, &err) < 0 || log_all(&job, &err) < 0)
		return cmd_fail(cmd, &err);
	job.engine.act = ENGINE_SIGN;
	job.engine.key = key;
	if (job_run(&job, job_feed, &job, &totals, &err) < 0)
		return cmd_fail(cmd, &err);
	job_print_summary(&job, &totals);
	return totals.count[ENGINE_FAILED] || totals.count[ENGINE_DENIED] ? CMD_TROUBLE : CMD_YES;
}

const struct cmd cmd_admit = {
	.name = "admit",
	.operands = "--reason TEXT FILE...",
	.summary = "sign single files that no package brought",
	.about = "For what has to run and comes from no package: an agent that is pushed from\n"
		 "outside, a script of the site's.  Each file is noted in the log with the reason\n"
		 "first; 'assay log' shows it.  'assay sign FILE' does the same without a record\n"
		 "of why.  Refused where the signing certificate is of a level that the host does\n"
		 "not take.",
	.options = options,
	.run = run,
};

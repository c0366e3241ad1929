/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-transaction: what dpkg's hooks run, so that what it installs is signed before it is
 * executed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/io.h"
#include "cli/cmd.h"
#include "cli/keys.h"
#include "pkg/store.h"
#include "transaction/archives.h"
#include "transaction/pending.h"
#include "transaction/session.h"
#include "transaction/taken.h"
#include "transaction/trust.h"

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
	struct key *key; /* NULL: none that can be used without asking */
	struct package_signing how;
	struct package_wants wants;
	struct apt *apt; /* with a key only */
	struct watch watch;
	json_t *taken; /* entries for the log */
	size_t refused;
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

/* Of the very bytes that were signed, so that nobody can have them changed in between. */
static int sign_vouched(struct begin *begin, int fd, struct package *package, struct buf *text,
			struct err *err)
{
	if (package_sign(fd, &begin->how, package, err) < 0)
		return -1;
	if (!apt_has(begin->apt, &package->deb.digest))
		return err_set(err, "changed while it was being read");
	return package_format(package, &begin->how, text, err);
}

/* *text is what was signed of the package, here or elsewhere. */
static int read_package(struct begin *begin, const char *path, struct package *package,
			struct buf *text, struct err *err)
{
	struct taken taken = { .package = package, .keyid = begin->how.keyid };
	AUTO_STR beside = NULL;
	CLEANUP(deb_done) struct deb deb = { .n_members = 0 };
	AUTO_FD fd = -1;

	if (asprintf(&beside, "%s" PACKAGE_DETACHED, path) < 0) {
		beside = NULL;
		return err_set(err, "out of memory");
	}
	if (io_open_regular(path, &fd, err) < 0 || deb_read(fd, NULL, NULL, &deb, err) < 0)
		return -1;
	taken.deb = &deb.digest;
	if (io_exists(beside) ? io_read_file(beside, text, err) < 0
			      : buf_put(text, deb.signatures.data, deb.signatures.len, err) < 0)
		return -1;
	if (!text->len)
		(void)err_set(err, "carries no signatures%s",
			      begin->apt ? ", and no archive whose key is trusted vouches for it"
					 : "");
	else if (package_verify(text, &begin->trust->certs, package, &taken.by, err) == 0 &&
		 trust_accepts(begin->trust, taken.by, err) == 0 &&
		 package_matches(package, &deb, err) == 0 &&
		 package_serves(package, &begin->wants, err) == 0)
		return taken_add(begin->taken, begin->trust, &taken, err);
	if (!begin->apt || !apt_has(begin->apt, &deb.digest)) {
		trust_explain(begin->trust, text, &deb.digest, err);
		return -1;
	}
	package_done(package);
	buf_reset(text);
	taken.by = NULL;
	if (package_init(package, err) < 0 || sign_vouched(begin, fd, package, text, err) < 0)
		return -1;
	return taken_add(begin->taken, begin->trust, &taken, err);
}

/* One that is refused is told of, and the others looked at all the same. */
static int on_archive(void *ctx, const char *path, struct err *err)
{
	CLEANUP(package_free) struct package *package = calloc(1, sizeof(*package));
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct begin *begin = ctx;
	struct err why = ERR_INIT;

	if (!package)
		return err_set(err, "out of memory");
	if (package_init(package, err) < 0)
		return -1;
	if (read_package(begin, path, package, &text, &why) == 0) {
		if (store_put(STORE_DIR, package, &text, err) < 0)
			return -1;
		return table_add(begin->watch.attacher.table, &package, err);
	}
	begin->refused++;
	if (!begin->enforcing)
		return 0;
	(void)fputs("assay: refused: ", stderr);
	cmd_print_name(stderr, path);
	(void)fprintf(stderr, ": %s\n", why.text);
	return 0;
}

static enum attach_profile profile_of(enum settings_profile profile)
{
	switch (profile) {
	case PROFILE_AUTO:
		return ATTACH_AUTO;
	case PROFILE_SIGNATURE:
		return ATTACH_SIGNATURE;
	case PROFILE_VERITY:
		return ATTACH_VERITY;
	}
	return ATTACH_AUTO;
}

/* Without a key that can be used here and now, only what packages bring is attached. */
static int load_key(struct begin *begin, struct err *err)
{
	const struct settings *settings = &begin->trust->settings;
	const struct keys keys = { .config = begin->trust->config };
	struct package_signing *how = &begin->how;

	if (key_load(begin->trust->config->signing, NULL, &begin->key, NULL) < 0)
		return 0;
	*how = (struct package_signing){ .key = begin->key,
					 .algo = HASH_SHA256,
					 .profiles = { settings->profile != PROFILE_VERITY,
						       settings->profile != PROFILE_SIGNATURE },
					 .evm = begin->watch.attacher.evm };
	if (keys_find_id(&keys, begin->key, &how->keyid, err) < 0 ||
	    signer_new(begin->key, &how->signer, err) < 0)
		return -1;
	begin->watch.attacher.how = how;
	if (!begin->trust->keyrings.len)
		return 0;
	return apt_load(APT_LISTS, buf_text(&begin->trust->keyrings), &begin->apt, err);
}

/* assay(8), "Upgrading an enforcing host": the operator's word that what is denied then is meant.
 */
static bool accepts_unsigned(void)
{
	const char *word = getenv("ASSAY_UNSIGNED");

	return word && strcmp(word, "accept") == 0;
}

static int load(struct begin *begin, struct err *err)
{
	const struct settings *settings;

	if (trust_open(&begin->trust, err) < 0)
		return -1;
	settings = &begin->trust->settings;
	begin->enforcing |=
		begin->trust->in_force && settings->mode == MODE_ENFORCE && !accepts_unsigned();
	begin->watch.attacher.profile = profile_of(begin->trust->config->settings.profile);
	begin->watch.attacher.evm = settings->evm != EVM_OFF;
	if (hash_new(&begin->watch.attacher.hash, err) < 0 ||
	    table_new(&begin->watch.attacher.table, err) < 0)
		return -1;
	if (load_key(begin, err) < 0)
		return -1;
	begin->wants = (struct package_wants){
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
	pid_t dpkg = 0;

	if (archives_find_dpkg(&dpkg, err) < 0 || load(begin, err) < 0)
		return -1;
	raise_limit(&begin->watch);
	begin->watch.dpkg = dpkg;
	if (pending_load(&begin->watch, &begin->trust->certs, err) < 0 ||
	    (unpacks() && archives_each(dpkg, on_archive, begin, err) < 0))
		return -1;
	*ret_exit = begin->refused && begin->enforcing ? CMD_NO : CMD_YES;
	begin->watch.unsigned_packages = begin->refused;
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
	apt_free(begin->apt);
	signer_free(begin->how.signer);
	key_free(begin->key);
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

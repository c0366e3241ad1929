/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-pkg sign: puts signatures into packages. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "packages/commands.h"
#include "packages/work.h"
#include "pkg/pacman.h"

static const struct cmd_option options[] = {
	{ "key", WORK_KEY, 'k', "URI", "private key: file or OSSL_STORE URI" },
	{ "cert", WORK_CERT, 'c', "FILE", "its certificate, which tells the key ID (repeatable)" },
	{ "digest", WORK_DIGEST, 'a', "NAME", "sha256 (default), sha384 or sha512" },
	{ "profile", WORK_PROFILE, 0, "NAME",
	  "for hosts of which profile: both (default), "
	  "signature or verity" },
	{ "no-evm", WORK_NO_EVM, 0, NULL, "no portable EVM signatures" },
	{ "detached", WORK_DETACHED, 0, NULL, "into a file beside each package, named *.assay" },
	{ "replace", WORK_REPLACE, 0, NULL, "take the place of another key's signatures" },
	{ "jobs", WORK_JOBS, 'j', "N", "packages at a time (default: one per processor)" },
	{ "passphrase-file", WORK_PASSPHRASE_FILE, 0, "FILE", "the key's passphrase, first line" },
	{ "verbose", WORK_VERBOSE, 'v', NULL, "a line for every package" },
	{ "json", WORK_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

/* Has the package by now all that would be put in? */
static bool is_complete(const struct package *have, const struct package_signing *how)
{
	for (size_t i = 0; i < DEB_PARTS; i++) {
		for (size_t j = 0; j < PACKAGE_PROFILES; j++) {
			struct manifest *m = have->entries[i][j];

			if (manifest_count(m) == 0)
				continue;
			if (!how->profiles[j] || (manifest_at(m, 0)->evm_len > 0) != how->evm ||
			    (manifest_at(m, 0)->over == MANIFEST_FILE &&
			     manifest_at(m, 0)->digest.algo != how->algo))
				return false;
		}
		if (how->profiles[PACKAGE_SIGNATURE] && how->profiles[PACKAGE_VERITY] &&
		    manifest_count(have->entries[i][PACKAGE_SIGNATURE]) !=
			    manifest_count(have->entries[i][PACKAGE_VERITY]))
			return false;
	}
	return true;
}

/* What is there already, where ours go. */
static int read_present(const struct work_item *item, struct buf *out, struct err *err)
{
	const struct buf *inside = &item->deb.signatures;
	bool there = false;

	if (item->work->detached)
		return work_beside(item, out, &there, err);
	return buf_put(out, inside->data, inside->len, err);
}

/* -1: it can't be told. */
static int find_beside(const struct work_item *item, bool *ret_there, struct err *err)
{
	AUTO_STR beside = work_beside_path(item);
	struct stat st;

	if (!beside)
		return err_set(err, "out of memory");
	*ret_there = lstat(beside, &st) == 0;
	return *ret_there || errno == ENOENT ? 0 : err_errno(err, "%s", beside);
}

/* What becomes of a package by what is in it already: WORK_SIGNED where it is to be signed. */
static enum work_outcome look_at_present(struct work_item *item, const struct package_signing *how)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct err *err = &item->err;
	bool beside = false;
	uint32_t keyid = 0;

	if (read_present(item, &text, err) < 0)
		return WORK_FAILED;
	if (!item->work->detached && find_beside(item, &beside, err) < 0)
		return WORK_FAILED;
	if (beside && !item->work->replace) {
		(void)err_set(err, "signatures lie beside it, which count before those in it; "
				   "--replace removes them");
		return WORK_DENIED;
	}
	if (!text.len || item->work->replace)
		return WORK_SIGNED;
	if (package_parse(&text, &item->package, &keyid, err) < 0) {
		(void)err_prepend(err, "its signatures (--replace puts new ones in their place)");
		return WORK_FAILED;
	}
	if (keyid != how->keyid) {
		(void)err_set(err,
			      "carries signatures of another key (%08x); --replace puts yours "
			      "in their place",
			      keyid);
		return WORK_DENIED;
	}
	if (package_signed_by(&text, how->signer) &&
	    package_matches(&item->package, &item->deb, NULL) == 0 &&
	    is_complete(&item->package, how))
		return WORK_KEPT;
	return WORK_SIGNED;
}

static int begin_anew(struct work_item *item, struct err *err)
{
	package_done(&item->package);
	return package_init(&item->package, err);
}

/* Signatures beside the package would count before those in it. */
static int put(struct work_item *item, const struct buf *text, struct err *err)
{
	AUTO_STR beside = work_beside_path(item);

	if (!beside)
		return err_set(err, "out of memory");
	if (item->work->detached)
		return io_replace_file(beside, text, 0644, err);
	if (deb_put_signatures(item->fd, &item->package.deb, text, item->real, err) < 0)
		return -1;
	if (unlink(beside) < 0 && errno != ENOENT)
		return err_errno(err, "remove: %s", beside);
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int sign(struct work_item *item, const struct package_signing *how, struct err *err)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct stat before;
	struct stat after;

	if (fstat(item->fd, &before) < 0)
		return err_errno(err, "stat");
	if (begin_anew(item, err) < 0 || package_sign(item->fd, how, &item->package, err) < 0 ||
	    package_format(&item->package, how, &text, err) < 0)
		return -1;
	if (fstat(item->fd, &after) < 0)
		return err_errno(err, "stat");
	if (!is_same(&before, &after))
		return err_set(err, "it changed while it was being signed");
	return put(item, &text, err);
}

static enum work_outcome sign_one(struct work_item *item)
{
	struct package_signing how = item->work->how;
	enum work_outcome outcome;

	how.signer = item->signer;
	if (work_item_open(item, &item->err) < 0)
		return WORK_FAILED;
	if (!item->work->detached && pacman_was_read(&item->deb)) {
		(void)err_set(&item->err, "pacman's packages have no place for signatures within; "
					  "--detached puts them beside it");
		return WORK_FAILED;
	}
	outcome = look_at_present(item, &how);
	if (outcome == WORK_SIGNED && sign(item, &how, &item->err) < 0)
		return WORK_FAILED;
	return outcome;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	CLEANUP(work_done) struct work work = { .config = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;

	if (work_init(&work, cmd, argc, argv, &ret) < 0)
		return ret;
	if (keys_load_signing(&work.keys, &key, &err) < 0 ||
	    keys_find_id(&work.keys, key, &work.how.keyid, &err) < 0)
		return cmd_fail(cmd, &err);
	work.how.key = key;
	return work_run(&work, NULL, sign_one);
}

const struct cmd cmd_sign = {
	.name = "sign",
	.operands = "PACKAGE...",
	.summary = "put signatures for everything executable into packages",
	.about = "Signs what the kernel would appraise of each .deb, its maintainer scripts\n"
		 "included, and puts the signatures into the package as a member that dpkg passes\n"
		 "over.  Its other bytes stay as they are.  What the key has signed already is "
		 "left\n"
		 "alone.\n"
		 "Exit status: 0 all are signed, 1 something was left unsigned, 2 trouble.",
	.options = options,
	.run = run,
};

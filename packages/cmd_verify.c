/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-pkg verify: is a package what a trusted key signed? */
#include "packages/commands.h"
#include "packages/work.h"

static const struct cmd_option options[] = {
	{ "cert", WORK_CERT, 'c', "FILE", "certificate that is trusted (repeatable)" },
	{ "jobs", WORK_JOBS, 'j', "N", "packages at a time (default: one per processor)" },
	{ "verbose", WORK_VERBOSE, 'v', NULL, "a line for every package, good ones too" },
	{ "json", WORK_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

static enum work_outcome verify_one(struct work_item *item)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct err *err = &item->err;

	if (work_item_open(item, err) < 0 || work_signatures(item, &text, err) < 0)
		return WORK_FAILED;
	if (!text.len) {
		(void)err_set(err, "carries no signatures; 'assay pkg sign' puts them in");
		return WORK_DENIED;
	}
	if (package_verify(&text, item->trusted, &item->package, &item->by, err) < 0 ||
	    package_matches(&item->package, &item->deb, err) < 0) {
		work_blame(item, err);
		return WORK_DENIED;
	}
	return WORK_VALID;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cert_set_done) struct cert_set trusted = CERT_SET_INIT;
	CLEANUP(work_done) struct work work = { .config = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;

	if (work_init(&work, cmd, argc, argv, &ret) < 0)
		return ret;
	if (keys_load_trusted(&work.keys, &trusted, &err) < 0)
		return cmd_fail(cmd, &err);
	return work_run(&work, &trusted, verify_one);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.operands = "PACKAGE...",
	.summary = "verify packages and the signatures in them",
	.about =
		"A package is good when a trusted certificate, one that has not expired, verifies\n"
		"what was signed of it, the package is that one byte for byte, and the same\n"
		"certificates verify every file's signatures.  Prints a line for each that is "
		"not.\n"
		"Exit status: 0 all are good, 1 some are not, 2 trouble.",
	.options = options,
	.run = run,
};

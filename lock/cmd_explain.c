/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock explain: this boot against the approved one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "lock/commands.h"
#include "lock/next.h"
#include "lock/remember.h"
#include "lock/seal.h"
#include "lock/show.h"
#include "lock/unseal.h"
#include "lock/work.h"
#include "proto/record.h"

#define LINES_MAX 24
#define WORDS_MAX 16384 /* bytes */

static const struct cmd_option options[] = {
	{ .name = NULL },
};

static int no_option(void *ctx UNUSED, int id UNUSED, const char *value UNUSED, struct err *err)
{
	return err_set(err, "unknown option");
}

/* The first volume's token, of those that are here, remembers the boot that was approved last. */
static int load_approved(const struct lock_blob *blob, struct buf *ret_approved, struct err *err)
{
	for (size_t i = 0; i < blob->n_hangs; i++) {
		AUTO_LUKS *luks = NULL;
		AUTO_TOKEN token = TOKEN_INIT;
		bool there = false;

		if (blob->hangs[i].kind != LOCK_HANG_LUKS || !work_volume_here(blob->hangs[i].name))
			continue;
		if (work_open_volume(blob->hangs[i].name, &luks, err) < 0 ||
		    luks_token_load(luks, &token, &there, err) < 0)
			return -1;
		return there ? buf_put(ret_approved, token.approved.data, token.approved.len, err)
			     : 0;
	}
	return 0;
}

/* Words come from logs that nobody vouches for: they are for people, the PCRs have decided. */
static int print_words(const struct lock_blob *blob, struct err *err)
{
	AUTO_BUF approved = BUF_INIT(REMEMBER_MAX);
	AUTO_BUF record = BUF_INIT(RECORD_MAX);
	AUTO_BUF words = BUF_INIT(WORDS_MAX);

	if (load_approved(blob, &approved, err) < 0)
		return -1;
	if (!approved.len)
		return 0;
	if (io_read_file(RECORD_RUN_PATH, &record, err) < 0 ||
	    remember_explain(&approved, &record, LINES_MAX, &words, err) < 0)
		return -1;
	if (words.len)
		(void)printf("%s\n", buf_text(&words));
	return 0;
}

/* As assay-boot found them: the record's before it was capped. */
static int explain(const struct lock_blob *blob, bool *ret_approved, struct err *err)
{
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	const struct next as_now = { .this_boot = true };
	const struct lock_approval *a;
	uint32_t differ;
	size_t nearest;

	if (!pcrs)
		return err_set(err, "out of memory");
	if (next_pcrs(&as_now, blob, pcrs, err) < 0)
		return -1;
	nearest = lock_nearest(blob, pcrs, &differ);
	*ret_approved = nearest < blob->n_approvals && !differ;
	if (nearest == blob->n_approvals) {
		(void)printf("no boot is approved\n");
		return 0;
	}
	a = &blob->approvals[nearest];
	if (!differ)
		(void)printf("as in approval %u (%s)\n", a->id, a->kernel);
	else
		(void)printf("nearest is approval %u (%s); not as there:\n", a->id, a->kernel);
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (differ >> i & 1)
			(void)printf("  PCR %u: %s\n", i, show_pcr_words(i, blob->record_pcr));
	return differ ? print_words(blob, err) : 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_LOCK_BLOB blob = NULL;
	struct err err = ERR_INIT;
	bool approved = false;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, no_option, NULL, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (work_load(&blob, &err) < 0 || explain(blob, &approved, &err) < 0)
		return cmd_fail(cmd, &err);
	return approved ? CMD_YES : CMD_NO;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.operands = "",
	.summary = "this boot against the approved one",
	.about = "Exit 0: it is approved; 1: not, and what differs is printed.",
	.options = options,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock explain: this boot against the approved one. */
#include <stdio.h>
#include <stdlib.h>

#include "lock/commands.h"
#include "lock/host.h"
#include "lock/seal.h"
#include "lock/show.h"
#include "lock/unseal.h"
#include "lock/work.h"

static const struct cmd_option options[] = {
	{ .name = NULL },
};

static int no_option(void *ctx UNUSED, int id UNUSED, const char *value UNUSED, struct err *err)
{
	return err_set(err, "unknown option");
}

/* As assay-boot found them: the record's before it was capped. */
static int explain(const struct lock_blob *blob, bool *ret_approved, struct err *err)
{
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	const struct lock_approval *a;
	uint32_t differ;
	size_t nearest;

	if (!pcrs)
		return err_set(err, "out of memory");
	if (host_next_pcrs(blob, NULL, pcrs, err) < 0)
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
	return 0;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock test: would the next boot unseal? */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/json.h"
#include "lock/commands.h"
#include "lock/next.h"
#include "lock/seal.h"
#include "lock/show.h"
#include "lock/unseal.h"
#include "lock/work.h"

enum option_id { VALUES = 1, CHANGE, LOG, JSON };

static const struct cmd_option options[] = {
	{ "pcr-values", VALUES, 0, "FILE", "predicted values of that boot (default: as now)" },
	{ "change", CHANGE, 0, "KIND=[WAS:]NOW",
	  "a file of that boot that is another: image, initrd, cmdline, uki, grub-cfg, grub-file" },
	{ "boot-log", LOG, 0, "FILE",
	  "the firmware's event log of this boot (default: the kernel's)" },
	{ "json", JSON, 0, NULL, "one JSON object, see assay-lock(8)" },
	{ .name = NULL },
};

struct test {
	struct next later;
	bool json;
	struct lock_blob *blob;
	struct tpm_pcrs *next;
	uint32_t differ;
	size_t nearest;
};

static void test_done(struct test *t)
{
	lock_blob_free(t->blob);
	next_done(&t->later);
	free(t->next);
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct test *t = ctx;

	switch ((enum option_id)id) {
	case VALUES:
		t->later.values = value;
		return 0;
	case CHANGE:
		return next_add_change(&t->later, value, err);
	case LOG:
		t->later.log = value;
		return 0;
	case JSON:
		t->json = true;
		return 0;
	}
	return err_set(err, "unknown option");
}

static int print_json(const struct test *t, bool would, const char *why, struct err *err)
{
	json_t *all =
		json_pack("{s:b, s:s, s:o, s:o}", "would_unseal", would, "reason", why, "differ",
			  show_numbers_json(t->differ), "pcrs", show_pcrs_json(t->next));

	return cmd_json_print(all, err);
}

static void print_why(const struct test *t, const char *why)
{
	(void)printf("the next boot would not unseal: %s\n", why);
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (t->differ >> i & 1)
			(void)printf("  PCR %u: %s\n", i, show_pcr_words(i, t->blob->record_pcr));
}

/* The nearest approval is what the answer is about. */
static int judge(struct test *t, struct err *err)
{
	size_t i = lock_find(t->blob, t->next);
	char pcrs[SHOW_PCRS_MAX];

	if (i == t->blob->n_approvals) {
		t->nearest = lock_nearest(t->blob, t->next, &t->differ);
		if (t->nearest == t->blob->n_approvals)
			return err_set(err, "no boot is approved");
		show_pcrs(t->differ, pcrs);
		return err_set(err,
			       "PCR %s will not be as in approval %u (%s): 'assay lock approve'",
			       pcrs, t->blob->approvals[t->nearest].id,
			       t->blob->approvals[t->nearest].kernel);
	}
	t->nearest = i;
	return lock_would_unseal(t->blob, i, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(test_done) struct test t = { .next = calloc(1, sizeof(*t.next)) };
	struct err err = ERR_INIT, problem = ERR_INIT;
	int ret = CMD_TROUBLE, rc = 0;
	int first = cmd_options(cmd, argc, argv, set_option, &t, &ret);
	bool would;

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (!t.next)
		(void)err_set(&err, "out of memory");
	if (!t.next || work_load(&t.blob, &err) < 0 ||
	    next_pcrs(&t.later, t.blob, t.next, &err) < 0)
		return cmd_fail(cmd, &err);
	would = judge(&t, &err) == 0;
	if (t.json)
		rc = print_json(&t, would, would ? "" : err.text, &problem);
	else if (!would)
		print_why(&t, err.text);
	if (rc < 0)
		return cmd_fail(cmd, &problem);
	return would ? CMD_YES : CMD_NO;
}

const struct cmd cmd_test = {
	.name = "test",
	.operands = "",
	.summary = "would the next boot unseal? which PCR differs if not",
	.about =
		"Asks the TPM everything that does not depend on the PCRs now, and compares those\n"
		"of the next boot with the approved ones: of a boot like this one, unless "
		"--change\n"
		"or --pcr-values tell what will be other.  Exit 0: it would unseal; 1: not.",
	.options = options,
	.run = run,
};

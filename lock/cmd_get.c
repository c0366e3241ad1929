/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock get: what the lock is, what hangs on it, and what it does not protect. */
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#include "base/hex.h"
#include "cli/json.h"
#include "lock/commands.h"
#include "lock/empty.h"
#include "lock/show.h"
#include "lock/suspend.h"
#include "lock/work.h"

enum option_id { JSON = 1 };

static const struct cmd_option options[] = {
	{ "json", JSON, 0, NULL, "one JSON object, see assay-lock(8)" },
	{ .name = NULL },
};

static int set_option(void *ctx, int id, const char *value UNUSED, struct err *err UNUSED)
{
	if (id == JSON)
		*(bool *)ctx = true;
	return 0;
}

static const char *mode_words(enum lock_mode mode)
{
	switch (mode) {
	case LOCK_OFFLINE:
		return "the key is not on this host: root can't approve";
	case LOCK_ATTENDED:
		return "the key is in this TPM: root with the passphrase can approve";
	case LOCK_AUTOMATIC:
		break;
	}
	return "this host approves by itself: so can root, any boot";
}

static void print_limits(const struct lock_blob *b)
{
	if (b->profile == LOCK_MINIMAL)
		(void)printf("  not covered: kernel, initramfs, command line and boot loader: "
			     "who writes /boot unseals\n");
	if (b->mode == LOCK_AUTOMATIC)
		(void)printf("  not covered: root, who can have any boot approved; the lock holds "
			     "against who has the disk\n");
	if (!b->require_secure_boot)
		(void)printf("  not covered: Secure Boot may be off%s\n",
			     b->profile == LOCK_MINIMAL ? ""
							: "; kernels are told by their digest");
	if (lock_host_suspends(""))
		(void)printf("  not covered: " LOCK_SUSPEND_WORDS ": '" LOCK_SUSPEND_REMEDY "'\n");
	(void)printf("  not covered: what already runs, and secrets in its memory\n");
}

static void print_hang(const struct lock_blob *b, const struct lock_hang *h)
{
	enum work_state state =
		h->kind == LOCK_HANG_LUKS ? work_volume_state(b, h->name) : WORK_HERE;

	(void)printf("  %s %s%s%s\n", lock_hang_name(h->kind), h->name,
		     state == WORK_HERE ? "" : ": ",
		     state == WORK_HERE ? "" : work_state_words(state));
}

static void print_root(const struct lock_blob *b)
{
	struct lock_root root;

	show_root(b, &root);
	(void)printf("root file system: %s%s%s%s\n", lock_root_words(root.kind),
		     *root.source ? " (" : "", root.source, *root.source ? ")" : "");
}

static void print_approval(const struct lock_blob *b, const struct lock_approval *a)
{
	uint32_t empty = lock_pcrs_empty(b->profile, &a->pcrs);
	char pcrs[SHOW_PCRS_MAX];
	char when[32] = "?";
	time_t t = (time_t)a->time;
	struct tm tm;

	if (gmtime_r(&t, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	show_pcrs(empty, pcrs);
	(void)printf("  %u  %s  %s%s%s\n", a->id, when, a->kernel,
		     empty ? "; empty, and holding nothing back: PCR " : "", pcrs);
}

static void print(const struct lock_blob *b)
{
	char id[2 * LOCK_ID_SIZE + 1];
	char pcrs[SHOW_PCRS_MAX];

	hex_format(b->id, sizeof(b->id), id);
	show_pcrs(lock_profile_pcrs(b->profile, b->record_pcr), pcrs);
	(void)printf("lock %s\nmode %s: %s\nauthority %s\n", id, lock_mode_name(b->mode),
		     mode_words(b->mode), *b->source ? b->source : "elsewhere");
	(void)printf("requires enforcement%s\nprofile %s: PCR %s\n",
		     b->require_secure_boot ? " and Secure Boot" : "",
		     lock_profile_name(b->profile), pcrs);
	(void)printf("counter 0x%08x\nrecovery key %s\n", b->counter.index,
		     b->recovery_len ? b->recovery_id : "none");
	(void)printf("what hangs on it:\n");
	for (size_t i = 0; i < b->n_hangs; i++)
		print_hang(b, &b->hangs[i]);
	print_root(b);
	(void)printf("approved boots:\n");
	for (size_t i = 0; i < b->n_approvals; i++)
		print_approval(b, &b->approvals[i]);
	(void)printf("limits:\n");
	print_limits(b);
}

static json_t *approvals_json(const struct lock_blob *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n_approvals; i++) {
		const struct lock_approval *a = &b->approvals[i];

		(void)json_array_append_new(
			list,
			json_pack("{s:I, s:s, s:I, s:I, s:o, s:o}", "id", (json_int_t)a->id,
				  "kernel", a->kernel, "time", (json_int_t)a->time, "bound",
				  (json_int_t)a->bound, "pcrs", show_pcrs_json(&a->pcrs), "empty",
				  show_numbers_json(lock_pcrs_empty(b->profile, &a->pcrs))));
	}
	return list;
}

static json_t *hang_json(const struct lock_blob *b, const struct lock_hang *h)
{
	json_t *one = json_pack("{s:s, s:s}", "kind", lock_hang_name(h->kind), "name", h->name);

	if (h->kind == LOCK_HANG_LUKS)
		(void)json_object_set_new(
			one, "state", json_string(work_state_name(work_volume_state(b, h->name))));
	return one;
}

static json_t *hangs_json(const struct lock_blob *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n_hangs; i++)
		(void)json_array_append_new(list, hang_json(b, &b->hangs[i]));
	return list;
}

static int print_json(const struct lock_blob *b, struct err *err)
{
	char id[2 * LOCK_ID_SIZE + 1];
	struct lock_root root;
	json_t *all;

	hex_format(b->id, sizeof(b->id), id);
	show_root(b, &root);
	all = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:i, s:s, s:I, s:s, s:b, s:o, s:o}", "id",
			id, "mode", lock_mode_name(b->mode), "authority", b->source,
			"require_enforcement", b->require_enforcement, "require_secure_boot",
			b->require_secure_boot, "profile", lock_profile_name(b->profile),
			"record_pcr", b->record_pcr, "recovery_id", b->recovery_id, "counter_index",
			(json_int_t)b->counter.index, "root_file_system", lock_root_name(root.kind),
			"can_suspend", lock_host_suspends(""), "hangs", hangs_json(b), "approvals",
			approvals_json(b));
	return cmd_json_print(all, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_LOCK_BLOB blob = NULL;
	struct err err = ERR_INIT;
	bool json = false;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &json, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (work_load(&blob, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!json)
		print(blob);
	else if (print_json(blob, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

const struct cmd cmd_get = {
	.name = "get",
	.operands = "",
	.summary = "mode, requirements, PCRs, approvals, what hangs on it, what it leaves open",
	.options = options,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock approve: the next boot, ahead of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/passphrase.h"
#include "lock/commands.h"
#include "lock/empty.h"
#include "lock/host.h"
#include "lock/installed.h"
#include "lock/next.h"
#include "lock/request.h"
#include "lock/seal.h"
#include "lock/show.h"
#include "lock/work.h"

enum option_id {
	KERNEL = 1,
	VALUES,
	CHANGE,
	LOG,
	AUTHORITY,
	PASSPHRASE_FILE,
	REQUEST,
	IMPORT,
	INSTALLED
};

static const struct cmd_option options[] = {
	{ "kernel", KERNEL, 0, "VERSION",
	  "what the approval is called (default: the running one)" },
	{ "pcr-values", VALUES, 0, "FILE", "predicted values of that boot (default: as now)" },
	{ "change", CHANGE, 0, "KIND=[WAS:]NOW",
	  "a file of that boot that is another: image, initrd, cmdline, uki, grub-cfg, grub-file" },
	{ "boot-log", LOG, 0, "FILE",
	  "the firmware's event log of this boot (default: the kernel's)" },
	{ "installed", INSTALLED, 0, NULL,
	  "predict that kernel's boot from what the boot loader is configured to do" },
	{ "authority", AUTHORITY, 0, "URI", "where the authority's key is" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the authority's passphrase, first line" },
	{ "request", REQUEST, 0, "FILE", "do not sign: write there what the authority is to sign" },
	{ "import", IMPORT, 0, "FILE", "take an approval that was signed elsewhere" },
	{ .name = NULL },
};

struct approve {
	struct lock_blob *blob;
	const char *kernel;
	bool installed;
	struct next next;
	const char *authority;
	const char *request;
	const char *import;
	struct lock_request *message;
};

static void approve_done(struct approve *a)
{
	lock_blob_free(a->blob);
	next_done(&a->next);
	free(a->message);
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct approve *a = ctx;

	switch ((enum option_id)id) {
	case KERNEL:
		a->kernel = value;
		return 0;
	case VALUES:
		a->next.values = value;
		return 0;
	case CHANGE:
		return next_add_change(&a->next, value, err);
	case LOG:
		a->next.log = value;
		return 0;
	case INSTALLED:
		a->installed = true;
		return 0;
	case AUTHORITY:
		a->authority = value;
		return 0;
	case PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case REQUEST:
		a->request = value;
		return 0;
	case IMPORT:
		a->import = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

static void tell(const struct lock_approval *a, uint32_t dropped)
{
	(void)printf("approval %u: %s\n", a->id, a->kernel);
	if (dropped)
		(void)printf("approval %u: dropped, to make room; 'assay lock revoke' makes that "
			     "final\n",
			     dropped);
}

static int keep(struct approve *a, uint32_t dropped, struct err *err)
{
	if (work_save(a->blob, err) < 0)
		return -1;
	tell(&a->blob->approvals[a->blob->n_approvals - 1], dropped);
	return 0;
}

static int sign(struct approve *a, struct err *err)
{
	AUTO_LOCK_AUTHORITY authority = NULL;
	uint32_t dropped;

	if (work_authority(a->blob, a->authority, &authority, err) < 0 ||
	    work_approve(a->blob, authority, &a->message->approval, &dropped, err) < 0)
		return -1;
	if (keep(a, dropped, err) < 0)
		return -1;
	work_remember(a->blob, &a->next);
	return 0;
}

static int write_request(struct approve *a, struct err *err)
{
	struct lock_request *m = a->message;
	AUTO_BUF out = BUF_INIT(LOCK_REQUEST_MAX);

	memcpy(m->id, a->blob->id, sizeof(m->id));
	if (gethostname(m->host, sizeof(m->host) - 1) < 0 || !*m->host)
		strcpy(m->host, "unnamed");
	m->profile = a->blob->profile;
	m->record_pcr = a->blob->record_pcr;
	m->authority = a->blob->authority;
	m->counter = a->blob->counter;
	m->approval.id = a->blob->next_id;
	if (lock_request_encode(m, &out, err) < 0 ||
	    io_replace_file(a->request, &out, 0644, err) < 0)
		return -1;
	show_request(m);
	return 0;
}

/* A volume that was away has an older copy. */
static int renew(struct lock_blob *blob, struct err *err)
{
	for (size_t i = 0; i < blob->n_hangs; i++)
		if (blob->hangs[i].kind == LOCK_HANG_LUKS &&
		    work_volume_state(blob, blob->hangs[i].name) == WORK_BEHIND)
			return work_save(blob, err);
	return 0;
}

static int make(struct approve *a, struct err *err)
{
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	size_t same;

	if (!pcrs)
		return err_set(err, "out of memory");
	installed_keep(a->blob);
	if (a->installed && installed_changes(&a->next, a->blob, a->kernel, err) < 0)
		return -1;
	if (host_meets(a->blob, err) < 0 || next_pcrs(&a->next, a->blob, pcrs, err) < 0)
		return -1;
	same = lock_find(a->blob, pcrs);
	if (same < a->blob->n_approvals && lock_would_unseal(a->blob, same, err) == 0) {
		(void)printf("approval %u: holds for that boot already\n",
			     a->blob->approvals[same].id);
		return renew(a->blob, err);
	}
	if (work_approval(a->blob, a->kernel, pcrs, &a->message->approval, err) < 0)
		return -1;
	return a->request ? write_request(a, err) : sign(a, err);
}

static int load(const char *path, struct lock_request *ret_request, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_REQUEST_MAX + 1);

	if (io_read_file(path, &data, err) < 0)
		return -1;
	return lock_request_decode(data.data, data.len, ret_request, err) < 0
		       ? err_prepend(err, "%s", path)
		       : 0;
}

/* The signature decides; the rest of the message is compared so that the error says what differs.
 */
static int import(struct approve *a, struct err *err)
{
	struct lock_request *m = a->message;
	uint32_t dropped;

	if (load(a->import, m, err) < 0)
		return -1;
	if (memcmp(m->id, a->blob->id, sizeof(m->id)) != 0)
		return err_set(err, "%s: for another lock, of %s", a->import, m->host);
	if (m->profile != a->blob->profile || m->record_pcr != a->blob->record_pcr)
		return err_set(err, "%s: for another profile than the lock's", a->import);
	if (lock_pcrs_check(m->profile, &m->approval.pcrs, err) < 0)
		return err_prepend(err, "%s", a->import);
	if (m->approval.sig_len == 0)
		return err_set(err, "%s: not signed yet: 'assay lock authority sign'", a->import);
	if (lock_authority_verify(a->blob, &m->approval, err) < 0)
		return err_prepend(err, "%s", a->import);
	if (lock_find(a->blob, &m->approval.pcrs) < a->blob->n_approvals &&
	    a->blob->approvals[lock_find(a->blob, &m->approval.pcrs)].bound >= m->approval.bound)
		return err_set(err, "%s: is here already", a->import);
	if (lock_approval_add(a->blob, &m->approval, &dropped, err) < 0 ||
	    lock_would_unseal(a->blob, a->blob->n_approvals - 1, err) < 0)
		return err_prepend(err, "%s", a->import);
	return keep(a, dropped, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(approve_done)
	struct approve a = { .message = calloc(1, sizeof(*a.message)) };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &a, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (a.installed && (a.next.values || a.next.n))
		return cmd_misuse(cmd, "--installed finds out by itself what is to be told by "
				       "--change or --pcr-values");
	if (a.import &&
	    (a.installed || a.request || a.kernel || a.next.values || a.next.n || a.authority))
		return cmd_misuse(cmd, "--import takes what is in the file, and no other option");
	if (!a.message)
		(void)err_set(&err, "out of memory");
	if (!a.message || work_load(&a.blob, &err) < 0 || work_settle(a.blob, &err) < 0)
		return cmd_fail(cmd, &err);
	if (a.import ? import(&a, &err) < 0 : make(&a, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

const struct cmd cmd_approve = {
	.name = "approve",
	.operands = "",
	.summary = "approve a boot configuration ahead of the reboot",
	.about = "Signs, with the authority's key, the PCR values that the next boot will have:\n"
		 "predicted ones, or those of now with the record that the next boot begins with.\n"
		 "Without the key here, --request writes what 'assay lock authority sign' signs\n"
		 "elsewhere, and --import brings it back.  Older approvals stay.",
	.options = options,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock predict: the PCRs of a boot with other files, from the log of this one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/boot_log.h"
#include "base/hex.h"
#include "base/io.h"
#include "lock/commands.h"
#include "lock/pe.h"
#include "lock/predict.h"
#include "lock/work.h"
#include "proto/settings.h"
#include "tpm/pcr.h"

#define BOOT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"
#define PROC_CMDLINE "/proc/cmdline"

enum option_id { IMAGE = 1, INITRD, CMDLINE, UKI, GRUB_CFG, GRUB_FILE, WAS, PROFILE, LOG, OUT };

static const struct cmd_option options[] = {
	{ "image", IMAGE, 0, "FILE", "a kernel or boot loader as it will be (may be repeated)" },
	{ "initrd", INITRD, 0, "FILE", "the initramfs as it will be" },
	{ "cmdline", CMDLINE, 0, "TEXT", "the kernel command line as it will be" },
	{ "uki", UKI, 0, "FILE", "the unified kernel image as it will be" },
	{ "grub-cfg", GRUB_CFG, 0, "FILE", "the grub.cfg as it will be" },
	{ "grub-file", GRUB_FILE, 0, "FILE", "another file that GRUB reads (may be repeated)" },
	{ "was", WAS, 0, "FILE", "what the one before it was when this boot began" },
	{ "profile", PROFILE, 0, "NAME", "uki, efistub, grub or minimal (default: the lock's)" },
	{ "log", LOG, 0, "FILE", "a boot log, without asking the TPM (default: this boot's)" },
	{ "boot-out", OUT, 0, "FILE", "write what a later boot is to be explained beside" },
	{ .name = NULL },
};

struct predict {
	struct lock_change changes[LOCK_CHANGES_MAX];
	struct buf files[2 * LOCK_CHANGES_MAX]; /* that they lead into */
	size_t n;
	const char *profile;
	const char *log_path;
	const char *out;
	struct buf log;
	struct buf cmdline;
	struct lock_blob *blob;
	struct lock_boot boot;
};

static void predict_free(struct predict **p)
{
	for (size_t i = 0; *p && i < ARRAY_LEN((*p)->files); i++)
		buf_done(&(*p)->files[i]);
	if (*p) {
		buf_done(&(*p)->log);
		buf_done(&(*p)->cmdline);
		lock_blob_free((*p)->blob);
	}
	free(*p);
}

static int read_into(struct buf *file, const char *path, struct err *err)
{
	file->max = PE_MAX;
	return io_read_file(path, file, err);
}

static int add_file(struct predict *p, enum lock_change_kind kind, const char *path,
		    struct err *err)
{
	struct buf *now = &p->files[2 * p->n + 1];

	if (p->n == LOCK_CHANGES_MAX)
		return err_set(err, "more than %d changes", LOCK_CHANGES_MAX);
	if (read_into(now, path, err) < 0)
		return -1;
	p->changes[p->n++] = (struct lock_change){
		.kind = kind,
		.name = path,
		.now = now->data ? now->data : (const uint8_t *)"",
		.now_len = now->len,
	};
	return 0;
}

static int add_cmdline(struct predict *p, const char *text, struct err *err)
{
	if (p->n == LOCK_CHANGES_MAX)
		return err_set(err, "more than %d changes", LOCK_CHANGES_MAX);
	p->changes[p->n++] = (struct lock_change){
		.kind = LOCK_CHANGE_CMDLINE,
		.name = "the command line",
		.now = text,
		.now_len = strlen(text),
	};
	return 0;
}

static int set_was(struct predict *p, const char *path, struct err *err)
{
	struct buf *was = &p->files[p->n ? 2 * (p->n - 1) : 0];

	if (!p->n || p->changes[p->n - 1].was)
		return err_set(err, "stands behind the one change that it is of");
	if (read_into(was, path, err) < 0)
		return -1;
	p->changes[p->n - 1].was = was->data ? was->data : (const uint8_t *)"";
	p->changes[p->n - 1].was_len = was->len;
	return 0;
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct predict *p = ctx;

	switch ((enum option_id)id) {
	case IMAGE:
		return add_file(p, LOCK_CHANGE_IMAGE, value, err);
	case INITRD:
		return add_file(p, LOCK_CHANGE_INITRD, value, err);
	case UKI:
		return add_file(p, LOCK_CHANGE_UKI, value, err);
	case GRUB_CFG:
		return add_file(p, LOCK_CHANGE_GRUB_CFG, value, err);
	case GRUB_FILE:
		return add_file(p, LOCK_CHANGE_GRUB_FILE, value, err);
	case CMDLINE:
		return add_cmdline(p, value, err);
	case WAS:
		return set_was(p, value, err);
	case PROFILE:
		p->profile = value;
		return 0;
	case LOG:
		p->log_path = value;
		return 0;
	case OUT:
		p->out = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

/* The PCRs of the profile but the record's, which no firmware extends. */
static int profile_mask(struct predict *p, uint32_t *ret_mask, struct err *err)
{
	enum lock_profile profile;
	unsigned int record_pcr = SETTINGS_PCR_USUAL;

	if (p->profile) {
		if (lock_profile_parse(p->profile, &profile, err) < 0)
			return -1;
	} else {
		if (work_load(&p->blob, err) < 0)
			return -1;
		profile = p->blob->profile;
		record_pcr = p->blob->record_pcr;
	}
	*ret_mask = lock_profile_pcrs(profile, record_pcr) & ~(1U << record_pcr);
	return 0;
}

static int read_log(struct predict *p, struct err *err)
{
	p->log.max = BOOT_LOG_MAX;
	if (p->log_path)
		return io_read_file(p->log_path, &p->log, err);
	if (!io_exists(BOOT_LOG))
		return err_set(err,
			       "%s: the firmware left no boot log (GRUB hands none on where "
			       "Secure Boot is off)",
			       BOOT_LOG);
	return io_read_file(BOOT_LOG, &p->log, err);
}

/* Of this boot; a command line that changes is told beside it. */
static int read_cmdline(struct predict *p, struct err *err)
{
	p->cmdline.max = BOOT_CMDLINE_MAX;
	if (io_read_file(PROC_CMDLINE, &p->cmdline, err) < 0)
		return -1;
	while (p->cmdline.len && p->cmdline.data[p->cmdline.len - 1] == '\n')
		p->cmdline.data[--p->cmdline.len] = '\0';
	for (size_t i = 0; i < p->n; i++) {
		if (p->changes[i].kind != LOCK_CHANGE_CMDLINE || p->changes[i].was)
			continue;
		p->changes[i].was = buf_text(&p->cmdline);
		p->changes[i].was_len = p->cmdline.len;
	}
	return 0;
}

static int read_held(uint32_t mask, struct pcr_set *ret_held, struct err *err)
{
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));

	if (!pcrs)
		return err_set(err, "out of memory");
	if (tpm_pcrs_read(mask, pcrs, err) < 0)
		return -1;
	*ret_held = (struct pcr_set){ .bank = HASH_SHA256, .mask = mask };
	for (unsigned int i = 0; i < TPM_PCRS && i < QUOTE_PCRS; i++)
		memcpy(ret_held->value[i], pcrs->value[i], TPM_DIGEST_SIZE);
	return 0;
}

static int write_boot(struct predict *p, const struct lock_template *t, struct err *err)
{
	AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);

	if (!p->out)
		return 0;
	if (lock_predict_boot(t, p->changes, p->n, &p->boot, err) < 0 ||
	    lock_boot_encode(&p->boot, &out, err) < 0)
		return -1;
	return io_replace_file(p->out, &out, 0644, err);
}

static void print(const struct pcr_set *pcrs)
{
	for (unsigned int i = 0; i < QUOTE_PCRS; i++) {
		char hex[2 * HASH_SIZE_MAX + 1];

		if (!(pcrs->mask >> i & 1))
			continue;
		hex_format(pcrs->value[i], hash_algo_size(pcrs->bank), hex);
		(void)printf("%u %s\n", i, hex);
	}
}

static int predict(struct predict *p, struct err *err)
{
	AUTO_MEM struct pcr_set *sets = calloc(2, sizeof(*sets));
	struct lock_template t = { .bank = HASH_SHA256 };

	if (!sets)
		return err_set(err, "out of memory");
	if (profile_mask(p, &t.mask, err) < 0 || read_log(p, err) < 0 || read_cmdline(p, err) < 0)
		return -1;
	if (!p->log_path && read_held(t.mask, &sets[0], err) < 0)
		return -1;
	t.log = p->log.data;
	t.len = p->log.len;
	t.cmdline = buf_text(&p->cmdline);
	t.held = p->log_path ? NULL : &sets[0];
	if (lock_predict(&t, p->changes, p->n, &sets[1], err) < 0 || write_boot(p, &t, err) < 0)
		return -1;
	print(&sets[1]);
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(predict_free) struct predict *p = calloc(1, sizeof(*p));
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first;

	if (!p) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	first = cmd_options(cmd, argc, argv, set_option, p, &ret);
	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	return predict(p, &err) < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd cmd_predict = {
	.name = "predict",
	.operands = "",
	.summary = "the PCRs of a boot with other files, from this boot's log",
	.about = "Prints the profile's PCRs as --pcr-values takes them.  Each change is the file "
		 "as it\n"
		 "will be, and behind it --was, the file as it was booted; without --was its event "
		 "is\n"
		 "found by the file's name.  Whatever can't be predicted is refused with the "
		 "reason.",
	.options = options,
	.run = run,
};

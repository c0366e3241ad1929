/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that Assay loads, written for one kernel. */
#include "ima/policy_gen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ima/owner.h"

/* The hooks by which code gets to run: with fs-verity, v3 signatures. */
static const char *const run_hooks[] = { "BPRM_CHECK", "MMAP_CHECK mask=MAY_EXEC" };

/*
 * File systems whose bytes come from a server or from another file system, and can be others after
 * the hash than before it: any user mounts a FUSE of their own by fusermount3 and claims user 0 and
 * genuine labels for its files, and an overlay hides what is under it.  Their magic numbers are the
 * kernel's, include/uapi/linux/magic.h and the file systems' own headers.
 */
static const struct {
	uint32_t magic;
	const char *name;
} foreign[] = {
	{ 0x65735546, "fuse" }, /* virtiofs among them */
	{ 0x01021997, "9p" },
	{ 0x00c36400, "ceph" },
	{ 0x794c7630, "overlay" },
};

const char *policy_foreign_name(uint64_t fsmagic)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (foreign[i].magic == fsmagic)
			return foreign[i].name;
	return NULL;
}

/*
 * The hooks of kernel_read_file: whole files, read once.  Their rules take v2 signatures in both
 * profiles: digest_type=verity is refused for half of them and gains nothing for the others.
 */
static const char *const read_hooks[] = { "MODULE_CHECK", "FIRMWARE_CHECK", "KEXEC_KERNEL_CHECK",
					  "KEXEC_INITRAMFS_CHECK", "POLICY_CHECK" };

static bool is_uuid(const char *text)
{
	if (strlen(text) != POLICY_UUID_LEN)
		return false;
	for (size_t i = 0; i < POLICY_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* The nth file system named in the plan: first the signature ones, then the verity ones. */
static const char *plan_fs(const struct policy_plan *plan, size_t nth)
{
	return nth < plan->n_signature_fs ? plan->signature_fs[nth]
					  : plan->verity_fs[nth - plan->n_signature_fs];
}

static int check_file_systems(const struct policy_plan *plan, struct err *err)
{
	size_t n = plan->n_signature_fs + plan->n_verity_fs;

	for (size_t i = 0; i < n; i++) {
		if (!is_uuid(plan_fs(plan, i)))
			return err_set(err, "'%s' is not a file system's UUID", plan_fs(plan, i));
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(plan_fs(plan, i), plan_fs(plan, k)) == 0)
				return err_set(err, "file system %s is named twice",
					       plan_fs(plan, i));
	}
	return 0;
}

static int check_kernel(const struct policy_plan *plan, struct err *err)
{
	bool verity = plan->profile == POLICY_GEN_VERITY || plan->n_verity_fs > 0;

	if (verity && !kernel_version_from(plan->kernel, 5, 19))
		return err_set(err,
			       "kernel %u.%u can't appraise fs-verity files: digest_type=verity "
			       "came with 5.19; use the signature profile",
			       plan->kernel.major, plan->kernel.minor);
	return 0;
}

/* One rule for each hook by which code gets to run. */
static int put_run(const char *action, const char *fsuuid, const char *terms, struct buf *out,
		   struct err *err)
{
	for (size_t i = 0; i < sizeof(run_hooks) / sizeof(run_hooks[0]); i++)
		if (buf_putf(out, err, "%s func=%s%s%s%s\n", action, run_hooks[i],
			     fsuuid ? " fsuuid=" : "", fsuuid ? fsuuid : "", terms) < 0)
			return -1;
	return 0;
}

/*
 * The kernel lets an empty new file be mapped without a signature and remembers that verdict while
 * its creator writes the code (IMA_NEW_FILE in ima_appraise_measurement()): with v2 signatures any
 * user could run any program through ld.so.  A file without fs-verity fails before it gets there,
 * so whatever a user or a service can create must be an fs-verity file.  Packages' files belong to
 * root, daemon or bin.
 */
static bool by_owner(const struct policy_plan *plan, bool verity)
{
	return !verity && plan->mode == POLICY_GEN_ENFORCE &&
	       kernel_version_from(plan->kernel, 5, 19);
}

static int put_run_rule(const struct policy_plan *plan, const char *fsuuid, bool verity,
			struct buf *out, struct err *err)
{
	if (plan->mode != POLICY_GEN_ENFORCE)
		return put_run("audit", fsuuid, "", out, err);
	if (by_owner(plan, verity) &&
	    put_run("appraise", fsuuid, " fowner<" OWNER_V2_LIMIT_TEXT " appraise_type=imasig", out,
		    err) < 0)
		return -1;
	if (verity || by_owner(plan, verity))
		return put_run("appraise", fsuuid, " digest_type=verity appraise_type=sigv3", out,
			       err);
	return put_run("appraise", fsuuid, " appraise_type=imasig", out, err);
}

/*
 * The digest type that any matching rule asks for holds for all actions on the file, so the rules
 * that measure must ask for the same one as those that appraise.
 */
static int put_run_measure(const struct policy_plan *plan, const char *fsuuid, bool verity,
			   struct buf *out, struct err *err)
{
	if (by_owner(plan, verity) &&
	    put_run("measure", fsuuid, " fowner<" OWNER_V2_LIMIT_TEXT " template=ima-sig", out,
		    err) < 0)
		return -1;
	if (by_owner(plan, verity) || (verity && plan->mode == POLICY_GEN_ENFORCE))
		return put_run("measure", fsuuid, " template=ima-sigv2 digest_type=verity", out,
			       err);
	return put_run("measure", fsuuid, " template=ima-sig", out, err);
}

/* Wherever v2 signatures count, not on these: the hash that they cover is remembered. */
static int put_foreign(const struct policy_plan *plan, const char *action, const char *terms,
		       struct buf *out, struct err *err)
{
	char text[96];

	if (plan->mode != POLICY_GEN_ENFORCE || !kernel_version_from(plan->kernel, 5, 19) ||
	    (plan->profile == POLICY_GEN_VERITY && !plan->n_signature_fs))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		(void)snprintf(text, sizeof(text), " fsmagic=0x%08x%s", foreign[i].magic, terms);
		if (put_run(action, NULL, text, out, err) < 0)
			return -1;
	}
	return 0;
}

typedef int (*put_fn)(const struct policy_plan *plan, const char *fsuuid, bool verity,
		      struct buf *out, struct err *err);

/* The named file systems first: the first rule that matches decides. */
static int put_for_each_fs(const struct policy_plan *plan, put_fn put, struct buf *out,
			   struct err *err)
{
	for (size_t i = 0; i < plan->n_signature_fs + plan->n_verity_fs; i++)
		if (put(plan, plan_fs(plan, i), i >= plan->n_signature_fs, out, err) < 0)
			return -1;
	return put(plan, NULL, plan->profile == POLICY_GEN_VERITY, out, err);
}

static int put_measure(const struct policy_plan *plan, struct buf *out, struct err *err)
{
	if (buf_putf(out, err, "measure func=KEY_CHECK keyrings=.ima|_ima|.evm|_evm\n") < 0 ||
	    buf_putf(out, err, "measure func=KEXEC_CMDLINE\n") < 0)
		return -1;
	if (kernel_version_from(plan->kernel, 5, 12) &&
	    buf_putf(out, err, "measure func=CRITICAL_DATA\n") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(read_hooks) / sizeof(read_hooks[0]); i++)
		if (buf_putf(out, err, "measure func=%s template=ima-sig\n", read_hooks[i]) < 0)
			return -1;
	if (put_foreign(plan, "measure", " template=ima-sigv2 digest_type=verity", out, err) < 0)
		return -1;
	return put_for_each_fs(plan, put_run_measure, out, err);
}

static int put_read_rules(const struct policy_plan *plan, struct buf *out, struct err *err)
{
	bool appraise = plan->mode == POLICY_GEN_ENFORCE;

	for (size_t i = 0; i < sizeof(read_hooks) / sizeof(read_hooks[0]); i++)
		if (buf_putf(out, err, "%s func=%s%s\n", appraise ? "appraise" : "audit",
			     read_hooks[i], appraise ? " appraise_type=imasig" : "") < 0)
			return -1;
	return 0;
}

int policy_generate(const struct policy_plan *plan, struct buf *out, struct err *err)
{
	if (check_file_systems(plan, err) < 0 || check_kernel(plan, err) < 0)
		return -1;
	if (!plan->no_measure && put_measure(plan, out, err) < 0)
		return -1;
	if (put_read_rules(plan, out, err) < 0 ||
	    put_foreign(plan, "appraise", " digest_type=verity appraise_type=sigv3", out, err) < 0)
		return -1;
	return put_for_each_fs(plan, put_run_rule, out, err);
}

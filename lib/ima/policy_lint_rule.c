/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linter's checks of single rules. */
#include "ima/policy_lint_rule.h"

#include <linux/magic.h>
#include <string.h>

#include "ima/policy_cover.h"

#define PCR_TPM_COUNT 24 /* TCG PC Client Platform TPM Profile, 4.6.2 */

#define SYSTEM_USER_MAX 999 /* login.defs: SYS_UID_MAX */

/* File systems that an exemption or a condition may name. */
enum fs_nature {
	FS_MEMORY, /* anyone with a place to write to can run programs from there */
	FS_PSEUDO, /* holds nothing that can be executed */
	FS_REMOTE, /* what is read next time may be something else: appraisal does not hold */
	FS_STACK,  /* shows other file systems' files */
};

static const struct {
	const char *name;
	uint64_t magic;
	enum fs_nature nature;
} file_systems[] = {
	{ "tmpfs", TMPFS_MAGIC, FS_MEMORY },
	{ "ramfs", RAMFS_MAGIC, FS_MEMORY },
	{ "rootfs", RAMFS_MAGIC, FS_MEMORY },
	{ "devtmpfs", TMPFS_MAGIC, FS_MEMORY },
	{ "hugetlbfs", HUGETLBFS_MAGIC, FS_MEMORY },
	{ "overlay", OVERLAYFS_SUPER_MAGIC, FS_STACK },
	{ "ecryptfs", ECRYPTFS_SUPER_MAGIC, FS_STACK },
	{ "fuse", FUSE_SUPER_MAGIC, FS_REMOTE },
	{ "fuseblk", FUSE_SUPER_MAGIC, FS_REMOTE },
	{ "nfs", NFS_SUPER_MAGIC, FS_REMOTE },
	{ "nfs4", NFS_SUPER_MAGIC, FS_REMOTE },
	{ "cifs", CIFS_SUPER_MAGIC, FS_REMOTE },
	{ "smb3", SMB2_SUPER_MAGIC, FS_REMOTE },
	{ "ceph", CEPH_SUPER_MAGIC, FS_REMOTE },
	{ "9p", V9FS_MAGIC, FS_REMOTE },
	{ "virtiofs", FUSE_SUPER_MAGIC, FS_REMOTE },
	{ "proc", PROC_SUPER_MAGIC, FS_PSEUDO },
	{ "sysfs", SYSFS_MAGIC, FS_PSEUDO },
	{ "debugfs", DEBUGFS_MAGIC, FS_PSEUDO },
	{ "devpts", DEVPTS_SUPER_MAGIC, FS_PSEUDO },
	{ "binfmt_misc", BINFMTFS_MAGIC, FS_PSEUDO },
	{ "securityfs", SECURITYFS_MAGIC, FS_PSEUDO },
	{ "selinuxfs", SELINUX_MAGIC, FS_PSEUDO },
	{ "smackfs", SMACK_MAGIC, FS_PSEUDO },
	{ "cgroup", CGROUP_SUPER_MAGIC, FS_PSEUDO },
	{ "cgroup2", CGROUP2_SUPER_MAGIC, FS_PSEUDO },
	{ "nsfs", NSFS_MAGIC, FS_PSEUDO },
	{ "efivarfs", EFIVARFS_MAGIC, FS_PSEUDO },
};

/* The file system that the rule is for, -1: it names none, or one that is not in the table. */
static int rule_fs(const struct policy_rule *r)
{
	for (size_t i = 0; i < ARRAY_LEN(file_systems); i++)
		if ((r->flags & PF_FSNAME)
			    ? strcmp(r->fsname, file_systems[i].name) == 0
			    : (r->flags & PF_FSMAGIC) && r->fsmagic == file_systems[i].magic)
			return (int)i;
	return -1;
}

static const char *exempted(const struct policy_rule *r)
{
	int fs = rule_fs(r);

	if (!policy_rule_is_conditional(r))
		return "everything";
	if (fs >= 0)
		switch (file_systems[fs].nature) {
		case FS_MEMORY:
			return "what is written to memory file systems (/dev/shm, /tmp, memfd)";
		case FS_STACK:
			return "what is written to a stacked file system's upper layer";
		case FS_REMOTE:
			return "what a server or another process hands out";
		case FS_PSEUDO:
			return "a file system that holds nothing executable, needlessly";
		}
	if (r->flags & (PF_FOWNER | PF_FGROUP))
		return "files by their owner, which is changed by chown";
	if (r->flags & (PF_UID | PF_EUID | PF_GID | PF_EGID))
		return "what certain users do";
	if (r->flags & (PF_FSUUID | PF_FSNAME | PF_FSMAGIC))
		return "a whole file system; its UUID, name and magic prove nothing about it";
	return "what its conditions match";
}

/* What is not appraised, in log mode not audited, runs; what is not measured is only not known. */
static enum lint_kind exemption_kind(const struct policy_rule *r)
{
	return r->action == ACTION_DONT_APPRAISE || r->action == ACTION_DONT_AUDIT ? LINT_HOLE
										   : LINT_WEAK;
}

/* dont_appraise and the like before a rule that would have matched. */
static int lint_exemption(const struct lint *lint, size_t nth)
{
	const struct policy_rule *r = &lint->policy->rule[nth];

	if (!policy_action_is_exemption(r->action))
		return 0;
	for (size_t i = nth + 1; i < lint->policy->n; i++) {
		const struct policy_rule *later = &lint->policy->rule[i];

		if (policy_action_group(later->action) != policy_action_group(r->action) ||
		    policy_action_is_exemption(later->action) || policy_rule_mask_is_wrong(later) ||
		    !policy_rule_overlaps(r, later))
			continue;
		return lint_say(lint, r->line, exemption_kind(r),
				"takes %s out of line %u and what "
				"follows",
				exempted(r), later->line);
	}
	return 0;
}

static int lint_signature(const struct lint *lint, const struct policy_rule *r)
{
	if (r->action != ACTION_APPRAISE || r->func == FUNC_SETXATTR_CHECK)
		return 0;
	if (!(r->flags & PF_DIGSIG) &&
	    lint_say(lint, r->line, LINT_HOLE,
		     "takes a plain hash, which root can write, for a signature: "
		     "appraise_type=imasig is missing") < 0)
		return -1;
	if ((r->flags & PF_DIRECTIO) &&
	    lint_say(lint, r->line, LINT_HOLE,
		     "permit_directio lets any file pass that is opened with O_DIRECT") < 0)
		return -1;
	return 0;
}

/* Is it for files of system users alone, which nobody else can make? */
static bool is_for_system_files(const struct policy_rule *r)
{
	return (r->flags & PF_FOWNER) && r->fowner.op != OP_GREATER &&
	       r->fowner.value <= SYSTEM_USER_MAX;
}

/*
 * IMA_NEW_FILE: an empty file that its creator still has open passes, and the verdict stays while
 * it is filled.  One without fs-verity fails before that is asked.
 */
static int lint_new_files(const struct lint *lint, const struct policy_rule *r)
{
	if (r->action != ACTION_APPRAISE || (r->flags & PF_VERITY) || is_for_system_files(r) ||
	    !policy_rule_is_for(r, FUNC_MMAP_CHECK) || policy_rule_mask_is_wrong(r) ||
	    !kernel_version_from(lint->kernel->version, 5, 19))
		return 0;
	return lint_say(lint, r->line, LINT_WEAK,
			"a user's new file passes while it is empty and is mapped with what is "
			"written then: keep this to fowner<3 and ask for digest_type=verity behind "
			"it");
}

static int lint_algos(const struct lint *lint, const struct policy_rule *r)
{
	static const char *const weak[] = { "md4",    "md5",	"sha1",	  "rmd128",
					    "rmd160", "tgr128", "tgr160", "tgr192" };

	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		int number = policy_algo_number(weak[i]);

		if (number >= 0 && (r->algos & (UINT32_C(1) << number)) &&
		    lint_say(lint, r->line, LINT_WEAK, "appraise_algos: %s is broken or too short",
			     weak[i]) < 0)
			return -1;
	}
	return 0;
}

static int lint_place(const struct lint *lint, const struct policy_rule *r)
{
	int fs = rule_fs(r);

	if (fs < 0 || policy_action_is_exemption(r->action) || r->action != ACTION_APPRAISE)
		return 0;
	/* Nothing there is an fs-verity file, so such a rule refuses all. */
	if (file_systems[fs].nature == FS_REMOTE && !(r->flags & PF_VERITY))
		return lint_say(lint, r->line, LINT_WEAK,
				"on %s the file that is read later need not be the one that was "
				"appraised",
				file_systems[fs].name);
	if (file_systems[fs].nature == FS_PSEUDO)
		return lint_say(lint, r->line, LINT_UNREACHABLE, "%s holds nothing executable",
				file_systems[fs].name);
	return 0;
}

/* Can both rules match the same use of a file, and does neither leave that open by its conditions?
 */
static bool match_together(const struct lint *lint, size_t measure, size_t appraise)
{
	const struct policy_rule *m = &lint->policy->rule[measure];
	const struct policy_rule *a = &lint->policy->rule[appraise];

	/* An earlier rule takes from the one whatever the other matches. */
	if (lint->place[measure].taker < appraise || lint->place[appraise].taker < measure)
		return false;
	return policy_rule_overlaps(m, a) &&
	       (!policy_rule_is_conditional(a) || policy_rule_covers(m, a)) &&
	       (!policy_rule_is_conditional(m) || policy_rule_covers(a, m));
}

/*
 * digest_type=verity of any rule that matches holds for the others that match with it
 * (ima_match_policy() collects the flags), so a pair of rules that disagree breaks one of them.
 */
static int lint_digest_type(const struct lint *lint, size_t nth)
{
	const struct policy_rule *r = &lint->policy->rule[nth];

	for (size_t i = 0; r->action == ACTION_MEASURE && i < lint->policy->n; i++) {
		const struct policy_rule *a = &lint->policy->rule[i];

		if (a->action != ACTION_APPRAISE || !((r->flags ^ a->flags) & PF_VERITY) ||
		    lint->place[i].idle || !match_together(lint, nth, i))
			continue;
		if (r->flags & PF_VERITY)
			return lint_say(lint, r->line, LINT_WEAK,
					"digest_type=verity holds for line %u too, whose v2 "
					"signatures are then refused",
					a->line);
		return lint_say(lint, r->line, LINT_WEAK,
				"line %u makes this record fs-verity digests as if they were file "
				"hashes: digest_type=verity is missing",
				a->line);
	}
	return 0;
}

static int lint_measure(const struct lint *lint, const struct policy_rule *r)
{
	bool v2 = r->template && strstr(r->template, "v2");

	if (r->action != ACTION_MEASURE)
		return 0;
	if ((r->flags & PF_PCR) && r->pcr >= PCR_TPM_COUNT &&
	    lint_say(lint, r->line, LINT_WEAK, "pcr=%d: a TPM has only %d", r->pcr, PCR_TPM_COUNT) <
		    0)
		return -1;
	if ((r->flags & PF_VERITY) && !v2)
		return lint_say(lint, r->line, LINT_WEAK,
				"digest_type=verity needs template=ima-sigv2, else a verifier "
				"takes the digest for a file hash");
	return 0;
}

int lint_rule(const struct lint *lint, size_t nth)
{
	const struct policy_rule *r = &lint->policy->rule[nth];

	if (lint_exemption(lint, nth) < 0 || lint_signature(lint, r) < 0 ||
	    lint_new_files(lint, r) < 0 || lint_algos(lint, r) < 0 || lint_place(lint, r) < 0 ||
	    lint_measure(lint, r) < 0)
		return -1;
	return lint_digest_type(lint, nth);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that Assay loads, written for one kernel; docs/POLICY.md says why each rule is there.
 */
#ifndef ASSAY_IMA_POLICY_GEN_H
#define ASSAY_IMA_POLICY_GEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "ima/kernel_version.h"

#define POLICY_GEN_FS_MAX 16 /* file systems named in one plan, of each kind */
#define POLICY_UUID_LEN 36   /* characters of a UUID's text */

enum policy_gen_mode {
	POLICY_GEN_ENFORCE, /* appraise: what is not signed does not run */
	POLICY_GEN_LOG,	    /* audit: everything runs, every file that would be appraised is told */
};

enum policy_gen_profile {
	POLICY_GEN_SIGNATURE, /* v2 signatures over file hashes */
	POLICY_GEN_VERITY, /* v3 signatures over fs-verity digests for what is executed and mapped
			    */
};

struct policy_plan {
	enum policy_gen_mode mode;
	enum policy_gen_profile profile; /* of every file system that is not named below */
	struct kernel_version kernel;
	const char *signature_fs[POLICY_GEN_FS_MAX]; /* UUIDs, as blkid prints them */
	size_t n_signature_fs;
	const char *verity_fs[POLICY_GEN_FS_MAX];
	size_t n_verity_fs;
	bool no_measure; /* leave the rules for attestation out */
};

/*
 * Appends the rules, one a line, neither comments nor blank lines.  Fails when the kernel can't
 * enforce the profile, and on a UUID that is not one or is named twice.
 */
MUST_USE int policy_generate(const struct policy_plan *plan, struct buf *out, struct err *err);

/* The name of a file system on which the policy lets nothing run, by its superblock's magic
 * (statfs(2)): "overlay", "fuse", "9p", "ceph"; NULL: it is none of these. */
const char *policy_foreign_name(uint64_t fsmagic);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules match what other rules match. */
#include "ima/policy_cover.h"

#include <string.h>

enum policy_group policy_action_group(enum policy_action action)
{
	switch (action) {
	case ACTION_MEASURE:
	case ACTION_DONT_MEASURE:
		return GROUP_MEASURE;
	case ACTION_APPRAISE:
	case ACTION_DONT_APPRAISE:
		return GROUP_APPRAISE;
	case ACTION_AUDIT:
	case ACTION_DONT_AUDIT:
		return GROUP_AUDIT;
	case ACTION_HASH:
	case ACTION_DONT_HASH:
		return GROUP_HASH;
	case ACTION_UNKNOWN:
		break;
	}
	return GROUP_NONE;
}

bool policy_action_is_exemption(enum policy_action action)
{
	return action == ACTION_DONT_MEASURE || action == ACTION_DONT_APPRAISE ||
	       action == ACTION_DONT_AUDIT || action == ACTION_DONT_HASH;
}

/* The masks with which a hook is called; 0: it depends. */
static unsigned int func_mask(enum policy_func func)
{
	switch (func) {
	case FUNC_MMAP_CHECK:
	case FUNC_MMAP_CHECK_REQPROT:
	case FUNC_BPRM_CHECK:
	case FUNC_CREDS_CHECK:
		return MASK_EXEC;
	case FUNC_MODULE_CHECK:
	case FUNC_FIRMWARE_CHECK:
	case FUNC_KEXEC_KERNEL_CHECK:
	case FUNC_KEXEC_INITRAMFS_CHECK:
	case FUNC_POLICY_CHECK:
		return MASK_READ;
	case FUNC_NONE:
	case FUNC_FILE_CHECK:
	case FUNC_KEXEC_CMDLINE:
	case FUNC_KEY_CHECK:
	case FUNC_CRITICAL_DATA:
	case FUNC_SETXATTR_CHECK:
	case FUNC_COUNT:
		break;
	}
	return 0;
}

/* Data, not files: only a rule for just this hook is asked. */
static bool func_is_data(enum policy_func func)
{
	return func == FUNC_KEY_CHECK || func == FUNC_CRITICAL_DATA || func == FUNC_SETXATTR_CHECK;
}

bool policy_rule_is_for(const struct policy_rule *rule, enum policy_func func)
{
	if (!(rule->flags & PF_FUNC))
		return !func_is_data(func);
	return rule->func == func;
}

bool policy_rule_mask_is_wrong(const struct policy_rule *rule)
{
	unsigned int called = func_mask(rule->func);

	return (rule->flags & (PF_MASK | PF_INMASK)) && called && rule->mask != called;
}

bool policy_rule_is_conditional(const struct policy_rule *rule)
{
	uint32_t where = PF_FSMAGIC | PF_FSNAME | PF_FS_SUBTYPE | PF_FSUUID | PF_UID | PF_EUID |
			 PF_GID | PF_EGID | PF_FOWNER | PF_FGROUP | PF_KEYRINGS | PF_LABEL;

	for (size_t i = 0; i < POLICY_LSM_CONDITIONS; i++)
		if (rule->lsm[i])
			return true;
	if ((rule->flags & (PF_MASK | PF_INMASK)) && func_mask(rule->func) != rule->mask)
		return true;
	return rule->flags & where;
}

struct range {
	uint64_t low;
	uint64_t high; /* inclusive; low > high: empty */
};

static struct range id_range(const struct policy_id *id)
{
	switch (id->op) {
	case OP_GREATER:
		return (struct range){ (uint64_t)id->value + 1, UINT32_MAX };
	case OP_LESS:
		return id->value ? (struct range){ 0, (uint64_t)id->value - 1 }
				 : (struct range){ 1, 0 };
	case OP_EQUAL:
		break;
	}
	return (struct range){ id->value, id->value };
}

static bool id_covers(const struct policy_id *a, const struct policy_id *b)
{
	struct range ra = id_range(a);
	struct range rb = id_range(b);

	return ra.low <= rb.low && rb.high <= ra.high;
}

static bool id_overlaps(const struct policy_id *a, const struct policy_id *b)
{
	struct range ra = id_range(a);
	struct range rb = id_range(b);

	return ra.low <= rb.high && rb.low <= ra.high;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool mask_covers(const struct policy_rule *a, const struct policy_rule *b)
{
	unsigned int called = func_mask(b->func);

	if (!(a->flags & (PF_MASK | PF_INMASK)))
		return true;
	if (!(b->flags & (PF_MASK | PF_INMASK)))
		return called && called == a->mask;
	if (a->flags & PF_INMASK)
		return a->mask == b->mask;
	return (b->flags & PF_MASK) && a->mask == b->mask;
}

/* Each condition of a must be one that b's own conditions imply. */
static bool ids_cover(const struct policy_rule *a, const struct policy_rule *b)
{
	static const uint32_t kinds[] = { PF_UID, PF_EUID, PF_GID, PF_EGID, PF_FOWNER, PF_FGROUP };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct policy_id *ia = kinds[i] & (PF_UID | PF_EUID)   ? &a->uid
					     : kinds[i] & (PF_GID | PF_EGID) ? &a->gid
					     : kinds[i] == PF_FOWNER	     ? &a->fowner
									     : &a->fgroup;
		const struct policy_id *ib = kinds[i] & (PF_UID | PF_EUID)   ? &b->uid
					     : kinds[i] & (PF_GID | PF_EGID) ? &b->gid
					     : kinds[i] == PF_FOWNER	     ? &b->fowner
									     : &b->fgroup;

		if ((a->flags & kinds[i]) && (!(b->flags & kinds[i]) || !id_covers(ia, ib)))
			return false;
	}
	return true;
}

static bool lsm_covers(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < POLICY_LSM_CONDITIONS; i++)
		if (a->lsm[i] && !same_text(a->lsm[i], b->lsm[i]))
			return false;
	return true;
}

bool policy_rule_covers(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!policy_rule_is_for(a, b->func) || ((a->flags & PF_FUNC) && !(b->flags & PF_FUNC)))
		return false;
	if ((a->flags & PF_FSMAGIC) && (!(b->flags & PF_FSMAGIC) || a->fsmagic != b->fsmagic))
		return false;
	if ((a->flags & PF_FSNAME) && !same_text(a->fsname, b->fsname))
		return false;
	if ((a->flags & PF_FS_SUBTYPE) && !same_text(a->fs_subtype, b->fs_subtype))
		return false;
	if ((a->flags & PF_FSUUID) &&
	    (!(b->flags & PF_FSUUID) || memcmp(a->fsuuid, b->fsuuid, sizeof(a->fsuuid)) != 0))
		return false;
	if ((a->flags & PF_KEYRINGS) && !same_text(a->keyrings, b->keyrings))
		return false;
	if ((a->flags & PF_LABEL) && !same_text(a->label, b->label))
		return false;
	return mask_covers(a, b) && ids_cover(a, b) && lsm_covers(a, b);
}

bool policy_rule_overlaps(const struct policy_rule *a, const struct policy_rule *b)
{
	uint32_t both = a->flags & b->flags;

	if ((both & PF_FUNC) ? a->func != b->func
			     : !policy_rule_is_for(a, b->func) && !policy_rule_is_for(b, a->func))
		return false;
	if ((both & PF_FSMAGIC) && a->fsmagic != b->fsmagic)
		return false;
	if ((both & PF_FSNAME) && !same_text(a->fsname, b->fsname))
		return false;
	if ((both & PF_FS_SUBTYPE) && !same_text(a->fs_subtype, b->fs_subtype))
		return false;
	if ((both & PF_FSUUID) && memcmp(a->fsuuid, b->fsuuid, sizeof(a->fsuuid)) != 0)
		return false;
	if ((both & PF_MASK) && a->mask != b->mask)
		return false;
	return !((both & PF_UID) && !id_overlaps(&a->uid, &b->uid)) &&
	       !((both & PF_GID) && !id_overlaps(&a->gid, &b->gid)) &&
	       !((both & PF_FOWNER) && !id_overlaps(&a->fowner, &b->fowner)) &&
	       !((both & PF_FGROUP) && !id_overlaps(&a->fgroup, &b->fgroup));
}

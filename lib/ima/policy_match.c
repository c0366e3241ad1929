/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules decide. */
#include "ima/policy_match.h"

#include <string.h>

static const uint32_t options =
	PF_DIGSIG | PF_MODSIG | PF_VERITY | PF_SIGV3 | PF_BLACKLIST | PF_DIRECTIO;

static bool id_holds(const struct policy_id *id, uint32_t value)
{
	switch (id->op) {
	case OP_GREATER:
		return value > id->value;
	case OP_LESS:
		return value < id->value;
	case OP_EQUAL:
		break;
	}
	return value == id->value;
}

static bool task_holds(const struct policy_rule *r, const struct policy_task *t)
{
	if ((r->flags & PF_UID) && !id_holds(&r->uid, t->uid))
		return false;
	if ((r->flags & PF_EUID) && !id_holds(&r->uid, t->euid) &&
	    !(t->cap_setuid && (id_holds(&r->uid, t->suid) || id_holds(&r->uid, t->uid))))
		return false;
	if ((r->flags & PF_GID) && !id_holds(&r->gid, t->gid))
		return false;
	return !(r->flags & PF_EGID) || id_holds(&r->gid, t->egid) ||
	       (t->cap_setgid && (id_holds(&r->gid, t->sgid) || id_holds(&r->gid, t->gid)));
}

static bool file_holds(const struct policy_rule *r, const struct policy_file *f)
{
	if ((r->flags & PF_FSMAGIC) && r->fsmagic != f->fsmagic)
		return false;
	if ((r->flags & PF_FSNAME) && strcmp(r->fsname, f->fsname) != 0)
		return false;
	if ((r->flags & PF_FS_SUBTYPE) && strcmp(r->fs_subtype, f->fs_subtype) != 0)
		return false;
	if ((r->flags & PF_FSUUID) && memcmp(r->fsuuid, f->fsuuid, sizeof(r->fsuuid)) != 0)
		return false;
	if ((r->flags & PF_FOWNER) && !id_holds(&r->fowner, f->st.st_uid))
		return false;
	return !(r->flags & PF_FGROUP) || id_holds(&r->fgroup, f->st.st_gid);
}

/* ima_match_rules(); what can't be known from here is said in *unknown. */
static bool rule_holds(const struct policy_rule *r, const struct policy_query *q, bool *unknown)
{
	if (!policy_rule_is_for(r, q->func))
		return false;
	if ((r->flags & PF_MASK) && r->mask != q->mask)
		return false;
	if ((r->flags & PF_INMASK) && !(r->mask & q->mask))
		return false;
	if (!task_holds(r, q->task))
		return false;
	if ((r->flags & PF_FSUUID) && !q->file->fsuuid_known)
		*unknown = true;
	if (!file_holds(r, q->file))
		return false;
	for (size_t i = 0; i < POLICY_LSM_CONDITIONS; i++)
		if (r->lsm[i]) {
			*unknown = true;
			return false;
		}
	return true;
}

bool policy_does(const struct policy *policy, enum policy_group group)
{
	for (size_t i = 0; i < policy->n; i++)
		if (policy_action_group(policy->rule[i].action) == group &&
		    !policy_action_is_exemption(policy->rule[i].action) &&
		    policy->rule[i].func != FUNC_SETXATTR_CHECK)
			return true;
	return false;
}

static void decide(struct policy_decision *d, const struct policy_rule *r, enum policy_group group)
{
	d->by[group] = r;
	d->on[group] = !policy_action_is_exemption(r->action);
	d->flags |= r->flags & options;
	if (r->action == ACTION_APPRAISE) {
		d->on[GROUP_HASH] = false;
		d->hook_specific = (r->flags & PF_FUNC) != 0;
		d->algos = r->algos;
	}
}

void policy_match(const struct policy *policy, const struct policy_query *query,
		  struct policy_decision *ret_decision)
{
	struct policy_decision d = { .flags = 0 };

	for (size_t i = 0; i < policy->n; i++) {
		const struct policy_rule *r = &policy->rule[i];
		enum policy_group group = policy_action_group(r->action);

		if (group != GROUP_NONE && !d.by[group] && policy_does(policy, group) &&
		    rule_holds(r, query, &d.has_unknown))
			decide(&d, r, group);
	}
	*ret_decision = d;
}

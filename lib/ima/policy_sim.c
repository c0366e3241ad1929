/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel would do: process_measurement() over the hooks of one operation. */
#include "ima/policy_sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ima/policy_inode.h"

#define DEFAULT_PCR 10 /* CONFIG_IMA_MEASURE_PCR_IDX */

static const struct {
	const char *name;
	enum sim_op op;
} ops[] = {
	{ "exec", SIM_EXEC },
	{ "mmap", SIM_MMAP },
	{ "mprotect", SIM_MPROTECT },
	{ "loader", SIM_LOADER },
	{ "module", SIM_MODULE },
	{ "firmware", SIM_FIRMWARE },
	{ "kexec-kernel", SIM_KEXEC_KERNEL },
	{ "kexec-initramfs", SIM_KEXEC_INITRAMFS },
	{ "policy", SIM_POLICY },
	{ "read", SIM_READ },
	{ "write", SIM_WRITE },
};

const char *sim_op_name(enum sim_op op)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (ops[i].op == op)
			return ops[i].name;
	return "unknown";
}

int sim_op_parse(const char *name, enum sim_op *ret_op, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (strcmp(name, ops[i].name) == 0) {
			*ret_op = ops[i].op;
			return 0;
		}
	return err_set(err,
		       "no operation is named '%s'; there are exec, mmap, mprotect, loader, "
		       "module, firmware, kexec-kernel, kexec-initramfs, policy, read and write",
		       name);
}

enum sim_slot sim_slot_of(enum policy_func func)
{
	switch (func) {
	case FUNC_MMAP_CHECK:
	case FUNC_MMAP_CHECK_REQPROT:
		return SLOT_MMAP;
	case FUNC_BPRM_CHECK:
		return SLOT_BPRM;
	case FUNC_CREDS_CHECK:
		return SLOT_CREDS;
	case FUNC_NONE:
	case FUNC_FILE_CHECK:
		return SLOT_FILE;
	case FUNC_MODULE_CHECK:
	case FUNC_FIRMWARE_CHECK:
	case FUNC_KEXEC_KERNEL_CHECK:
	case FUNC_KEXEC_INITRAMFS_CHECK:
	case FUNC_POLICY_CHECK:
	case FUNC_KEXEC_CMDLINE:
	case FUNC_KEY_CHECK:
	case FUNC_CRITICAL_DATA:
	case FUNC_SETXATTR_CHECK:
	case FUNC_COUNT:
		break;
	}
	return SLOT_READ;
}

/* The check of appraise_algos= comes last, and only when the verdict is not remembered. */
static void check_algos(struct sim_inode *inode, struct sim_step *step)
{
	unsigned int algo = sim_hash_algo(inode->host, &inode->file->ima);

	if (step->error || !step->decision.on[GROUP_APPRAISE] || !step->decision.algos ||
	    (step->decision.algos & (UINT32_C(1) << algo)))
		return;
	step->status = SIM_FAIL;
	step->audit_op = "collect_data";
	step->cause = "denied-hash-algorithm";
	step->error = EACCES;
}

static uint64_t pcr_bit(const struct policy_decision *d)
{
	const struct policy_rule *r = d->by[GROUP_MEASURE];

	return UINT64_C(1) << (r && (r->flags & PF_PCR) ? r->pcr : DEFAULT_PCR);
}

/* HASH notes that the file is signed and does no more, unless that was known before. */
static bool hash_is_due(struct sim_inode *inode, const struct policy_decision *d)
{
	if (!d->on[GROUP_HASH] || inode->hashed)
		return false;
	if (inode->is_digsig)
		return true;
	inode->is_digsig = inode->file->ima.len > 2 && inode->file->ima.data[0] == XATTR_DIGSIG;
	inode->hashed = true;
	return false;
}

/* What is still to be done for this file: with nothing, not even its digest is looked at. */
static bool is_due(struct sim_inode *inode, const struct policy_decision *d, bool appraise)
{
	bool hash = hash_is_due(inode, d);

	return appraise || hash || (d->on[GROUP_AUDIT] && !inode->audited) ||
	       (d->on[GROUP_MEASURE] && !(inode->measured & pcr_bit(d)));
}

static void note_done(struct sim_inode *inode, const struct policy_decision *d)
{
	if (d->on[GROUP_MEASURE])
		inode->measured |= pcr_bit(d);
	if (d->on[GROUP_AUDIT])
		inode->audited = true;
}

static int process(struct sim_inode *inode, struct sim_step *step, struct err *err)
{
	const struct policy_decision *d = &step->decision;
	enum sim_slot slot = d->hook_specific ? sim_slot_of(step->func) : SLOT_FILE;
	bool appraise = d->on[GROUP_APPRAISE] && !inode->passed[slot];

	inode->flags |= d->flags;
	if (d->on[GROUP_APPRAISE] && !appraise) {
		step->status = SIM_PASS;
		step->cached = true;
		step->by = inode->passed_by;
	}
	if (!is_due(inode, d, appraise))
		return 0;
	if (sim_collect(inode, step, err) < 0)
		return -1;
	if (!inode->collected) {
		step->status = d->on[GROUP_APPRAISE] ? SIM_FAIL : SIM_NOT_APPRAISED;
		step->error = d->on[GROUP_APPRAISE] ? EACCES : 0;
		return 0;
	}
	if (appraise && sim_appraise(inode, step, err) < 0)
		return -1;
	if (appraise && step->status == SIM_PASS) {
		inode->passed[slot] = true;
		inode->passed_by = step->by;
	}
	note_done(inode, d);
	check_algos(inode, step);
	return 0;
}

/* A file under signature may be replaced, not changed. */
static void check_write(struct sim_inode *inode, struct sim_step *step)
{
	if (step->decision.on[GROUP_APPRAISE] && (step->mask & MASK_WRITE) && inode->is_digsig &&
	    !step->error) {
		step->status = SIM_FAIL;
		step->error = EACCES;
		(void)snprintf(step->detail, sizeof(step->detail),
			       "a signed file is not opened for writing");
	}
}

static struct sim_step *add_step(struct sim_result *r, struct sim_inode *inode,
				 enum policy_func func, unsigned int mask)
{
	struct sim_step *step = &r->step[r->n++];
	const struct policy_query query = {
		.func = func, .mask = mask, .file = inode->file, .task = inode->task
	};

	*step = (struct sim_step){ .func = func, .mask = mask };
	policy_match(inode->host->policy, &query, &step->decision);
	return step;
}

/* Returns 1 when the operation goes on, 0 when it was denied, -1. */
static int ask(struct sim_result *r, struct sim_inode *inode, enum policy_func func,
	       unsigned int mask, struct err *err)
{
	struct sim_step *step = add_step(r, inode, func, mask);

	if (process(inode, step, err) < 0)
		return -1;
	check_write(inode, step);
	if (step->status != SIM_NOT_APPRAISED)
		r->decisive = step;
	if (!step->error)
		return 1;
	r->allowed = false;
	r->error = step->error;
	return 0;
}

static int ask_mmap(struct sim_result *r, struct sim_inode *inode, struct err *err)
{
	int rc = 1;

	if (kernel_version_from(inode->host->kernel, 6, 3))
		rc = ask(r, inode, FUNC_MMAP_CHECK_REQPROT, MASK_EXEC, err);
	return rc == 1 ? ask(r, inode, FUNC_MMAP_CHECK, MASK_EXEC, err) : rc;
}

/* By the kernel, for an execution that has passed the point of no return. */
static int ask_image(struct sim_result *r, struct sim_inode *inode, struct err *err)
{
	int rc = ask_mmap(r, inode, err);

	r->killed = rc == 0;
	return rc;
}

/*
 * BPRM_CHECK and CREDS_CHECK; then the kernel's ELF loader maps the file.  Since 6.18.2 CREDS_CHECK
 * is asked about the last interpreter alone (ima_creds_check()).
 */
static int ask_exec(struct sim_result *r, struct sim_inode *inode, struct err *err)
{
	int rc = ask(r, inode, FUNC_BPRM_CHECK, MASK_EXEC, err);

	if (rc == 1 && (inode->file->is_elf || !kernel_version_from(inode->host->kernel, 6, 18)))
		rc = ask(r, inode, FUNC_CREDS_CHECK, MASK_EXEC, err);
	if (rc != 1 || !inode->file->is_elf)
		return rc;
	return ask_image(r, inode, err);
}

/* ima_file_mprotect() decides by the policy alone, whatever the file holds. */
static int ask_mprotect(struct sim_result *r, struct sim_inode *inode)
{
	static const enum policy_func funcs[] = { FUNC_MMAP_CHECK, FUNC_MMAP_CHECK_REQPROT };
	size_t n = kernel_version_from(inode->host->kernel, 6, 3) ? 2 : 1;

	for (size_t i = 0; i < n && policy_does(inode->host->policy, GROUP_APPRAISE); i++) {
		struct sim_step *step = add_step(r, inode, funcs[i], MASK_EXEC);

		if (step->decision.on[GROUP_MEASURE] || step->decision.on[GROUP_APPRAISE]) {
			step->audit_op = "collect_data";
			step->cause = "failed-mprotect";
		}
		if (!step->decision.on[GROUP_APPRAISE])
			continue;
		step->status = SIM_FAIL;
		step->error = EPERM;
		r->decisive = step;
		r->allowed = false;
		r->error = EPERM;
		return 0;
	}
	return 1;
}

static enum policy_func read_func(enum sim_op op)
{
	switch (op) {
	case SIM_MODULE:
		return FUNC_MODULE_CHECK;
	case SIM_FIRMWARE:
		return FUNC_FIRMWARE_CHECK;
	case SIM_KEXEC_KERNEL:
		return FUNC_KEXEC_KERNEL_CHECK;
	case SIM_KEXEC_INITRAMFS:
		return FUNC_KEXEC_INITRAMFS_CHECK;
	case SIM_POLICY:
		return FUNC_POLICY_CHECK;
	case SIM_EXEC:
	case SIM_MMAP:
	case SIM_MPROTECT:
	case SIM_LOADER:
	case SIM_READ:
	case SIM_WRITE:
	case SIM_OPS:
		break;
	}
	return FUNC_NONE;
}

/* Each begins with opening the file. */
static int run(struct sim_result *r, struct sim_inode *inode, struct err *err)
{
	bool executes = r->op == SIM_EXEC || r->op == SIM_LOADER;
	unsigned int mask = executes ? MASK_EXEC : r->op == SIM_WRITE ? MASK_WRITE : MASK_READ;
	enum policy_func func = read_func(r->op);
	int rc = ask(r, inode, FUNC_FILE_CHECK, mask, err);

	if (rc != 1)
		return rc;
	if (r->op == SIM_EXEC)
		return ask_exec(r, inode, err);
	if (r->op == SIM_LOADER)
		return ask_image(r, inode, err);
	if (r->op == SIM_MMAP)
		return ask_mmap(r, inode, err);
	if (r->op == SIM_MPROTECT)
		return ask_mprotect(r, inode);
	return func == FUNC_NONE ? 1 : ask(r, inode, func, MASK_READ, err);
}

int policy_simulate(const struct sim_host *host, const struct sim_act *act,
		    struct sim_result *ret_result, struct err *err)
{
	struct sim_inode inode = { .host = host, .file = act->file, .task = act->task };

	*ret_result = (struct sim_result){ .op = act->op, .allowed = true };
	if (!S_ISREG(act->file->st.st_mode))
		return 0; /* IMA looks at regular files only */
	return run(ret_result, &inode, err) < 0 ? -1 : 0;
}

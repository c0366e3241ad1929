/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel remembers of one file between hooks, and its appraisal; inside of lib/ima only.
 */
#ifndef ASSAY_IMA_POLICY_INODE_H
#define ASSAY_IMA_POLICY_INODE_H

#include "ima/policy_sim.h"

/* Verdicts are kept for each of these (ima_get_cache_status()). */
enum sim_slot { SLOT_FILE, SLOT_MMAP, SLOT_BPRM, SLOT_CREDS, SLOT_READ, SLOT_COUNT };

/* struct ima_iint_cache, as far as a verdict depends on it. */
struct sim_inode {
	const struct sim_host *host;
	const struct policy_file *file;
	const struct policy_task *task;
	uint32_t flags; /* PF_ options of all rules that ever matched */
	bool passed[SLOT_COUNT];
	const struct cert *passed_by;
	uint64_t measured; /* a bit for each PCR */
	bool audited;
	bool hashed;
	bool collected;
	struct digest digest; /* with collected */
	bool is_digsig;	      /* IMA_DIGSIG: it may not be written to */
};

enum sim_slot sim_slot_of(enum policy_func func);

/* ima_get_hash_algo(): the number of the algorithm with which the file will be hashed. */
unsigned int sim_hash_algo(const struct sim_host *host, const struct policy_xattr *x);

/* ima_collect_measurement(): 0 also when there is no digest to be had; then the step has failed. */
MUST_USE int sim_collect(struct sim_inode *inode, struct sim_step *step, struct err *err);

/* ima_appraise_measurement() on a collected file: sets status, cause, error of the step. */
MUST_USE int sim_appraise(struct sim_inode *inode, struct sim_step *step, struct err *err);

/* evm_verifyxattr(). */
enum sim_evm {
	SIM_EVM_UNKNOWN,
	SIM_EVM_PASS,
	SIM_EVM_PASS_IMMUTABLE,
	SIM_EVM_FAIL,
	SIM_EVM_FAIL_IMMUTABLE,
	SIM_EVM_NOLABEL
};
MUST_USE int sim_evm_verify(const struct sim_inode *inode, enum sim_evm *ret_evm,
			    struct sim_step *step, struct err *err);

#endif

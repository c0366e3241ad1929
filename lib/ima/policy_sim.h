/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel would do: process_measurement() of ima_main.c over the hooks of one operation. */
#ifndef ASSAY_IMA_POLICY_SIM_H
#define ASSAY_IMA_POLICY_SIM_H

#include "crypto/cert.h"
#include "ima/policy_match.h"

#define SIM_STEPS_MAX 6
#define SIM_DETAIL_MAX 256 /* bytes, NUL included */

enum sim_op {
	SIM_EXEC,
	SIM_MMAP,     /* open for reading, mmap PROT_EXEC */
	SIM_MPROTECT, /* open for reading, mmap PROT_READ, mprotect PROT_EXEC */
	SIM_LOADER,   /* by execve, for a program that names it: open for execution, mmap */
	SIM_MODULE,   /* finit_module of an uncompressed one */
	SIM_FIRMWARE,
	SIM_KEXEC_KERNEL, /* kexec_file_load */
	SIM_KEXEC_INITRAMFS,
	SIM_POLICY, /* its path written to the policy node */
	SIM_READ,
	SIM_WRITE,
	SIM_OPS,
};

const char *sim_op_name(enum sim_op op); /* "exec", "kexec-kernel", ... */
MUST_USE int sim_op_parse(const char *name, enum sim_op *ret_op, struct err *err);

/* The machine: its kernel, the policy in force, and the keys in its keyrings. */
struct sim_host {
	const struct policy *policy;
	struct kernel_version kernel;
	const struct cert_set *ima; /* trusted for security.ima */
	const struct cert_set *evm; /* and for security.evm; NULL: EVM is not started */
};

/* enum integrity_status, and what comes before it is asked. */
enum sim_status {
	SIM_NOT_APPRAISED,
	SIM_PASS,
	SIM_FAIL, /* cause tells */
};

/* What is tried: the operation, the file, and who. */
struct sim_act {
	enum sim_op op;
	const struct policy_file *file;
	const struct policy_task *task;
};

/* One hook called by the operation. */
struct sim_step {
	enum policy_func func;
	unsigned int mask;
	struct policy_decision decision;
	enum sim_status status;
	bool cached; /* an earlier step had found out */
	const char
		*audit_op; /* "appraise_data", ... as the kernel's audit record; NULL: no record */
	const char *cause; /* as there, NULL: none */
	int error;	   /* errno that the hook returns, 0: it lets the operation go on */
	const struct cert *by;	     /* the key that verified security.ima; NULL: none did */
	uint32_t keyid;		     /* of the signature in security.ima, 0: none was looked at */
	char detail[SIM_DETAIL_MAX]; /* a sentence more than the cause says, may be empty */
};

struct sim_result {
	enum sim_op op;
	struct sim_step step[SIM_STEPS_MAX];
	size_t n;
	bool allowed;
	int error;   /* errno that the caller gets, with allowed false */
	bool killed; /* it comes after the point of no return: the process dies by a signal */
	const struct sim_step
		*decisive; /* the step that denied, else the last that appraised; NULL */
};

/*
 * Judges one operation on a file that was not looked at since boot.  0 also when it is denied; -1
 * when it could not be judged: the file can't be read, an algorithm that is not known here.
 */
MUST_USE int policy_simulate(const struct sim_host *host, const struct sim_act *act,
			     struct sim_result *ret_result, struct err *err);

#endif

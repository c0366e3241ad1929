/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain and simulate share: the policy, the kernel, the keys, the task. */
#ifndef ASSAY_POLICY_GEN_JUDGE_H
#define ASSAY_POLICY_GEN_JUDGE_H

#include "cli/cmd.h"
#include "ima/policy_sim.h"
#include "policy-gen/kernels.h"
#include "sig/exec_links.h"

enum {
	JUDGE_POLICY = 100,
	JUDGE_KERNEL,
	JUDGE_LSM,
	JUDGE_CERT,
	JUDGE_CONFIG,
	JUDGE_EVM,
	JUDGE_NO_EVM,
	JUDGE_UID,
	JUDGE_GID
};

/* Their options, to be put into each command's table. */
#define JUDGE_OPTIONS \
	{ "policy", JUDGE_POLICY, 0, "FILE", \
	  "rules to judge by; default: what the next boot loads" }, \
		{ "kernel", JUDGE_KERNEL, 0, "VERSION", \
		  "whose behaviour; default: the running one's" }, \
		{ "lsm", JUDGE_LSM, 0, "NAME", "none, apparmor (default), selinux or smack" }, \
		{ "cert", JUDGE_CERT, 0, "FILE", \
		  "certificate in the keyrings; repeatable; default: the " \
		  "configured ones" }, \
		{ "config", JUDGE_CONFIG, 0, "FILE", \
		  "read this instead of /etc/assay/assay.conf" }, \
		{ "evm", JUDGE_EVM, 0, NULL, \
		  "EVM is started with the same certificates; default: as configured, " \
		  "with --cert: not" }, \
		{ "no-evm", JUDGE_NO_EVM, 0, NULL, "EVM is not started" }, \
		{ "uid", JUDGE_UID, 0, "ID", "user that acts; default: 0" }, \
	{ \
		"gid", JUDGE_GID, 0, "ID", "its group; default: 0" \
	}

#define JUDGE_TEXT_MAX 262144 /* bytes; a link and its rules take at most some 30,000 */

struct judge {
	const char *policy_path; /* NULL: of the next boot */
	struct kernels kernels;
	struct cert_set certs;
	const char *config_path; /* of certificates and EVM, where no certificate is given; NULL:
				  * the host's */
	bool evm;
	bool evm_given;
	unsigned long uid;
	unsigned long gid;
	struct policy policy;
	struct sim_host host;
	struct policy_task task;
};

void judge_init(struct judge *j);
void judge_done(struct judge *j);
MUST_USE int judge_option(struct judge *j, int id, const char *value, struct err *err);

/* Loads what was not given; then host and task are ready. */
MUST_USE int judge_load(struct judge *j, struct err *err);

/* A file and what is tried with it; fn is told of the interpreters and loaders of an execution. */
struct judge_use {
	enum sim_op op;
	const struct policy_file *file;
	const char *path;
	exec_link_fn fn;
	void *ctx;
};

/* What became of it: of the file itself, and of the whole, which for an execution is more. */
struct judge_verdict {
	struct sim_result own;
	struct exec_verdict all;
};

MUST_USE int judge_use(const struct judge *j, const struct judge_use *use,
		       struct judge_verdict *ret_verdict, struct err *err);

/*
 * The same with the verdicts and reasons as lines appended to out (names escaped); use->fn is not
 * called.
 */
MUST_USE int judge_tell(const struct judge *j, const struct judge_use *use, struct buf *out,
			bool *ret_allowed, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain and simulate share. */
#include "policy-gen/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "ima/policy_explain.h"
#include "proto/config.h"
#include "proto/record.h"
#include "proto/level.h"

void judge_init(struct judge *j)
{
	*j = (struct judge){ .kernels = { .lsm = LSM_APPARMOR } };
}

void judge_done(struct judge *j)
{
	policy_done(&j->policy);
	cert_set_done(&j->certs);
}

int judge_option(struct judge *j, int id, const char *value, struct err *err)
{
	switch (id) {
	case JUDGE_POLICY:
		j->policy_path = value;
		return 0;
	case JUDGE_KERNEL:
		if (j->kernels.n)
			return err_set(err, "given twice");
		if (strcmp(value, "all") == 0)
			return err_set(err, "one kernel judges, 'all' are for lint");
		return kernels_add(&j->kernels, value, err);
	case JUDGE_LSM:
		return kernels_set_lsm(&j->kernels, value, err);
	case JUDGE_CERT:
		return cert_set_add_file(&j->certs, value, err);
	case JUDGE_CONFIG:
		j->config_path = value;
		return 0;
	case JUDGE_EVM:
	case JUDGE_NO_EVM:
		j->evm = id == JUDGE_EVM;
		j->evm_given = true;
		return 0;
	case JUDGE_UID:
		return cmd_parse_uint(value, 0, UINT32_MAX - 1, &j->uid, err);
	default:
		return cmd_parse_uint(value, 0, UINT32_MAX - 1, &j->gid, err);
	}
}

static int load_policy(struct judge *j, struct err *err)
{
	AUTO_BUF text = BUF_INIT(POLICY_MAX);
	const char *path = j->policy_path ? j->policy_path : BUNDLE_HOST_DIR "/policy";

	if (!j->policy_path && !io_exists(path))
		return err_set(err,
			       "there is no policy at %s: 'assay enable' makes it; or give "
			       "--policy, as of 'assay policy generate'",
			       path);
	if (io_read_file(path, &text, err) < 0)
		return -1;
	if (policy_parse((struct policy_text){ buf_text(&text), text.len }, &j->kernels.kernel[0],
			 NULL, &j->policy, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

/*
 * The configured certificates, and whether EVM is started with them.  Without the directory there
 * is no key, and nothing verifies.
 */
static int load_certs(struct judge *j, struct err *err)
{
	AUTO_MEM struct config *config = malloc(sizeof(*config));

	if (!config)
		return err_set(err, "out of memory");
	if (config_load_given(j->config_path, config, err) < 0)
		return -1;
	if (!j->evm_given)
		j->evm = config->settings.evm != EVM_OFF;
	if (!io_exists(config->certificates))
		return 0;
	return level_load_trusted(config, &j->certs, err);
}

int judge_load(struct judge *j, struct err *err)
{
	if (kernels_finish(&j->kernels, err) < 0 || load_policy(j, err) < 0)
		return -1;
	if (j->certs.n == 0 && load_certs(j, err) < 0)
		return -1;
	j->host = (struct sim_host){ .policy = &j->policy,
				     .kernel = j->kernels.kernel[0].version,
				     .ima = &j->certs,
				     .evm = j->evm ? &j->certs : NULL };
	j->task = policy_task_of((uint32_t)j->uid, (uint32_t)j->gid);
	return 0;
}

int judge_use(const struct judge *j, const struct judge_use *use, struct judge_verdict *ret_verdict,
	      struct err *err)
{
	const struct sim_act act = { use->op, use->file, &j->task };
	const struct exec_walk walk = { &j->host, &j->task, use->fn, use->ctx };
	struct judge_verdict *v = ret_verdict;

	if (policy_simulate(&j->host, &act, &v->own, err) < 0)
		return err_prepend(err, "%s", use->path);
	v->all = (struct exec_verdict){ v->own.allowed, v->own.error, v->own.killed, use->op };
	if (use->op != SIM_EXEC || !v->own.allowed)
		return 0;
	return exec_links(&walk, use->file, use->path, &v->all, err);
}

static int put_name(const char *name, struct buf *out, struct err *err)
{
	AUTO_STR text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to)
		cmd_print_name(to, name);
	if (!to || fclose(to) != 0)
		return err_set(err, "out of memory");
	return buf_put(out, text, len, err);
}

static int tell_link(void *ctx, const struct exec_link *link, struct err *err)
{
	struct buf *out = ctx;

	if (buf_putf(out, err, "needs ") < 0 || put_name(link->path, out, err) < 0 ||
	    buf_putf(out, err, ": ") < 0)
		return -1;
	return policy_explain(link->result, link->file, out, err);
}

/* The file itself may be executed, but not what it needs. */
static int tell_denied_link(const struct judge_verdict *v, struct buf *out, struct err *err)
{
	return buf_putf(out, err, "%s: denied (%s%s): %s that it needs is, see below\n",
			sim_op_name(v->own.op), policy_errno_name(v->all.error),
			v->all.killed ? ", the process is killed" : "",
			v->all.op == SIM_LOADER ? "the loader" : "an interpreter");
}

int judge_tell(const struct judge *j, const struct judge_use *use, struct buf *out,
	       bool *ret_allowed, struct err *err)
{
	AUTO_MEM struct judge_verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF links = BUF_INIT(out->max);
	const struct judge_use heard = { use->op, use->file, use->path, tell_link, &links };
	int rc;

	if (!v)
		return err_set(err, "out of memory");
	if (judge_use(j, &heard, v, err) < 0)
		return -1;
	if (v->own.allowed && !v->all.allowed)
		rc = tell_denied_link(v, out, err) < 0 ||
		     policy_explain_reasons(&v->own, use->file, out, err) < 0;
	else
		rc = policy_explain(&v->own, use->file, out, err);
	if (rc || buf_put(out, buf_text(&links), links.len, err) < 0)
		return -1;
	*ret_allowed = v->all.allowed;
	return 0;
}

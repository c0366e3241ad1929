/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading what explain judges. */
#include "assay/verdict/explain.h"
#include "assay/host/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/next_boot/bundle.h"
#include "base/io.h"
#include "ima/owner.h"
#include "sig/needs.h"

/* What `assay enable` would have the next boot load. */
static int generate(const struct host *host, const struct state *s, struct buf *out,
		    struct err *err)
{
	CLEANUP(mounts_done) struct mounts mounts = { .n = 0 };
	AUTO_MEM struct policy_plan *policy = calloc(1, sizeof(*policy));
	const struct bundle_plan plan = { .host = host,
					  .config = &s->config,
					  .mounts = &mounts,
					  .mode = MODE_ENFORCE,
					  .profile = checks_profile(host, &s->config) };

	if (!policy)
		return err_set(err, "out of memory");
	if (mounts_read(host, &mounts, err) < 0 || bundle_policy_plan(&plan, policy, err) < 0)
		return -1;
	return policy_generate(policy, out, err);
}

/* A policy of log mode denies nothing: what counts is what enforcing would say. */
static int choose_policy(struct explainer *e, const struct host *host, const struct state *s,
			 struct buf *out, struct err *err)
{
	bool there;

	if (!s->has_record || s->record.settings.mode != MODE_ENFORCE) {
		e->origin = "that 'assay enable' would make";
		return generate(host, s, out, err);
	}
	e->origin = s->force == FORCE_ENFORCE && s->same_record ? "in force" : "of the next boot";
	if (host_read(host, BUNDLE_HOST_DIR "/policy", out, &there, err) < 0)
		return -1;
	return there ? 0
		     : err_set(err, "%s: it can't be read, or is not there",
			       BUNDLE_HOST_DIR "/policy");
}

static int check_digest(const struct state *s, const struct buf *text, struct err *err)
{
	struct digest d;

	if (hash_bytes(HASH_SHA256, text->data, text->len, &d, err) < 0)
		return -1;
	if (d.len != s->record.policy.len || memcmp(d.data, s->record.policy.data, d.len) != 0)
		return err_set(err, "%s: is not the policy that the record names",
			       BUNDLE_HOST_DIR "/policy");
	return 0;
}

static int load_policy(struct explainer *e, const struct host *host, const struct state *s,
		       const char *path, struct err *err)
{
	const struct policy_kernel kernel = policy_kernel_debian(e->sim.kernel);
	AUTO_BUF text = BUF_INIT(POLICY_MAX);

	if (path) {
		e->origin = "given";
		if (io_read_file(path, &text, err) < 0)
			return -1;
	} else {
		if (choose_policy(e, host, s, &text, err) < 0)
			return -1;
		if (s->has_record && s->record.settings.mode == MODE_ENFORCE &&
		    check_digest(s, &text, err) < 0)
			return -1;
	}
	if (policy_parse((struct policy_text){ buf_text(&text), text.len }, &kernel, NULL,
			 &e->policy, err) == 0)
		return 0;
	return err_prepend(err, "%s", path ? path : BUNDLE_HOST_DIR "/policy");
}

/* The kernel's version, of an image the running one's. */
static int kernel_of(const struct state *s, struct kernel_version *ret_version, struct err *err)
{
	if (*s->facts.release)
		return kernel_version_parse(s->facts.release, ret_version, err);
	return kernel_version_running(ret_version, err);
}

/* Those of the next boot, as the policy is.  Without certificates nothing verifies. */
static int load_certs(struct explainer *e, const struct host *host, const struct state *s,
		      struct err *err)
{
	char dir[HOST_PATH_MAX];

	if (!s->has_record)
		return host_has(host, s->config.certificates)
			       ? trust_load(host, &s->config, &e->certs, err)
			       : 0;
	if (host_path(host, BUNDLE_HOST_DIR "/certs", dir, err) < 0)
		return -1;
	return io_exists(dir) ? cert_set_add_dir(&e->certs, dir, err) : 0;
}

int explainer_init(struct explainer *ret_explainer, const struct host *host,
		   const char *policy_path, struct err *err)
{
	struct explainer *e = ret_explainer;
	AUTO_MEM struct state *s = NULL;

	if (state_read(host, &s, err) < 0 || kernel_of(s, &e->sim.kernel, err) < 0 ||
	    load_policy(e, host, s, policy_path, err) < 0)
		return -1;
	if (load_certs(e, host, s, err) < 0)
		return -1;
	e->sim.policy = &e->policy;
	e->sim.ima = &e->certs;
	e->sim.evm = s->config.settings.evm == EVM_OFF ? NULL : &e->certs;
	e->task = policy_task_of(0, 0);
	return 0;
}

void explainer_done(struct explainer *explainer)
{
	policy_done(&explainer->policy);
	cert_set_done(&explainer->certs);
}

int explained_new(const struct host *host, const char *path, struct explained **ret_file,
		  struct err *err)
{
	CLEANUP(explained_free) struct explained *f = calloc(1, sizeof(*f));
	AUTO_STR full = *path == '/' ? NULL : realpath(path, NULL);
	struct stat st;

	if (!f)
		return err_set(err, "out of memory");
	f->fd = -1;
	if (host_resolve(host, full ? full : path, &f->path, err) < 0)
		return -1;
	if (!f->path)
		return errno == ENOENT ? err_set(err, "%s: no such file", path)
				       : err_errno(err, "%s", path);
	if (host_stat(host, f->path, &st) && S_ISDIR(st.st_mode))
		return err_set(err, "%s: is a directory", path);
	f->fd = host_open(host, f->path);
	if (f->fd < 0)
		return err_set(err, "%s: not a regular file, or it can't be opened", path);
	if (policy_file_load(f->fd, f->path, &f->file, err) < 0 ||
	    classify_fd(f->fd, f->path, &f->file.st, &f->kind, err) < 0)
		return -1;
	*ret_file = take_ptr(&f);
	return 0;
}

void explained_free(struct explained **file)
{
	if (!*file)
		return;
	cleanup_fd(&(*file)->fd);
	cleanup_str(&(*file)->path);
	free(*file);
	*file = NULL;
}

static int keep_interpreter(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	char **path = ctx;

	if (kind != NEEDS_INTERPRETER || *path)
		return 0;
	*path = strdup(text);
	return *path ? 0 : err_set(err, "out of memory");
}

int explained_interpreter(const struct explained *file, char **ret_path, struct err *err)
{
	AUTO_STR path = NULL;

	if (needs_read(file->fd, file->path, keep_interpreter, &path, err) < 0)
		return -1;
	*ret_path = take_ptr(&path);
	return 0;
}

static bool asks_for_verity(const char *cause)
{
	return cause && (strcmp(cause, "no-verity-digest") == 0 ||
			 strcmp(cause, "verity-signature-required") == 0 ||
			 strcmp(cause, "IMA-sigv3-required") == 0);
}

static const struct policy_rule *rule_of(const struct sim_result *r)
{
	return r->decisive ? r->decisive->decision.by[GROUP_APPRAISE] : NULL;
}

/* Another rule decides where root owns the file. */
int explained_owner_decides(const struct explainer *explainer, struct explained *file,
			    const struct sim_result *denied, bool *ret_decides, struct err *err)
{
	const struct sim_act act = { denied->op, &file->file, &explainer->task };
	AUTO_MEM struct sim_result *r = malloc(sizeof(*r));
	const uid_t owner = file->file.st.st_uid;
	int rc;

	*ret_decides = false;
	if (!r)
		return err_set(err, "out of memory");
	if (owner < OWNER_V2_LIMIT || !asks_for_verity(denied->decisive->cause))
		return 0;
	file->file.st.st_uid = 0;
	rc = policy_simulate(&explainer->sim, &act, r, err);
	file->file.st.st_uid = owner;
	*ret_decides = rc == 0 && (r->allowed || rule_of(r) != rule_of(denied));
	return rc;
}

size_t explain_operations(enum sig_kind kind, enum sim_op ret_op[static EXPLAIN_OPS_MAX])
{
	static const enum sim_op single[SIG_KINDS] = {
		[SIG_MODULE] = SIM_MODULE,
		[SIG_FIRMWARE] = SIM_FIRMWARE,
		[SIG_KERNEL] = SIM_KEXEC_KERNEL,
		[SIG_POLICY] = SIM_POLICY,
	};

	if (kind == SIG_NONE || kind == SIG_EXEC) {
		ret_op[0] = SIM_EXEC;
		ret_op[1] = SIM_MMAP;
		return 2;
	}
	ret_op[0] = single[kind];
	return 1;
}

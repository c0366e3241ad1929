/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bundle's policy, made by assay-policy for the oldest kernel that is installed. */
#include <stdlib.h>
#include <string.h>

#include "assay/next_boot/bundle.h"
#include "assay/dispatch.h"
#include "assay/essential/essential.h"
#include "base/io.h"
#include "ima/kernel_version.h"

#define KERNEL_PREFIX "/boot/vmlinuz-"
#define ARGS_MAX (11 + 4 * POLICY_GEN_FS_MAX)
#define VERSION_MAX 32 /* bytes of "6.12" */

struct oldest {
	struct kernel_version version;
	bool found;
};

static int look_at_kernel(const struct host *host, const char *path, void *ctx, struct err *err)
{
	struct oldest *o = ctx;
	struct kernel_version v;

	(void)host;
	(void)err;
	if (kernel_version_parse(path + strlen(KERNEL_PREFIX), &v, NULL) < 0)
		return 0; /* not a kernel's name, or one that checks_kernel tells of */
	if (!o->found || !kernel_version_from(v, o->version.major, o->version.minor))
		o->version = v;
	o->found = true;
	return 0;
}

/* One policy is for all of them, so it is written in the grammar of the oldest. */
static int oldest_kernel(const struct host *host, struct kernel_version *ret_version,
			 struct err *err)
{
	struct oldest o = { .found = false };

	if (essential_glob(host, KERNEL_PREFIX "*", look_at_kernel, &o, err) < 0)
		return -1;
	if (!o.found && kernel_version_running(&o.version, err) < 0)
		return -1;
	*ret_version = o.version;
	return 0;
}

/* File systems whose profile is not the root's are named, with auto only. */
static int add_file_systems(const struct bundle_plan *plan, struct policy_plan *p, struct err *err)
{
	if (plan->config->settings.profile != PROFILE_AUTO)
		return 0;
	for (size_t i = 0; i < plan->mounts->n; i++) {
		const struct mount *m = &plan->mounts->mount[i];
		bool has = checks_has_verity(plan->host, m->dir);
		const char **list = has ? p->verity_fs : p->signature_fs;
		size_t *n = has ? &p->n_verity_fs : &p->n_signature_fs;

		if (m->kind != MOUNT_SIGNABLE || m->noexec || strcmp(m->dir, "/") == 0 ||
		    !*m->uuid || has == (plan->profile == PROFILE_VERITY))
			continue;
		if (*n == POLICY_GEN_FS_MAX)
			return err_set(err, "more than %d file systems of another profile",
				       POLICY_GEN_FS_MAX);
		list[(*n)++] = m->uuid;
	}
	return 0;
}

int bundle_policy_plan(const struct bundle_plan *plan, struct policy_plan *ret_policy,
		       struct err *err)
{
	struct policy_plan p = {
		.mode = plan->mode == MODE_LOG ? POLICY_GEN_LOG : POLICY_GEN_ENFORCE,
		.profile =
			plan->profile == PROFILE_VERITY ? POLICY_GEN_VERITY : POLICY_GEN_SIGNATURE,
	};

	if (oldest_kernel(plan->host, &p.kernel, err) < 0 || add_file_systems(plan, &p, err) < 0)
		return -1;
	*ret_policy = p;
	return 0;
}

/* The words are not written to: execv only wants them so. */
static size_t add_words(char **argv, size_t n, const struct policy_plan *p)
{
	static char signature[] = "--signature-fs";
	static char verity[] = "--verity-fs";

	for (size_t i = 0; i < p->n_signature_fs; i++) {
		argv[n++] = signature;
		argv[n++] = (char *)(uintptr_t)p->signature_fs[i];
	}
	for (size_t i = 0; i < p->n_verity_fs; i++) {
		argv[n++] = verity;
		argv[n++] = (char *)(uintptr_t)p->verity_fs[i];
	}
	return n;
}

static int digest_policy(const char *path, struct record *record, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECORD_POLICY_MAX);

	if (io_read_file(path, &text, err) < 0)
		return -1;
	if (text.len == 0)
		return err_set(err, "%s: assay-policy made an empty policy", path);
	return hash_bytes(HASH_SHA256, text.data, text.len, &record->policy, err);
}

static char *changeable(const char *text)
{
	return strdup(text);
}

int bundle_add_policy(const struct bundle_plan *plan, struct record *record, struct err *err)
{
	char version[VERSION_MAX];
	AUTO_STR path = NULL;
	AUTO_STR mode = changeable(settings_mode_name(plan->mode));
	AUTO_STR profile = changeable(settings_profile_name(plan->profile));
	char words[6][16] = { "assay-policy", "generate", "--mode",
			      "--profile",    "--kernel", "--output" };
	char *argv[ARGS_MAX] = { words[0], words[1], words[2], mode,	words[3],
				 profile,  words[4], version,  words[5] };
	AUTO_MEM struct policy_plan *policy = calloc(1, sizeof(*policy));
	size_t n = 9;
	int code;

	if (asprintf(&path, "%s" BUNDLE_NEW_DIR "/policy", plan->host->root) < 0 || !mode ||
	    !profile || !policy)
		return err_set(err, "out of memory");
	if (bundle_policy_plan(plan, policy, err) < 0)
		return -1;
	(void)snprintf(version, sizeof(version), "%u.%u", policy->kernel.major,
		       policy->kernel.minor);
	argv[n++] = path;
	n = add_words(argv, n, policy);
	argv[n] = NULL;
	if (dispatch_run("policy", argv, NULL, &code, err) < 0)
		return -1;
	if (code != 0)
		return err_set(err, "assay-policy generate: ended with exit code %d", code);
	return digest_policy(path, record, err);
}

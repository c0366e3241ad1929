/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options --kernel and --lsm. */
#include "policy-gen/kernels.h"

#include <string.h>

/* The versions with a language of their own, oldest first, and the newest that was compared. */
static const struct kernel_version changes[] = { { 5, 10 }, { 5, 12 }, { 5, 14 }, { 5, 15 },
						 { 5, 16 }, { 5, 19 }, { 6, 3 },  { 6, 6 },
						 { 6, 12 }, { 6, 14 }, { 6, 19 }, { 7, 1 },
						 { 7, 2 },  { 7, 3 } };

static int add(struct kernels *k, struct kernel_version version, struct err *err)
{
	if (k->n == KERNELS_MAX)
		return err_set(err, "more than %d kernels", KERNELS_MAX);
	k->kernel[k->n++] = policy_kernel_debian(version);
	return 0;
}

int kernels_add(struct kernels *k, const char *text, struct err *err)
{
	struct kernel_version version;

	if (strcmp(text, "all") == 0) {
		for (size_t i = 0; i < ARRAY_LEN(changes); i++)
			if (add(k, changes[i], err) < 0)
				return -1;
		return 0;
	}
	if (kernel_version_parse(text, &version, err) < 0)
		return -1;
	return add(k, version, err);
}

int kernels_set_lsm(struct kernels *k, const char *name, struct err *err)
{
	static const struct {
		const char *name;
		enum policy_lsm lsm;
	} lsms[] = { { "none", LSM_NONE },
		     { "apparmor", LSM_APPARMOR },
		     { "selinux", LSM_SELINUX },
		     { "smack", LSM_SMACK } };

	for (size_t i = 0; i < ARRAY_LEN(lsms); i++)
		if (strcmp(name, lsms[i].name) == 0) {
			k->lsm = lsms[i].lsm;
			return 0;
		}
	return err_set(err, "'%s' is none of none, apparmor, selinux, smack", name);
}

int kernels_finish(struct kernels *k, struct err *err)
{
	struct kernel_version running;

	if (k->n == 0 && (kernel_version_running(&running, err) < 0 || add(k, running, err) < 0))
		return err_prepend(err, "give --kernel");
	for (size_t i = 0; i < k->n; i++)
		k->kernel[i].lsm = k->lsm;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options --kernel and --lsm, which several commands share. */
#ifndef ASSAY_POLICY_GEN_KERNELS_H
#define ASSAY_POLICY_GEN_KERNELS_H

#include <stddef.h>

#include "ima/policy.h"

#define KERNELS_MAX 32 /* one bit each in a finding */

struct kernels {
	struct policy_kernel kernel[KERNELS_MAX];
	size_t n;
	enum policy_lsm lsm;
};

/* Adds one by its text: a version, or "all" for each that changed the language. */
MUST_USE int kernels_add(struct kernels *k, const char *text, struct err *err);

MUST_USE int kernels_set_lsm(struct kernels *k, const char *name, struct err *err);

/* When none was given, the running one; then the LSM holds for all. */
MUST_USE int kernels_finish(struct kernels *k, struct err *err);

#endif

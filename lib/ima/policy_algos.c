/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash algorithms that appraise_algos= may name. */
#include <string.h>

#include "ima/policy_words.h"

#define ALGO_NAME_MAX 32 /* bytes, NUL included */

#define SPANS_MAX 2
#define LATEST \
	{ \
		999, 0 \
	}
#define EVER \
	{ \
		{ 0, 0 }, LATEST \
	}
#define NEVER \
	{ \
		LATEST, \
		{ \
			0, 0 \
		} \
	}

/* From the first to the last version, both included. */
struct span {
	struct kernel_version first;
	struct kernel_version last;
};

/*
 * include/uapi/linux/hash_info.h: the index is the number.  The spans are the versions in which
 * Debian's kernels have it built in (tried on 6.1, 6.12 and 6.16 to 7.3); without that
 * crypto_has_alg() depends on whether a module can be loaded at that very moment, and one algorithm
 * that can't be had voids the whole policy.
 */
static const struct {
	const char *name;
	struct span builtin[SPANS_MAX];
} algos[] = {
	{ "md4", { NEVER } },
	{ "md5", { EVER } },
	{ "sha1", { EVER } },
	{ "rmd160", { NEVER } },
	{ "sha256", { EVER } },
	{ "sha384", { { { 6, 12 }, { 7, 0 } }, { { 7, 2 }, LATEST } } },
	{ "sha512", { { { 6, 12 }, { 7, 0 } }, { { 7, 2 }, LATEST } } },
	{ "sha224", { EVER } },
	{ "rmd128", { NEVER } },
	{ "rmd256", { NEVER } },
	{ "rmd320", { NEVER } },
	{ "wp256", { NEVER } },
	{ "wp384", { NEVER } },
	{ "wp512", { NEVER } },
	{ "tgr128", { NEVER } },
	{ "tgr160", { NEVER } },
	{ "tgr192", { NEVER } },
	{ "sm3", { NEVER } },
	{ "streebog256", { NEVER } },
	{ "streebog512", { NEVER } },
	{ "sha3-256", { { { 6, 12 }, { 7, 0 } } } },
	{ "sha3-384", { { { 6, 12 }, { 7, 0 } } } },
	{ "sha3-512", { { { 6, 12 }, { 7, 0 } } } },
};

static bool algo_is_builtin(int number, struct kernel_version kernel)
{
	for (size_t i = 0; i < SPANS_MAX; i++) {
		const struct span *s = &algos[number].builtin[i];

		if (s->last.major && kernel_version_from(kernel, s->first.major, s->first.minor) &&
		    kernel_version_from(s->last, kernel.major, kernel.minor))
			return true;
	}
	return false;
}

int policy_algo_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(algos); i++)
		if (strcmp(name, algos[i].name) == 0)
			return (int)i;
	return -1;
}

const char *policy_algo_name(unsigned int number)
{
	return number < ARRAY_LEN(algos) ? algos[number].name : NULL;
}

static int algo_add(const char *name, const struct policy_kernel *kernel, uint32_t *algos_io,
		    struct err *err)
{
	int number = policy_algo_number(name);

	if (number < 0)
		return err_set(err, "appraise_algos: no hash algorithm is named '%s'", name);
	if (!algo_is_builtin(number, kernel->version))
		return err_set(err,
			       "appraise_algos: this kernel has '%s' as a module at most, and "
			       "rejects the rule while that is not loaded",
			       name);
	*algos_io |= UINT32_C(1) << number;
	return 0;
}

int policy_algos_parse(const char *list, const struct policy_kernel *kernel, uint32_t *ret_algos,
		       struct err *err)
{
	uint32_t found = 0;

	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		char name[ALGO_NAME_MAX];

		if (len >= sizeof(name))
			return err_set(err, "appraise_algos: no hash algorithm is named '%.*s'",
				       (int)sizeof(name), at);
		memcpy(name, at, len);
		name[len] = '\0';
		if (algo_add(name, kernel, &found, err) < 0)
			return -1;
		at += len;
		if (*at == '\0')
			break;
	}
	*ret_algos = found;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose signatures count. */
#include "proto/level.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

size_t level_count(const struct config *config)
{
	return config->n_levels ? config->n_levels : 1;
}

const char *level_name(const struct config *config, size_t level)
{
	return config->n_levels ? config->levels[level].name : LEVEL_ONLY;
}

size_t level_of_host(const struct config *config)
{
	size_t level = 0;

	while (level + 1 < level_count(config) &&
	       strcmp(level_name(config, level), config->level) != 0)
		level++;
	return level;
}

/* Those of the words that are, or are not, keyrings. */
static int each_word(const char *words, bool keyrings, level_path_fn fn, void *ctx, struct err *err)
{
	AUTO_STR copy = strdup(words);
	char *rest = copy;

	if (!copy)
		return err_set(err, "out of memory");
	for (char *one; (one = strtok_r(rest, " \t", &rest));)
		if (config_is_keyring(one) == keyrings && fn(ctx, one, err) != 0)
			return -1;
	return 0;
}

static int is_cert(const struct dirent *e)
{
	return e->d_name[0] != '.' && config_is_cert(e->d_name);
}

static int each_in_dir(const char *dir, level_path_fn fn, void *ctx, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_cert, alphasort);
	int rc = n < 0 ? err_errno(err, "certificates: %s", dir) : 0;

	for (int i = 0; i < n; i++) {
		AUTO_STR path = NULL;

		if (rc == 0 && asprintf(&path, "%s/%s", dir, list[i]->d_name) < 0) {
			path = NULL;
			rc = err_set(err, "out of memory");
		}
		if (rc == 0)
			rc = fn(ctx, path, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

int level_certs(const struct config *config, size_t level, level_path_fn fn, void *ctx,
		struct err *err)
{
	if (config->n_levels)
		return each_word(config->levels[level].paths, false, fn, ctx, err);
	return each_in_dir(config->certificates, fn, ctx, err);
}

int level_keyrings(const struct config *config, size_t level, level_path_fn fn, void *ctx,
		   struct err *err)
{
	return each_word(config->n_levels ? config->levels[level].paths : config->keyrings, true,
			 fn, ctx, err);
}

int level_trusted(const struct config *config, level_path_fn fn, void *ctx, struct err *err)
{
	if (config->n_levels && fn(ctx, config->certificate, err) != 0)
		return -1;
	for (size_t i = 0; i <= level_of_host(config); i++)
		if (level_certs(config, i, fn, ctx, err) < 0)
			return -1;
	return 0;
}

static bool same(const struct cert *a, const struct cert *b)
{
	const uint8_t *one;
	const uint8_t *other;
	size_t len;
	size_t other_len;

	cert_der(a, &one, &len);
	cert_der(b, &other, &other_len);
	return len == other_len && memcmp(one, other, len) == 0;
}

static int add_once(void *ctx, const char *path, struct err *err)
{
	struct cert_set *set = ctx;

	if (cert_set_add_file(set, path, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < set->n; i++) {
		if (same(set->cert[i], set->cert[set->n - 1])) {
			cert_free(set->cert[--set->n]);
			return 0;
		}
	}
	return 0;
}

int level_load_trusted(const struct config *config, struct cert_set *set, struct err *err)
{
	return level_trusted(config, add_once, set, err);
}

static int add_word(void *ctx, const char *path, struct err *err)
{
	struct buf *out = ctx;

	return buf_putf(out, err, "%s%s", out->len ? " " : "", path);
}

int level_add_keyrings(const struct config *config, size_t level, struct buf *out, struct err *err)
{
	return level_keyrings(config, level, add_word, out, err);
}

int level_accepted_keyrings(const struct config *config, struct buf *out, struct err *err)
{
	for (size_t i = 0; i <= level_of_host(config); i++)
		if (level_add_keyrings(config, i, out, err) < 0)
			return -1;
	return 0;
}

int level_of_cert(const struct config *config, const struct cert *cert, size_t *ret_level,
		  struct err *err)
{
	for (*ret_level = 0; *ret_level < level_count(config); (*ret_level)++) {
		CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;

		if (level_certs(config, *ret_level, add_once, &set, err) < 0)
			return -1;
		for (size_t i = 0; i < set.n; i++)
			if (same(set.cert[i], cert))
				return 0;
	}
	return 0;
}

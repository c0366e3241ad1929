/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what hosts are judged by. */
#include "attest/verifier/trust.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attest/verifier/store.h"
#include "base/hex.h"
#include "base/io.h"
#include "proto/config.h"

static bool level_counts(const struct vset *set, const char *level)
{
	for (size_t i = 0; i < set->levels.n; i++)
		if (strcmp(set->levels.name[i], level) == 0)
			return true;
	return set->levels.n == 0;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

struct visit {
	const struct vset *set;
	trust_cert_fn fn;
	void *ctx;
};

static int visit_dir(const struct visit *v, const char *dir, const char *level, struct err *err);

static int visit_entry(const struct visit *v, const char *path, const char *name, const char *level,
		       struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, "trust: %s", path);
	if (S_ISDIR(st.st_mode) && !*level)
		return level_counts(v->set, name) ? visit_dir(v, path, name, err) : 0;
	if (!S_ISREG(st.st_mode) || !config_is_cert(path) || !(*level || level_counts(v->set, "")))
		return 0;
	return v->fn(v->ctx, level, path, err);
}

static int visit_dir(const struct visit *v, const char *dir, const char *level, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, visible, alphasort);
	int rc = n < 0 && errno != ENOENT ? err_errno(err, "trust: %s", dir) : 0;

	for (int i = 0; i < n; i++) {
		AUTO_STR path = NULL;

		if (rc == 0 && asprintf(&path, "%s/%s", dir, list[i]->d_name) < 0) {
			path = NULL;
			rc = err_set(err, "out of memory");
		}
		if (rc == 0)
			rc = visit_entry(v, path, list[i]->d_name, level, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

int trust_each_cert(const struct vset *set, trust_cert_fn fn, void *ctx, struct err *err)
{
	const struct visit v = { .set = set, .fn = fn, .ctx = ctx };

	return visit_dir(&v, set->trust, "", err);
}

int trust_parse_digest(const char *text, struct digest *ret_digest, struct err *err)
{
	const char *colon = strchr(text, ':');
	struct digest d = { .len = 0 };
	char algo[16];

	if (!colon || (size_t)(colon - text) >= sizeof(algo))
		return err_set(err, "'%s' is not of the form sha256:HEX", text);
	memcpy(algo, text, (size_t)(colon - text));
	algo[colon - text] = '\0';
	if (hash_algo_parse(algo, &d.algo, err) < 0)
		return -1;
	d.len = hash_algo_size(d.algo);
	if (hex_parse(colon + 1, d.data, d.len, err) < 0)
		return err_prepend(err, "'%s'", text);
	*ret_digest = d;
	return 0;
}

static int read_lines(struct buf *text, const char *path, struct digest *denied, size_t *ret_n,
		      struct err *err)
{
	char *state = NULL;
	size_t n = 0;

	for (char *line; (line = buf_line(text, &state));) {
		line[strcspn(line, " \t#")] = '\0';
		if (!*line)
			continue;
		if (n == LIST_DENIED_MAX)
			return err_set(err, "%s: more than %d digests", path, LIST_DENIED_MAX);
		if (trust_parse_digest(line, &denied[n], err) < 0)
			return err_prepend(err, "%s", path);
		n++;
	}
	*ret_n = n;
	return 0;
}

int trust_read_denied(const char *path, struct digest **ret_denied, size_t *ret_n, struct err *err)
{
	AUTO_BUF text = BUF_INIT(TRUST_DENIED_FILE_MAX);
	AUTO_MEM struct digest *denied = NULL;
	struct digest *exact;
	size_t n = 0;

	*ret_denied = NULL;
	*ret_n = 0;
	if (!io_exists(path))
		return 0;
	if (io_read_file(path, &text, err) < 0)
		return -1;
	if (text.len && memchr(text.data, '\0', text.len))
		return err_set(err, "%s: not a text", path);
	denied = calloc(LIST_DENIED_MAX, sizeof(*denied));
	if (!denied)
		return err_set(err, "out of memory");
	if (read_lines(&text, path, denied, &n, err) < 0)
		return -1;
	if (n == 0)
		return 0;
	exact = realloc(denied, n * sizeof(*denied));
	*ret_denied = exact ? exact : denied;
	denied = NULL;
	*ret_n = n;
	return 0;
}

static int add_cert(void *ctx, const char *level UNUSED, const char *path, struct err *err)
{
	return cert_set_add_file(ctx, path, err);
}

/* What the verdict depends on, one after the other, each with its length. */
static int digest_part(struct hash_ctx *ctx, const void *data, size_t len, struct err *err)
{
	const uint64_t size = len;

	if (hash_update(ctx, &size, sizeof(size), err) < 0)
		return -1;
	return len ? hash_update(ctx, data, len, err) : 0;
}

static int digest_policy(struct hash_ctx *ctx, const struct trust *t, struct err *err)
{
	const uint64_t numbers[] = { t->policy.min_epoch, t->policy.require_secure_boot,
				     t->policy.boot, t->policy.n_levels };

	if (digest_part(ctx, numbers, sizeof(numbers), err) < 0)
		return -1;
	for (size_t i = 0; i < t->policy.n_levels; i++)
		if (digest_part(ctx, t->policy.levels[i], strlen(t->policy.levels[i]), err) < 0)
			return -1;
	for (size_t i = 0; i < t->n_denied; i++)
		if (digest_part(ctx, t->denied[i].data, t->denied[i].len, err) < 0)
			return -1;
	return 0;
}

static void cleanup_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

static int make_digest(struct trust *t, struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;
	struct digest d;

	if (hash_new(&ctx, err) < 0 || hash_begin(ctx, HASH_SHA256, err) < 0)
		return -1;
	for (size_t i = 0; i < t->certs.n; i++) {
		const uint8_t *der;
		size_t len;

		cert_der(t->certs.cert[i], &der, &len);
		if (digest_part(ctx, der, len, err) < 0)
			return -1;
	}
	if (digest_policy(ctx, t, err) < 0 || hash_final(ctx, &d, err) < 0)
		return -1;
	memcpy(t->digest, d.data, sizeof(t->digest));
	return 0;
}

static int make_judge(struct trust *t, struct err *err)
{
	const struct list_trust list = { .certs = &t->certs,
					 .denied = t->denied,
					 .n_denied = t->n_denied };

	t->policy = (struct appraise_policy){ .certs = &t->certs,
					      .min_epoch = (uint32_t)t->set.min_epoch,
					      .n_levels = t->set.levels.n,
					      .require_secure_boot = t->set.secure_boot,
					      .boot = t->set.boot };
	for (size_t i = 0; i < t->set.levels.n; i++)
		t->policy.levels[i] = t->set.levels.name[i];
	return list_judge_new(&list, LIST_CACHE_DEFAULT, &t->judge, err);
}

static void cleanup_trust(struct trust **t)
{
	trust_release(*t);
}

int trust_load(const struct vset *set, struct trust **ret_trust, struct err *err)
{
	CLEANUP(cleanup_trust) struct trust *t = calloc(1, sizeof(*t));

	if (!t)
		return err_set(err, "out of memory");
	atomic_init(&t->holders, 1);
	t->set = *set;
	if (trust_each_cert(set, add_cert, &t->certs, err) < 0 ||
	    trust_read_denied(set->denied, &t->denied, &t->n_denied, err) < 0 ||
	    make_judge(t, err) < 0 || make_digest(t, err) < 0)
		return -1;
	if (*set->ek_cas && io_exists(set->ek_cas) && ek_trust_load(set->ek_cas, &t->ek, err) < 0)
		return -1;
	*ret_trust = take_ptr(&t);
	return 0;
}

bool trust_vouches(const struct trust *trust, const struct host *host)
{
	return !host->certified || (trust->ek && ek_trust_holds(trust->ek, host->ca));
}

struct trust *trust_hold(struct trust *trust)
{
	(void)atomic_fetch_add(&trust->holders, 1);
	return trust;
}

void trust_release(struct trust *trust)
{
	if (!trust || atomic_fetch_sub(&trust->holders, 1) != 1)
		return;
	if (trust->judge)
		list_judge_free(trust->judge);
	if (trust->ek)
		ek_trust_free(trust->ek);
	cert_set_done(&trust->certs);
	free(trust->denied);
	free(trust);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that signing and verifying share. */
#include "sig/worker.h"

#include <errno.h>
#include <sys/xattr.h>

#include "ima/owner.h"

static int attr_trouble(struct worker *w, const char *name)
{
	if (errno != EOPNOTSUPP)
		return err_errno(&w->err, "read %s", name);
	w->err.text[0] = '\0';
	if (!seen_before(w->engine->complaints, (uint64_t)w->st.st_dev, 0))
		(void)err_set(&w->err, "its file system keeps no security attributes; "
				       "nothing on it can be signed");
	return -1;
}

int worker_attr_load(struct worker *w, const char *name, struct worker_attr *ret_attr)
{
	ssize_t n = fgetxattr(w->fd, name, ret_attr->data, sizeof(ret_attr->data));

	ret_attr->is_sig = false;
	ret_attr->len = 0;
	if (n < 0 && errno == ENODATA)
		return 0;
	if (n < 0 && errno != ERANGE)
		return attr_trouble(w, name);
	/* One that is longer than any signature keeps its place as something that is none. */
	if (n <= 0)
		ret_attr->data[0] = 0;
	ret_attr->len = n > 0 ? (size_t)n : 1;
	ret_attr->is_sig =
		n > 0 && xattr_sig_decode(ret_attr->data, ret_attr->len, &ret_attr->sig, NULL) == 0;
	return 0;
}

bool worker_check(struct worker *w, const uint8_t *md5, enum engine_outcome *ret_outcome)
{
	const struct engine_config *c = w->engine->config;
	const struct engine_file f = {
		.path = worker_path(w),
		.fd = w->fd,
		.st = &w->st,
		.kind = w->kind,
		.cookie = w->cookie,
		.md5 = md5,
	};
	int rc = c->check ? c->check(c->ctx, &f, &w->err) : 0;

	if (rc == 0)
		return true;
	*ret_outcome = rc == 2 ? ENGINE_IGNORED : rc > 0 ? ENGINE_DENIED : ENGINE_FAILED;
	return false;
}

int worker_choose(struct worker *w)
{
	enum engine_profile profile = w->engine->config->profile;

	w->want = XATTR_DIGSIG;
	w->verity = VERITY_NONE;
	if (profile == ENGINE_SIGNATURE || w->kind != SIG_EXEC)
		return 0;
	if (verity_measure(w->fd, &w->verity, &w->digest, &w->err) < 0)
		return -1;
	if (profile == ENGINE_VERITY || w->verity != VERITY_NONE)
		w->want = XATTR_VERITY_DIGSIG;
	return 0;
}

bool worker_owner_runs(struct worker *w)
{
	if (w->want != XATTR_DIGSIG || w->kind != SIG_EXEC || w->engine->config->all_files ||
	    w->st.st_uid < OWNER_V2_LIMIT)
		return true;
	(void)err_set(&w->err,
		      "owned by user %u: in the signature profile only files of users 0 to %d run; "
		      "have root own it or a copy of it, or use the verity profile",
		      (unsigned int)w->st.st_uid, OWNER_V2_LIMIT - 1);
	return false;
}

int worker_digest(struct worker *w, enum hash_algo algo)
{
	if (w->want == XATTR_VERITY_DIGSIG)
		return xattr_v3_digest(w->want, &w->digest, &w->signed_digest, &w->err);
	if (hash_begin(w->hash, algo, &w->err) < 0 ||
	    hash_file(w->hash, w->fd, w->st.st_size, &w->err) < 0 ||
	    hash_final(w->hash, &w->digest, &w->err) < 0)
		return -1;
	w->signed_digest = w->digest;
	return 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

int worker_unchanged(struct worker *w, bool labelled, bool *ret_same)
{
	struct stat now;

	if (fstat(w->fd, &now) < 0)
		return err_errno(&w->err, "stat");
	*ret_same = now.st_size == w->st.st_size && same_time(now.st_mtim, w->st.st_mtim) &&
		    now.st_mode == w->st.st_mode && now.st_uid == w->st.st_uid &&
		    now.st_gid == w->st.st_gid &&
		    (labelled || same_time(now.st_ctim, w->st.st_ctim));
	if (!*ret_same)
		w->st = now;
	return 0;
}

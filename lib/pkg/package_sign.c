/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signing what a package would install. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ima/evm.h"
#include "ima/verity.h"
#include "ima/xattr.h"
#include "pkg/package.h"
#include "pkg/pacman.h"
#include "sig/classify.h"
#include "sig/domain.h"

struct job {
	const struct package_signing *how;
	struct package *package;
	struct hash_ctx *hash;
	const struct deb_entry *file; /* the current one */
	struct stat st;		      /* as it will be */
	struct xattr_sig sig;
	struct buf ima;
	struct buf evm;
};

static int make_sig(struct job *job, enum xattr_type type, const struct digest *digest,
		    struct buf *out, struct err *err)
{
	const struct xattr_signer by = { .signer = job->how->signer, .keyid = job->how->keyid };

	if (xattr_sig_make(&by, type, digest, &job->sig, err) < 0)
		return -1;
	buf_reset(out);
	return xattr_sig_encode(&job->sig, out, err);
}

/* security.ima over the content, or over its fs-verity digest. */
static int make_ima(struct job *job, struct manifest_entry *entry, struct err *err)
{
	int fd = job->file->fd;
	off_t size = job->st.st_size;
	struct digest signed_digest;

	if (entry->over == MANIFEST_VERITY) {
		if (verity_compute(fd, size, &entry->digest, err) < 0 ||
		    xattr_v3_digest(XATTR_VERITY_DIGSIG, &entry->digest, &signed_digest, err) < 0)
			return -1;
		return make_sig(job, XATTR_VERITY_DIGSIG, &signed_digest, &job->ima, err);
	}
	if (hash_begin(job->hash, job->how->algo, err) < 0 ||
	    hash_file(job->hash, fd, size, err) < 0 ||
	    hash_final(job->hash, &entry->digest, err) < 0)
		return -1;
	return make_sig(job, XATTR_DIGSIG, &entry->digest, &job->ima, err);
}

/* As dpkg makes it: the archive's owner and mode, no other attributes. */
static int make_evm(struct job *job, struct err *err)
{
	const struct evm_subject subject = {
		.fd = EVM_NO_FILE, .st = &job->st, .ima = job->ima.data, .ima_len = job->ima.len
	};
	struct digest digest;

	buf_reset(&job->evm);
	if (!job->how->evm)
		return 0;
	if (evm_portable_digest(job->hash, job->how->algo, &subject, &digest, err) < 0)
		return -1;
	return make_sig(job, XATTR_EVM_PORTABLE, &digest, &job->evm, err);
}

static int sign_as(struct job *job, enum manifest_over over, struct manifest_entry *entry,
		   struct err *err)
{
	const struct deb_entry *file = job->file;

	*entry = (struct manifest_entry){ .path = file->path,
					  .over = over,
					  .uid = file->uid,
					  .gid = file->gid,
					  .mode = file->mode };
	if (make_ima(job, entry, err) < 0 || make_evm(job, err) < 0)
		return -1;
	entry->ima = job->ima.data;
	entry->ima_len = job->ima.len;
	entry->evm = job->evm.data;
	entry->evm_len = job->evm.len;
	return 0;
}

/* Modules, firmware and kernels are read whole and have v2 signatures in both profiles. */
static int sign_entry(struct job *job, enum sig_kind kind, struct err *err)
{
	const bool *wanted = job->how->profiles;
	struct manifest **entries = job->package->entries[job->file->part];
	struct manifest_entry entry;

	if (wanted[PACKAGE_SIGNATURE] || kind != SIG_EXEC) {
		if (sign_as(job, MANIFEST_FILE, &entry, err) < 0)
			return -1;
		if (wanted[PACKAGE_SIGNATURE] &&
		    manifest_put(entries[PACKAGE_SIGNATURE], &entry, err) < 0)
			return -1;
	}
	if (!wanted[PACKAGE_VERITY])
		return 0;
	if (kind == SIG_EXEC && sign_as(job, MANIFEST_VERITY, &entry, err) < 0)
		return -1;
	return manifest_put(entries[PACKAGE_VERITY], &entry, err);
}

static int on_entry(void *ctx, const struct deb_entry *e, struct err *err)
{
	struct job *job = ctx;
	const char *other = NULL;
	enum sig_kind kind;

	if (fstat(e->fd, &job->st) < 0)
		return err_errno(err, "stat");
	job->file = e;
	job->st.st_uid = e->uid;
	job->st.st_gid = e->gid;
	job->st.st_mode = S_IFREG | e->mode;
	if (classify_fd(e->fd, e->path, &job->st, &kind, err) < 0)
		return -1;
	if (kind == SIG_NONE)
		return 0;
	if (domain_of_fd(e->fd, &other, err) < 0)
		return -1;
	if (other)
		return err_set(err, "%s, which is not signed as a file", other);
	if (manifest_find(job->package->entries[e->part][PACKAGE_SIGNATURE], e->path) ||
	    manifest_find(job->package->entries[e->part][PACKAGE_VERITY], e->path))
		return err_set(err, "is there twice");
	return sign_entry(job, kind, err);
}

int package_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err)
{
	return pacman_is_one(fd) ? pacman_read(fd, fn, ctx, ret_deb, err)
				 : deb_read(fd, fn, ctx, ret_deb, err);
}

int package_sign(int fd, const struct package_signing *how, struct package *package,
		 struct err *err)
{
	AUTO_MEM struct job *job = calloc(1, sizeof(*job));
	int rc;

	if (!job)
		return err_set(err, "out of memory");
	job->how = how;
	job->package = package;
	job->ima.max = XATTR_VALUE_MAX;
	job->evm.max = XATTR_VALUE_MAX;
	rc = hash_new(&job->hash, err);
	if (rc == 0)
		rc = package_read(fd, on_entry, job, &package->deb, err);
	hash_free(job->hash);
	buf_done(&job->ima);
	buf_done(&job->evm);
	return rc;
}

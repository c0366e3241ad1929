/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts lost signatures back. */
#include "sig/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "ima/evm.h"
#include "ima/verity.h"
#include "ima/xattr.h"

/* One file under repair. */
struct patient {
	const struct repair *repair;
	const struct manifest_entry *entry;
	int fd;
	int open_errno; /* why there is no fd */
	struct stat st;
	enum verity_state verity;
	struct digest digest; /* of what the entry's signature is over, as the file is now */
	uint8_t value[XATTR_VALUE_MAX];
	size_t len; /* of the attribute that was read last; 0: there is none */
	bool other; /* security.ima verifies, and is not the manifest's */
};

static enum repair_outcome changed(struct err *why, const char *text)
{
	(void)err_set(why, "%s", text);
	return REPAIR_CHANGED;
}

static int open_patient(struct patient *p, struct err *why)
{
	AUTO_STR path = NULL;
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

	p->fd = -1;
	if (asprintf(&path, "%s%s", p->repair->root, p->entry->path) < 0)
		return err_set(why, "out of memory");
	p->fd = open(path, flags | O_NOATIME);
	if (p->fd < 0 && errno == EPERM)
		p->fd = open(path, flags);
	p->open_errno = errno;
	if (p->fd < 0)
		return err_errno(why, "open");
	if (fstat(p->fd, &p->st) < 0)
		return err_errno(why, "stat");
	return 0;
}

static int attr_load(struct patient *p, const char *name, struct err *why)
{
	ssize_t n = fgetxattr(p->fd, name, p->value, sizeof(p->value));

	if (n < 0 && errno != ENODATA && errno != ERANGE)
		return err_errno(why, "read %s", name);
	p->len = n > 0 ? (size_t)n : 0;
	return 0;
}

/* The digest that the manifest tells of, computed from the file. */
static int measure(struct patient *p, struct err *why)
{
	struct hash_ctx *hash = p->repair->hash;

	if (verity_measure(p->fd, &p->verity, &p->digest, why) < 0)
		return -1;
	if (p->entry->over == MANIFEST_FILE) {
		if (hash_begin(hash, p->entry->digest.algo, why) < 0 ||
		    hash_file(hash, p->fd, p->st.st_size, why) < 0)
			return -1;
		return hash_final(hash, &p->digest, why);
	}
	if (p->verity != VERITY_ON)
		return verity_compute(p->fd, p->st.st_size, &p->digest, why);
	return 0;
}

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return a->algo == b->algo && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Is the value a signature of the entry's kind that a trusted key made over the file's digest? */
static int ima_verify(const struct patient *p, const uint8_t *value, size_t len, struct err *why)
{
	enum xattr_type type =
		p->entry->over == MANIFEST_VERITY ? XATTR_VERITY_DIGSIG : XATTR_DIGSIG;
	const struct cert *by = NULL;
	struct digest over = p->digest;
	struct xattr_sig sig;

	if (xattr_sig_decode(value, len, &sig, why) < 0)
		return -1;
	if (sig.type != type)
		return err_set(why, "a signature of another kind");
	if (type == XATTR_VERITY_DIGSIG && xattr_v3_digest(type, &p->digest, &over, why) < 0)
		return -1;
	return xattr_sig_verify(&sig, &over, p->repair->trusted, &by, why);
}

/*
 * What a signature that the file carries must be over, by its own type and not by the manifest's:
 * a file that was signed again in the other profile is good.  0: it is there; 1: nothing would do.
 */
static int digest_by_type(const struct patient *p, const struct xattr_sig *sig,
			  struct digest *ret_over, struct err *why)
{
	struct hash_ctx *hash = p->repair->hash;
	enum verity_state verity = VERITY_NONE;
	struct digest measured;

	switch (sig->type) {
	case XATTR_DIGSIG:
		if (hash_begin(hash, sig->algo, why) < 0 ||
		    hash_file(hash, p->fd, p->st.st_size, why) < 0)
			return -1;
		return hash_final(hash, ret_over, why);
	case XATTR_VERITY_DIGSIG:
		if (p->verity != VERITY_ON)
			return 1;
		if (verity_measure(p->fd, &verity, &measured, why) < 0)
			return -1;
		return verity != VERITY_ON ? 1
					   : xattr_v3_digest(sig->type, &measured, ret_over, why);
	case XATTR_IMA_DIGEST:
	case XATTR_EVM_HMAC:
	case XATTR_IMA_DIGEST_NG:
	case XATTR_EVM_PORTABLE:
		break;
	}
	return 1;
}

/* Does the security.ima that was read last verify?  0: it does; 1: it does not; -1: trouble. */
static int carried_verify(const struct patient *p, struct err *why)
{
	const struct cert *by = NULL;
	struct digest over;
	struct xattr_sig sig;
	int rc;

	if (!p->len || xattr_sig_decode(p->value, p->len, &sig, NULL) < 0)
		return 1;
	if (sig.type == XATTR_DIGSIG && p->entry->over == MANIFEST_FILE &&
	    sig.algo == p->digest.algo)
		return xattr_sig_verify(&sig, &p->digest, p->repair->trusted, &by, NULL) < 0;
	rc = digest_by_type(p, &sig, &over, why);
	if (rc != 0)
		return rc;
	return xattr_sig_verify(&sig, &over, p->repair->trusted, &by, NULL) < 0;
}

/*
 * The same for security.evm over the file's metadata with this security.ima.  0: it verifies; 1: it
 * does not; -1: the metadata can't be read.
 */
static int evm_verify(const struct patient *p, const struct evm_subject *subject,
		      const uint8_t *value, size_t len, struct err *why)
{
	const struct cert *by = NULL;
	struct digest over;
	struct xattr_sig sig;

	if (!len || xattr_sig_decode(value, len, &sig, why) < 0 || sig.type != XATTR_EVM_PORTABLE) {
		(void)err_set(why, "not a portable signature");
		return 1;
	}
	if (evm_portable_digest(p->repair->hash, sig.algo, subject, &over, why) < 0)
		return -1;
	return xattr_sig_verify(&sig, &over, p->repair->trusted, &by, why) < 0 ? 1 : 0;
}

static struct evm_subject subject_of(const struct patient *p, const uint8_t *ima, size_t len)
{
	return (struct evm_subject){ .fd = p->fd, .st = &p->st, .ima = ima, .ima_len = len };
}

/* What the file carries now, whoever put it there. */
static int carries_good(struct patient *p, bool *ret_good, struct err *why)
{
	struct evm_subject subject;
	uint8_t ima[XATTR_VALUE_MAX];
	size_t ima_len;
	int rc;

	if (attr_load(p, XATTR_IMA, why) < 0)
		return -1;
	rc = carried_verify(p, why);
	*ret_good = rc == 0 && !p->entry->evm_len;
	if (rc != 0 || *ret_good)
		return rc < 0 ? -1 : 0;
	ima_len = p->len;
	memcpy(ima, p->value, ima_len);
	subject = subject_of(p, ima, ima_len);
	if (attr_load(p, XATTR_EVM, why) < 0)
		return -1;
	rc = evm_verify(p, &subject, p->value, p->len, why);
	*ret_good = rc == 0;
	p->other = ima_len != p->entry->ima_len || memcmp(ima, p->entry->ima, ima_len) != 0;
	return rc < 0 ? -1 : 0;
}

static int still_same(struct patient *p, struct err *why)
{
	struct stat now;

	if (fstat(p->fd, &now) < 0)
		return err_errno(why, "stat");
	if (now.st_size != p->st.st_size || now.st_mtim.tv_sec != p->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != p->st.st_mtim.tv_nsec)
		return err_set(why, "it changed while it was being repaired");
	return 0;
}

static int verity_restore(struct patient *p, struct err *why)
{
	struct digest digest;

	if (p->entry->over != MANIFEST_VERITY || p->verity == VERITY_ON)
		return 0;
	if (verity_enable(p->fd, why) < 0 || verity_measure(p->fd, &p->verity, &digest, why) < 0)
		return -1;
	if (p->verity != VERITY_ON || !same_digest(&digest, &p->digest))
		return err_set(why, "it changed while it was being repaired");
	return 0;
}

static int attr_write(const struct patient *p, const char *name, const uint8_t *value, size_t len,
		      struct err *why)
{
	if (!len)
		return 0;
	if (fsetxattr(p->fd, name, value, len, 0) == 0)
		return 0;
	return io_change_failed(why, p->fd, "write %s", name);
}

/* security.ima by itself helps where EVM is off, so it goes back even when security.evm can't. */
static enum repair_outcome attach(struct patient *p, bool with_evm, struct err *why)
{
	const struct manifest_entry *e = p->entry;

	if (p->repair->dry_run)
		return REPAIR_DONE;
	if (still_same(p, why) < 0 || verity_restore(p, why) < 0 ||
	    attr_write(p, XATTR_IMA, e->ima, e->ima_len, why) < 0 ||
	    attr_write(p, XATTR_EVM, e->evm, with_evm ? e->evm_len : 0, why) < 0)
		return REPAIR_FAILED;
	return REPAIR_DONE;
}

/* Does the manifest's security.evm hold for the file?  As evm_verify. */
static int evm_holds(const struct patient *p, struct err *why)
{
	const struct manifest_entry *e = p->entry;
	const struct evm_subject subject = subject_of(p, e->ima, e->ima_len);
	int rc;

	if (p->st.st_uid != e->uid || p->st.st_gid != e->gid ||
	    (p->st.st_mode & 07777) != e->mode) {
		(void)err_set(why, "signed with owner %u:%u and mode %04o", (unsigned int)e->uid,
			      (unsigned int)e->gid, (unsigned int)e->mode);
		return 1;
	}
	rc = evm_verify(p, &subject, e->evm, e->evm_len, why);
	if (rc != 0)
		(void)err_prepend(why, "the manifest's security.evm");
	return rc;
}

static enum repair_outcome treat(struct patient *p, struct err *why)
{
	const struct manifest_entry *e = p->entry;
	struct err evm = ERR_INIT;
	enum repair_outcome outcome;
	int rc;

	if (ima_verify(p, e->ima, e->ima_len, why) < 0) {
		(void)err_prepend(why, "the manifest's security.ima");
		return REPAIR_CHANGED;
	}
	rc = e->evm_len ? evm_holds(p, &evm) : 0;
	if (rc < 0) {
		*why = evm;
		return REPAIR_FAILED;
	}
	outcome = attach(p, rc == 0, why);
	if (rc == 0 || outcome != REPAIR_DONE)
		return outcome;
	return changed(why, evm.text);
}

static enum repair_outcome repair_open(struct patient *p, struct err *why)
{
	const struct manifest_entry *e = p->entry;
	bool good = false;

	if (!S_ISREG(p->st.st_mode))
		return changed(why, "not a regular file any more");
	if (measure(p, why) < 0)
		return REPAIR_FAILED;
	if (!same_digest(&p->digest, &e->digest))
		return changed(why, "its content is not what was signed");
	if (carries_good(p, &good, why) < 0)
		return REPAIR_FAILED;
	if (good)
		return REPAIR_GOOD;
	if (p->other)
		return changed(why, "carries another valid security.ima, but no security.evm that "
				    "fits it: sign it again");
	if (e->over == MANIFEST_VERITY && p->verity == VERITY_NONE)
		return changed(why, "signed for fs-verity, which its file system does not have");
	return treat(p, why);
}

enum repair_outcome repair_file(const struct repair *repair, const struct manifest_entry *entry,
				struct err *ret_why)
{
	AUTO_MEM struct patient *p = calloc(1, sizeof(*p));
	AUTO_FD fd = -1;
	int rc;

	if (!p) {
		(void)err_set(ret_why, "out of memory");
		return REPAIR_FAILED;
	}
	p->repair = repair;
	p->entry = entry;
	rc = open_patient(p, ret_why);
	fd = p->fd;
	if (rc < 0 && fd < 0 && (p->open_errno == ENOENT || p->open_errno == ENOTDIR))
		return REPAIR_GONE;
	if (rc < 0 && fd < 0 && p->open_errno == ELOOP)
		return changed(ret_why, "a symbolic link is there now");
	return rc < 0 ? REPAIR_FAILED : repair_open(p, ret_why);
}

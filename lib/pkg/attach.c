/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking files up and labelling them. */
#include "pkg/attach.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fsverity.h>

#include "ima/evm.h"
#include "ima/verity.h"
#include "ima/xattr.h"
#include "sig/classify.h"

/* For rules of place; "" where it is not known. */
static int classify(int fd, const char *known, const struct stat *st, enum sig_kind *ret_kind,
		    struct err *err)
{
	AUTO_STR path = known ? strdup(known) : calloc(1, PATH_MAX);
	char self[32];

	if (!path)
		return err_set(err, "out of memory");
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (!known && readlink(self, path, PATH_MAX - 1) < 0)
		*path = '\0';
	return classify_fd(fd, path, st, ret_kind, err);
}

static int find_verity(struct attacher *a, int fd, const struct stat *st, struct attachment *ret,
		       struct err *err)
{
	enum verity_state state = VERITY_NONE;
	struct digest digest;

	if (verity_measure(fd, &state, &digest, err) < 0)
		return -1;
	if (state == VERITY_OFF && verity_compute(fd, st->st_size, &digest, err) < 0)
		return -1;
	if (state == VERITY_NONE)
		return 0;
	ret->verity = state == VERITY_OFF;
	ret->entry = table_find(a->table, PACKAGE_VERITY, MANIFEST_VERITY, &digest, st);
	return 0;
}

static int find_content(struct attacher *a, int fd, enum package_profile profile,
			struct attachment *ret, struct err *err)
{
	const struct table_wants *wants = table_wants(a->table, profile);
	struct digest digest;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");

	for (size_t algo = 0; algo < ARRAY_LEN(wants->algo) && !ret->entry; algo++) {
		if (!wants->algo[algo])
			continue;
		if (hash_begin(a->hash, (enum hash_algo)algo, err) < 0 ||
		    hash_file(a->hash, fd, st.st_size, err) < 0 ||
		    hash_final(a->hash, &digest, err) < 0)
			return -1;
		ret->entry = table_find(a->table, profile, MANIFEST_FILE, &digest, &st);
	}
	return 0;
}

/* The profile of the file's file system, as assay sign has it. */
static int profile_of(const struct attacher *a, int fd, enum package_profile *ret, struct err *err)
{
	enum verity_state state = VERITY_NONE;
	struct digest digest;

	*ret = PACKAGE_SIGNATURE;
	if (a->profile == ATTACH_SIGNATURE)
		return 0;
	if (verity_measure(fd, &state, &digest, err) < 0)
		return -1;
	if (a->profile == ATTACH_VERITY || state != VERITY_NONE)
		*ret = PACKAGE_VERITY;
	return 0;
}

int attach_find(struct attacher *a, int fd, const char *path, struct attachment *ret,
		struct err *err)
{
	enum package_profile profile;
	enum sig_kind kind;
	struct stat st;

	*ret = (struct attachment){ .entry = NULL };
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0)
		return 0;
	if (classify(fd, path, &st, &kind, err) < 0 || profile_of(a, fd, &profile, err) < 0)
		return -1;
	if (kind == SIG_NONE)
		return 0;
	if (profile == PACKAGE_VERITY && kind == SIG_EXEC)
		return find_verity(a, fd, &st, ret, err);
	return find_content(a, fd, profile, ret, err);
}

static int set_attr(int fd, const char *name, const void *value, size_t len, struct err *err)
{
	if (fsetxattr(fd, name, value, len, 0) < 0)
		return err_errno(err, "write %s", name);
	return 0;
}

/* Owner, mode and capabilities are what the signature counts; packages bring no capabilities. */
static bool evm_fits(const struct manifest_entry *e, int fd, const struct stat *st)
{
	return e->evm_len && e->uid == st->st_uid && e->gid == st->st_gid &&
	       e->mode == (st->st_mode & 07777) &&
	       fgetxattr(fd, "security.capability", NULL, 0) < 0;
}

static int sign_evm(const struct attacher *a, int fd, const struct stat *st,
		    const struct manifest_entry *e, struct err *err)
{
	const struct evm_subject subject = {
		.fd = fd, .st = st, .ima = e->ima, .ima_len = e->ima_len
	};
	const struct xattr_signer by = { .signer = a->how->signer, .keyid = a->how->keyid };
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));
	AUTO_BUF value = BUF_INIT(XATTR_VALUE_MAX);
	struct digest digest;

	if (!sig)
		return err_set(err, "out of memory");
	if (evm_portable_digest(a->hash, a->how->algo, &subject, &digest, err) < 0 ||
	    xattr_sig_make(&by, XATTR_EVM_PORTABLE, &digest, sig, err) < 0 ||
	    xattr_sig_encode(sig, &value, err) < 0)
		return -1;
	return set_attr(fd, XATTR_EVM, value.data, value.len, err);
}

static int put_evm(const struct attacher *a, int fd, const struct stat *st,
		   const struct manifest_entry *e, struct err *err)
{
	if (!a->evm)
		return 0;
	if (evm_fits(e, fd, st))
		return set_attr(fd, XATTR_EVM, e->evm, e->evm_len, err);
	if (a->how)
		return sign_evm(a, fd, st, e, err);
	return err_set(err,
		       "its owner, mode or capabilities are not those of the package, which takes "
		       "a key to sign: 'assay sign --installed'");
}

static int enable_verity(int fd, bool *ret_busy, struct err *err)
{
	const struct fsverity_enable_arg arg = { .version = 1,
						 .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
						 .block_size = VERITY_BLOCK };

	*ret_busy = false;
	if (ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) == 0 || errno == EEXIST)
		return 0;
	*ret_busy = errno == ETXTBSY;
	return *ret_busy ? 0 : err_errno(err, "enable fs-verity");
}

int attach(const struct attacher *a, int fd, const struct attachment *what, bool *ret_busy,
	   struct err *err)
{
	const struct manifest_entry *e = what->entry;
	struct stat st;

	*ret_busy = false;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (st.st_nlink == 0)
		return 0;
	if (what->verity && (enable_verity(fd, ret_busy, err) < 0 || *ret_busy))
		return *ret_busy ? 0 : -1;
	if (set_attr(fd, XATTR_IMA, e->ima, e->ima_len, err) < 0)
		return -1;
	return put_evm(a, fd, &st, e, err);
}

/* Is the portable signature that the file has one over what it is now? */
static bool evm_is_good(const struct attacher *a, int fd, const struct stat *st,
			const struct manifest_entry *e)
{
	const struct evm_subject subject = {
		.fd = fd, .st = st, .ima = e->ima, .ima_len = e->ima_len
	};
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));
	uint8_t value[XATTR_VALUE_MAX];
	struct digest digest;
	ssize_t n = fgetxattr(fd, XATTR_EVM, value, sizeof(value));

	if (n < 0 || !sig)
		return false;
	if (evm_fits(e, fd, st))
		return (size_t)n == e->evm_len && memcmp(value, e->evm, e->evm_len) == 0;
	return a->how && xattr_sig_decode(value, (size_t)n, sig, NULL) == 0 &&
	       evm_portable_digest(a->hash, sig->algo, &subject, &digest, NULL) == 0 &&
	       signer_verify(a->how->signer, &digest, sig->sig, sig->sig_len, NULL) == 0;
}

int attach_again(const struct attacher *a, int fd, const struct attachment *what, struct err *err)
{
	struct stat st;

	if (!a->evm)
		return 0;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (st.st_nlink == 0 || evm_is_good(a, fd, &st, what->entry))
		return 0;
	return put_evm(a, fd, &st, what->entry, err);
}

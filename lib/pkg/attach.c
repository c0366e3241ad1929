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
#include "pkg/attach_sign.h"

/* An entry, and where it lies if it is no package's. */
struct made {
	struct manifest_entry entry;
	struct buf ima;
};

#define MADE_INIT \
	{ \
		.ima = BUF_INIT(XATTR_VALUE_MAX) \
	}

static void made_done(struct made *made)
{
	buf_done(&made->ima);
}

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

/* What is vouched for needs a key, which signs what the kernel will ask for. */
static int find_vouched(struct attacher *a, int fd, bool over_verity, struct attachment *ret,
			struct err *err)
{
	const struct table_wants *wants = table_vouch_wants(a->table);
	struct stat st;

	if (!a->how)
		return 0;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	for (size_t algo = 0; algo < ARRAY_LEN(wants->algo) && !ret->vouched; algo++) {
		if (!wants->algo[algo])
			continue;
		if (hash_begin(a->hash, (enum hash_algo)algo, err) < 0 ||
		    hash_file(a->hash, fd, st.st_size, err) < 0 ||
		    hash_final(a->hash, &ret->content, err) < 0)
			return -1;
		ret->vouched = table_vouches(a->table, &ret->content);
	}
	ret->over_verity = ret->vouched && over_verity;
	return 0;
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
	return ret->entry ? 0 : find_vouched(a, fd, true, ret, err);
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

bool attachment_is_due(const struct attachment *what)
{
	return what->entry || what->vouched;
}

int attach_find(struct attacher *a, int fd, const char *path, struct attachment *ret,
		struct err *err)
{
	enum package_profile profile;
	struct stat st;

	*ret = (struct attachment){ .entry = NULL };
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0)
		return 0;
	if (classify(fd, path, &st, &ret->kind, err) < 0 || profile_of(a, fd, &profile, err) < 0)
		return -1;
	if (ret->kind == SIG_NONE)
		return 0;
	if (profile == PACKAGE_VERITY && ret->kind == SIG_EXEC)
		return find_verity(a, fd, &st, ret, err);
	if (find_content(a, fd, profile, ret, err) < 0)
		return -1;
	return ret->entry ? 0 : find_vouched(a, fd, false, ret, err);
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
	       e->mode == (st->st_mode & 07777) && fgetxattr(fd, XATTR_CAPABILITY, NULL, 0) < 0;
}

static int put_evm(const struct attacher *a, int fd, const struct stat *st,
		   const struct manifest_entry *e, struct err *err)
{
	if (!a->evm)
		return 0;
	if (evm_fits(e, fd, st))
		return set_attr(fd, XATTR_EVM, e->evm, e->evm_len, err);
	if (a->how)
		return attach_sign_evm(a, fd, st, e, err);
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

/* What the file gets: the package's, or one that is signed here; *made holds it then. */
static int entry_of(const struct attacher *a, int fd, const struct attachment *what,
		    struct made *made, struct err *err)
{
	if (what->entry) {
		made->entry = *what->entry;
		return 0;
	}
	if (attach_sign_ima(a, fd, what, &made->ima, err) < 0)
		return -1;
	made->entry = (struct manifest_entry){ .ima = made->ima.data, .ima_len = made->ima.len };
	return 0;
}

int attach(const struct attacher *a, int fd, const struct attachment *what, bool *ret_busy,
	   struct err *err)
{
	CLEANUP(made_done) struct made made = MADE_INIT;
	struct stat st;

	*ret_busy = false;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (st.st_nlink == 0)
		return 0;
	if (what->verity && (enable_verity(fd, ret_busy, err) < 0 || *ret_busy))
		return *ret_busy ? 0 : -1;
	if (entry_of(a, fd, what, &made, err) < 0 ||
	    set_attr(fd, XATTR_IMA, made.entry.ima, made.entry.ima_len, err) < 0)
		return -1;
	return put_evm(a, fd, &st, &made.entry, err);
}

/* What it was given; of what was signed here the file itself says it. */
static int entry_again(int fd, const struct attachment *what, struct made *made, struct err *err)
{
	uint8_t *at;
	ssize_t n;

	if (what->entry) {
		made->entry = *what->entry;
		return 0;
	}
	if (buf_reserve(&made->ima, XATTR_VALUE_MAX, &at, err) < 0)
		return -1;
	n = fgetxattr(fd, XATTR_IMA, at, XATTR_VALUE_MAX);
	if (n < 0)
		return err_errno(err, "read " XATTR_IMA);
	made->entry = (struct manifest_entry){ .ima = at, .ima_len = (size_t)n };
	return 0;
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
	CLEANUP(made_done) struct made made = MADE_INIT;
	struct stat st;

	if (!a->evm)
		return 0;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (st.st_nlink == 0)
		return 0;
	if (entry_again(fd, what, &made, err) < 0)
		return -1;
	return evm_is_good(a, fd, &st, &made.entry) ? 0 : put_evm(a, fd, &st, &made.entry, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signing one file that a package vouches for. */
#include "pkg/attach_sign.h"

#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "ima/evm.h"
#include "ima/verity.h"
#include "ima/xattr.h"
#include "sig/domain.h"

static int make(const struct attacher *a, enum xattr_type type, const struct digest *digest,
		struct buf *out, struct err *err)
{
	const struct xattr_signer by = { .signer = a->how->signer, .keyid = a->how->keyid };
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));

	if (!sig)
		return err_set(err, "out of memory");
	if (xattr_sig_make(&by, type, digest, sig, err) < 0)
		return -1;
	return xattr_sig_encode(sig, out, err);
}

/* Before fs-verity was enabled, the owner could write to it. */
static int check_frozen(const struct attacher *a, int fd, const struct digest *content,
			struct err *err)
{
	struct digest now;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (hash_begin(a->hash, content->algo, err) < 0 ||
	    hash_file(a->hash, fd, st.st_size, err) < 0 || hash_final(a->hash, &now, err) < 0)
		return -1;
	if (now.len != content->len || memcmp(now.data, content->data, now.len) != 0)
		return err_set(err, "changed while it was being signed");
	return 0;
}

static int sign_verity(const struct attacher *a, int fd, const struct attachment *what,
		       struct buf *out, struct err *err)
{
	enum verity_state state = VERITY_NONE;
	struct digest measured;
	struct digest signed_digest;

	if (check_frozen(a, fd, &what->content, err) < 0 ||
	    verity_measure(fd, &state, &measured, err) < 0)
		return -1;
	if (state != VERITY_ON)
		return err_set(err, "is no fs-verity file");
	if (xattr_v3_digest(XATTR_VERITY_DIGSIG, &measured, &signed_digest, err) < 0)
		return -1;
	return make(a, XATTR_VERITY_DIGSIG, &signed_digest, out, err);
}

int attach_sign_ima(const struct attacher *a, int fd, const struct attachment *what,
		    struct buf *out, struct err *err)
{
	const char *other = NULL;

	if (domain_of_fd(fd, &other, err) < 0)
		return -1;
	if (other)
		return err_set(err, "%s, which is not signed as a file", other);
	if (what->over_verity)
		return sign_verity(a, fd, what, out, err);
	return make(a, XATTR_DIGSIG, &what->content, out, err);
}

int attach_sign_evm(const struct attacher *a, int fd, const struct stat *st,
		    const struct manifest_entry *e, struct err *err)
{
	const struct evm_subject subject = {
		.fd = fd, .st = st, .ima = e->ima, .ima_len = e->ima_len
	};
	AUTO_BUF value = BUF_INIT(XATTR_VALUE_MAX);
	struct digest digest;

	if (evm_portable_digest(a->hash, a->how->algo, &subject, &digest, err) < 0 ||
	    make(a, XATTR_EVM_PORTABLE, &digest, &value, err) < 0)
		return -1;
	if (fsetxattr(fd, XATTR_EVM, value.data, value.len, 0) < 0)
		return err_errno(err, "write " XATTR_EVM);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signing one file. */
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "sig/domain.h"
#include "sig/worker.h"

#define SIGN_TRIES 3 /* times a file may change under our hands */

enum pass { PASS_DONE, PASS_AGAIN, PASS_FAILED, PASS_REFUSED };

/* What is not told of the file itself is told of the caller. */
static int write_trouble(struct worker *w, const char *name)
{
	bool denied = errno == EPERM;

	(void)io_change_failed(&w->err, w->fd, "write %s", name);
	if (!denied || !strstr(w->err.text, strerror(EPERM)))
		return -1;
	return err_set(&w->err,
		       "write %s: refused (it takes root; EVM in immutable mode refuses even root)",
		       name);
}

static int write_attr(struct worker *w, const char *name, const struct worker_attr *attr)
{
	if (w->engine->config->dry_run)
		return 0;
	if (fsetxattr(w->fd, name, attr->data, attr->len, 0) < 0)
		return write_trouble(w, name);
	return 0;
}

/* Is it what we would write (an ECDSA signature is new each time, so by verifying)? */
static bool is_ours(struct worker *w, const struct worker_attr *attr, enum xattr_type type,
		    const struct digest *digest)
{
	const struct xattr_sig *sig = &attr->sig;

	return attr->is_sig && sig->type == type && sig->algo == digest->algo &&
	       sig->keyid == w->engine->config->keyid &&
	       signer_verify(w->signer, digest, sig->sig, sig->sig_len, NULL) == 0;
}

static int make_sig(struct worker *w, enum xattr_type type, const struct digest *digest,
		    struct worker_attr *ret_attr)
{
	const struct xattr_signer by = { .signer = w->signer, .keyid = w->engine->config->keyid };
	struct xattr_sig *sig = &ret_attr->sig;

	if (xattr_sig_make(&by, type, digest, sig, &w->err) < 0)
		return -1;
	buf_reset(&w->value);
	if (xattr_sig_encode(sig, &w->value, &w->err) < 0)
		return -1;
	memcpy(ret_attr->data, w->value.data, w->value.len);
	ret_attr->len = w->value.len;
	ret_attr->is_sig = true;
	return 0;
}

/* Under fs-verity the content can't change any more, so that what is measured stays true. */
static int enable_verity(struct worker *w)
{
	if (w->want != XATTR_VERITY_DIGSIG || w->verity == VERITY_ON)
		return 0;
	if (w->engine->config->dry_run)
		return verity_compute(w->fd, w->st.st_size, &w->digest, &w->err);
	if (verity_enable(w->fd, &w->err) < 0 ||
	    verity_measure(w->fd, &w->verity, &w->digest, &w->err) < 0)
		return -1;
	if (w->verity != VERITY_ON)
		return err_set(&w->err, "enable fs-verity: it did not take");
	if (fstat(w->fd, &w->st) < 0)
		return err_errno(&w->err, "stat");
	return 0;
}

/* The content by itself: before fs-verity is enabled for good, and when nothing can change it. */
static int check_content(struct worker *w, enum engine_outcome *refused, bool *ret_ok)
{
	uint8_t md5[MD5_SIZE];

	if (lseek(w->fd, 0, SEEK_SET) < 0)
		return err_errno(&w->err, "seek");
	if (md5_fd(w->md5, w->fd, "content", md5, &w->err) < 0)
		return -1;
	*ret_ok = worker_check(w, md5, refused);
	return 0;
}

/* fs-verity, asking the check first whether the file may be bound for good, and then once more. */
static int checked_verity(struct worker *w, enum engine_outcome *refused, bool *ret_ok)
{
	if (w->verity != VERITY_ON) {
		if (check_content(w, refused, ret_ok) < 0)
			return -1;
		if (!*ret_ok)
			return 0;
	}
	if (enable_verity(w) < 0 || check_content(w, refused, ret_ok) < 0)
		return -1;
	return worker_digest(w, w->engine->config->algo);
}

/*
 * w->digest and w->signed_digest, of the very bytes that the check saw.  Refused, they are there
 * only where they cost nothing: signed_digest.len is 0 otherwise.
 */
static int checked_digest(struct worker *w, enum engine_outcome *refused, bool *ret_ok)
{
	uint8_t md5[MD5_SIZE];

	*ret_ok = true;
	w->signed_digest.len = 0;
	if (!w->md5)
		return enable_verity(w) < 0 ? -1 : worker_digest(w, w->engine->config->algo);
	if (w->want == XATTR_VERITY_DIGSIG)
		return checked_verity(w, refused, ret_ok);
	hash_tee_md5(w->hash, w->md5);
	if (worker_digest(w, w->engine->config->algo) < 0 || md5_final(w->md5, md5, &w->err) < 0)
		return -1;
	hash_tee_md5(w->hash, NULL);
	*ret_ok = worker_check(w, md5, refused);
	return 0;
}

/*
 * Is it signed by its own means?  Told by the very bytes that were hashed, and, where the kernel
 * reads them, before fs-verity is enabled.
 */
static int find_domain(struct worker *w, bool hashed, const char **ret_other)
{
	const uint8_t *head;
	size_t len;

	if (hashed != (w->want == XATTR_DIGSIG))
		return 0;
	if (!hashed)
		return domain_of_fd(w->fd, ret_other, &w->err);
	head = hash_head(w->hash, &len);
	*ret_other = domain_of_head(head, len, (uint64_t)w->st.st_size);
	if (!*ret_other) {
		const uint8_t *tail = hash_tail(w->hash, &len);

		*ret_other = domain_of_tail(tail, len);
	}
	return 0;
}

/*
 * security.ima; PASS_AGAIN: the file changed while it was hashed.  What the check refuses is left
 * alone when it carries our signature: then somebody signed it by name.
 */
static enum pass pass_ima(struct worker *w, bool *ret_wrote, enum engine_outcome *ret_refused)
{
	const char *other = NULL;
	bool same = false;
	bool ok = false;

	if (find_domain(w, false, &other) < 0 ||
	    (!other &&
	     (worker_attr_load(w, XATTR_IMA, &w->ima) < 0 ||
	      checked_digest(w, ret_refused, &ok) < 0 || find_domain(w, true, &other) < 0)))
		return PASS_FAILED;
	if (other) {
		(void)err_set(&w->err, "%s, which is not signed as a file", other);
		*ret_refused = ENGINE_DENIED;
		return PASS_REFUSED;
	}
	if (w->signed_digest.len && is_ours(w, &w->ima, w->want, &w->signed_digest)) {
		*ret_wrote = false;
		return PASS_DONE;
	}
	if (!ok)
		return PASS_REFUSED;
	if (make_sig(w, w->want, &w->signed_digest, &w->ima) < 0 ||
	    worker_unchanged(w, false, &same) < 0)
		return PASS_FAILED;
	if (!same)
		return PASS_AGAIN;
	*ret_wrote = true;
	return write_attr(w, XATTR_IMA, &w->ima) < 0 ? PASS_FAILED : PASS_DONE;
}

/* security.evm, over the security.ima that the file has by now. */
static int pass_evm(struct worker *w, bool *ret_wrote)
{
	const struct evm_subject subject = {
		.fd = w->fd, .st = &w->st, .ima = w->ima.data, .ima_len = w->ima.len
	};
	struct digest digest;

	if (worker_attr_load(w, XATTR_EVM, &w->evm) < 0 ||
	    evm_portable_digest(w->hash, w->engine->config->algo, &subject, &digest, &w->err) < 0)
		return -1;
	if (is_ours(w, &w->evm, XATTR_EVM_PORTABLE, &digest)) {
		*ret_wrote = false;
		return 0;
	}
	*ret_wrote = true;
	if (make_sig(w, XATTR_EVM_PORTABLE, &digest, &w->evm) < 0)
		return -1;
	return write_attr(w, XATTR_EVM, &w->evm);
}

static enum pass one_pass(struct worker *w, bool *ret_wrote, enum engine_outcome *ret_refused)
{
	bool wrote_ima = false;
	bool wrote_evm = false;
	bool same = false;
	enum pass pass = pass_ima(w, &wrote_ima, ret_refused);

	if (pass != PASS_DONE)
		return pass;
	if (w->engine->config->evm && pass_evm(w, &wrote_evm) < 0)
		return PASS_FAILED;
	*ret_wrote = *ret_wrote || wrote_ima || wrote_evm;
	if (worker_unchanged(w, wrote_ima || wrote_evm, &same) < 0)
		return PASS_FAILED;
	return same ? PASS_DONE : PASS_AGAIN;
}

enum engine_outcome worker_sign(struct worker *w)
{
	enum engine_outcome refused = ENGINE_FAILED;
	bool wrote = false;

	if (worker_choose(w) < 0)
		return ENGINE_FAILED;
	if (!worker_owner_runs(w))
		return ENGINE_DENIED;
	for (size_t i = 0; i < SIGN_TRIES; i++) {
		switch (one_pass(w, &wrote, &refused)) {
		case PASS_DONE:
			return wrote ? ENGINE_SIGNED : ENGINE_KEPT;
		case PASS_FAILED:
			return ENGINE_FAILED;
		case PASS_REFUSED:
			return refused;
		case PASS_AGAIN:
			break;
		}
	}
	/* What was written is of a content that is gone. */
	if (wrote) {
		(void)fremovexattr(w->fd, XATTR_IMA);
		if (w->engine->config->evm)
			(void)fremovexattr(w->fd, XATTR_EVM);
	}
	(void)err_set(&w->err, "it keeps changing while it is being signed");
	return ENGINE_FAILED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verifying one file. */
#include "sig/worker.h"

static enum engine_outcome deny(struct worker *w, const char *text)
{
	(void)err_set(&w->err, "%s", text);
	return ENGINE_DENIED;
}

/* NULL: security.ima is a signature of the type that is wanted. */
static const char *objection_to_ima(const struct worker *w)
{
	if (!w->ima.len)
		return "no signature (security.ima)";
	if (!w->ima.is_sig &&
	    (w->ima.data[0] == XATTR_IMA_DIGEST_NG || w->ima.data[0] == XATTR_IMA_DIGEST))
		return "security.ima holds a hash, not a signature";
	if (!w->ima.is_sig || w->ima.sig.type == XATTR_EVM_PORTABLE)
		return "security.ima holds no valid signature format";
	if (w->want == XATTR_VERITY_DIGSIG && w->ima.sig.type != w->want)
		return "a v2 signature over the content, where the verity profile wants v3";
	if (w->want == XATTR_DIGSIG && w->ima.sig.type != w->want)
		return "a v3 signature for fs-verity, where one over the content is wanted";
	if (w->want == XATTR_VERITY_DIGSIG && w->verity == VERITY_NONE)
		return "its file system has no fs-verity";
	if (w->want == XATTR_VERITY_DIGSIG && w->verity == VERITY_OFF)
		return "signed for fs-verity, which is not enabled on the file";
	return NULL;
}

static enum engine_outcome verify_sig(struct worker *w, const struct worker_attr *attr,
				      const struct digest *digest, const char *name)
{
	const struct cert *by = NULL;

	if (xattr_sig_verify(&attr->sig, digest, w->engine->config->trusted, &by, &w->err) < 0) {
		(void)err_prepend(&w->err, "%s", name);
		return ENGINE_DENIED;
	}
	return ENGINE_VALID;
}

static enum engine_outcome verify_evm(struct worker *w)
{
	const struct evm_subject subject = {
		.fd = w->fd, .st = &w->st, .ima = w->ima.data, .ima_len = w->ima.len
	};
	struct digest digest;

	if (worker_attr_load(w, XATTR_EVM, &w->evm) < 0)
		return ENGINE_FAILED;
	if (!w->evm.len)
		return deny(w, "no portable signature (security.evm)");
	if (!w->evm.is_sig || w->evm.sig.type != XATTR_EVM_PORTABLE)
		return deny(w, "security.evm holds no portable signature");
	if (evm_portable_digest(w->hash, w->evm.sig.algo, &subject, &digest, &w->err) < 0)
		return ENGINE_FAILED;
	return verify_sig(w, &w->evm, &digest, XATTR_EVM);
}

enum engine_outcome worker_verify(struct worker *w)
{
	enum engine_outcome outcome;
	const char *objection;
	bool same = false;

	if (worker_choose(w) < 0 || worker_attr_load(w, XATTR_IMA, &w->ima) < 0)
		return ENGINE_FAILED;
	/* The owner first: a signature would not mend that. */
	if (!worker_owner_runs(w))
		return ENGINE_DENIED;
	objection = objection_to_ima(w);
	if (objection)
		return deny(w, objection);
	if (worker_digest(w, w->ima.sig.algo) < 0)
		return ENGINE_FAILED;
	outcome = verify_sig(w, &w->ima, &w->signed_digest, XATTR_IMA);
	if (outcome == ENGINE_VALID && w->engine->config->evm)
		outcome = verify_evm(w);
	if (outcome != ENGINE_VALID)
		return outcome;
	if (worker_unchanged(w, false, &same) < 0)
		return ENGINE_FAILED;
	if (!same) {
		(void)err_set(&w->err, "it changed while it was being verified");
		return ENGINE_FAILED;
	}
	return ENGINE_VALID;
}

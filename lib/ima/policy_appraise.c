/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict on one file: ima_appraise.c, Linux 5.10 to 7.3. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rd.h"
#include "ima/policy_inode.h"

#define DEFAULT_ALGO HASH_SHA256 /* CONFIG_IMA_DEFAULT_HASH of Debian's kernels */
#define SIG_HEADER 9		 /* bytes of struct signature_v2_hdr: type to sig_size */
#define SHA1_SIZE 20

static bool from(const struct sim_inode *inode, unsigned int major, unsigned int minor)
{
	return kernel_version_from(inode->host->kernel, major, minor);
}

/* Which versions of a signature tell the algorithm: v2, and v3 of fs-verity or from 7.1 on. */
static bool algo_is_told(const struct sim_host *host, const struct policy_xattr *x)
{
	unsigned int version = x->data[1];

	if (x->len <= SIG_HEADER || !policy_algo_name(x->data[2]))
		return false;
	if (x->data[0] == XATTR_VERITY_DIGSIG)
		return version == XATTR_SIG_V3;
	return version == XATTR_SIG_V2 ||
	       (version == XATTR_SIG_V3 && kernel_version_from(host->kernel, 7, 1));
}

unsigned int sim_hash_algo(const struct sim_host *host, const struct policy_xattr *x)
{
	static const uint8_t zero[4];

	if (x->len < 2)
		return DEFAULT_ALGO;
	switch (x->data[0]) {
	case XATTR_DIGSIG:
		return algo_is_told(host, x) ? x->data[2] : DEFAULT_ALGO;
	case XATTR_VERITY_DIGSIG:
		return kernel_version_from(host->kernel, 5, 19) && algo_is_told(host, x)
			       ? x->data[2]
			       : DEFAULT_ALGO;
	case XATTR_IMA_DIGEST_NG:
		return policy_algo_name(x->data[1]) ? x->data[1] : DEFAULT_ALGO;
	case XATTR_IMA_DIGEST:
		if (x->len == 1 + SHA1_SIZE)
			return memcmp(x->data + 17, zero, sizeof(zero)) == 0
				       ? (unsigned int)policy_algo_number("md5")
				       : HASH_SHA1;
		return x->len == 17 ? (unsigned int)policy_algo_number("md5") : DEFAULT_ALGO;
	default:
		return DEFAULT_ALGO;
	}
}

static int fail(struct sim_step *step, const char *cause)
{
	step->status = SIM_FAIL;
	step->audit_op = "appraise_data";
	step->cause = cause;
	step->error = EACCES;
	return 0;
}

int sim_collect(struct sim_inode *inode, struct sim_step *step, struct err *err)
{
	unsigned int number = sim_hash_algo(inode->host, &inode->file->ima);
	enum hash_algo algo;

	if (inode->collected)
		return 0;
	if (inode->flags & PF_VERITY) {
		if (!inode->file->is_verity) {
			step->audit_op = "collect_data";
			step->cause = "no-verity-digest";
			return 0;
		}
		inode->digest = inode->file->verity;
		inode->collected = true;
		return 0;
	}
	if (hash_algo_decode(number, &algo, err) < 0)
		return err_prepend(err, "security.ima");
	if (lseek(inode->file->fd, 0, SEEK_SET) < 0)
		return err_errno(err, "rewinding");
	if (hash_fd(algo, inode->file->fd, "content", &inode->digest, err) < 0)
		return -1;
	inode->collected = true;
	return 0;
}

/* xattr_verify(), a hash: fine where no signature is required, or EVM's stands for it. */
static int judge_hash(struct sim_inode *inode, struct sim_step *step, enum sim_evm evm)
{
	const struct policy_xattr *x = &inode->file->ima;
	size_t start = x->data[0] == XATTR_IMA_DIGEST_NG ? 2 : 1;
	bool immutable = evm == SIM_EVM_PASS_IMMUTABLE && from(inode, 5, 14);

	if (!immutable && (inode->flags & PF_DIGSIG))
		return fail(step, (inode->flags & PF_VERITY) ? "verity-signature-required"
							     : "IMA-signature-required");
	inode->is_digsig = immutable;
	if (x->len < start + inode->digest.len ||
	    memcmp(x->data + start, inode->digest.data, inode->digest.len) != 0)
		return fail(step, "invalid-hash");
	step->status = SIM_PASS;
	return 0;
}

/* integrity_digsig_verify() and asymmetric_verify(): over the digest that was collected. */
static bool signature_holds(struct sim_inode *inode, struct sim_step *step)
{
	struct xattr_sig sig;
	struct digest signed_digest = inode->digest;
	struct err why = ERR_INIT;
	const struct cert *by = NULL;
	int (*decode)(const void *data, size_t len, struct xattr_sig *ret_sig, struct err *err) =
		from(inode, 7, 1) ? xattr_sig_decode_any : xattr_sig_decode;

	if (decode(inode->file->ima.data, inode->file->ima.len, &sig, &why) == 0) {
		step->keyid = sig.keyid;
		if ((sig.version != XATTR_SIG_V3 ||
		     xattr_v3_digest(sig.type, &inode->digest, &signed_digest, &why) == 0) &&
		    xattr_sig_verify(&sig, &signed_digest, inode->host->ima, &by, &why) == 0) {
			if (cert_kind(by) == CERT_RSA || from(inode, 6, 12)) {
				step->by = by;
				return true;
			}
			(void)err_set(&why, "this kernel can't verify ECDSA");
		}
	}
	(void)snprintf(step->detail, sizeof(step->detail), "%.*s", SIM_DETAIL_MAX - 1, why.text);
	return false;
}

/* EVM_IMA_XATTR_DIGSIG: v2, and from 7.1 on v3. */
static int judge_digsig(struct sim_inode *inode, struct sim_step *step)
{
	unsigned int version = inode->file->ima.len > 1 ? inode->file->ima.data[1] : 0;
	unsigned int newest = from(inode, 7, 1) ? XATTR_SIG_V3 : XATTR_SIG_V2;

	inode->is_digsig = true;
	if ((inode->flags & PF_DIGSIG) && (inode->flags & PF_VERITY))
		return fail(step, "verity-signature-required");
	if (version > newest && from(inode, 5, 19))
		return fail(step, "invalid-signature-version");
	if ((inode->flags & PF_SIGV3) && version != XATTR_SIG_V3)
		return fail(step, "IMA-sigv3-required");
	if (version != 1 && version != XATTR_SIG_V2 && version != XATTR_SIG_V3 &&
	    inode->file->ima.len > 1)
		return fail(step, "unknown"); /* -EOPNOTSUPP leaves the cause as it was */
	if (!signature_holds(inode, step))
		return fail(step, "invalid-signature");
	step->status = SIM_PASS;
	return 0;
}

/* IMA_VERITY_DIGSIG. */
static int judge_verity(struct sim_inode *inode, struct sim_step *step)
{
	unsigned int version = inode->file->ima.len > 1 ? inode->file->ima.data[1] : 0;

	inode->is_digsig = true;
	if ((inode->flags & PF_DIGSIG) && !(inode->flags & PF_VERITY))
		return fail(step, "IMA-signature-required");
	if (version != XATTR_SIG_V3)
		return fail(step, "invalid-signature-version");
	if (!signature_holds(inode, step))
		return fail(step, "invalid-verity-signature");
	step->status = SIM_PASS;
	return 0;
}

static int judge_xattr(struct sim_inode *inode, struct sim_step *step, enum sim_evm evm)
{
	switch (inode->file->ima.data[0]) {
	case XATTR_IMA_DIGEST:
	case XATTR_IMA_DIGEST_NG:
		return judge_hash(inode, step, evm);
	case XATTR_DIGSIG:
		return judge_digsig(inode, step);
	case XATTR_VERITY_DIGSIG:
		if (from(inode, 5, 19))
			return judge_verity(inode, step);
		break;
	default:
		break;
	}
	return fail(step, "unknown-ima-data");
}

static int judge_missing(const struct sim_inode *inode, struct sim_step *step)
{
	if (inode->file->ima.error)
		return fail(step, "unknown");
	if (!(inode->flags & PF_DIGSIG))
		return fail(step, "missing-hash");
	return fail(step, (inode->flags & PF_VERITY) ? "verity-signature-required"
						     : "IMA-signature-required");
}

int sim_appraise(struct sim_inode *inode, struct sim_step *step, struct err *err)
{
	enum sim_evm evm;

	if (!inode->file->xattrs) { /* INTEGRITY_UNKNOWN, before anything is audited */
		step->status = SIM_FAIL;
		step->error = EACCES;
		(void)snprintf(step->detail, sizeof(step->detail),
			       "its file system has no extended attributes");
		return 0;
	}
	if (inode->file->ima.len == 0)
		return judge_missing(inode, step);
	if (sim_evm_verify(inode, &evm, step, err) < 0)
		return -1;
	switch (evm) {
	case SIM_EVM_NOLABEL:
		return fail(step, "missing-HMAC");
	case SIM_EVM_FAIL_IMMUTABLE:
		inode->is_digsig = true;
		return fail(step, "invalid-fail-immutable");
	case SIM_EVM_FAIL:
		return fail(step, "invalid-HMAC");
	case SIM_EVM_UNKNOWN:
	case SIM_EVM_PASS:
	case SIM_EVM_PASS_IMMUTABLE:
		break;
	}
	return judge_xattr(inode, step, evm);
}

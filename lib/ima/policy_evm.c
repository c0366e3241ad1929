/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EVM's verdict on one file: evm_verify_hmac() with x509 keys only, Linux 5.10 to 7.3. */
#include <stdio.h>

#include "ima/evm.h"
#include "ima/policy_inode.h"

#define SIG_HEADER 9 /* bytes of struct signature_v2_hdr: type to sig_size */

static void hash_cleanup(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

static int portable_verify(const struct sim_inode *inode, const struct xattr_sig *sig,
			   bool *ret_holds, struct err *why, struct err *err)
{
	const struct evm_subject subject = { .fd = inode->file->fd,
					     .st = &inode->file->st,
					     .ima = inode->file->ima.data,
					     .ima_len = inode->file->ima.len };
	CLEANUP(hash_cleanup) struct hash_ctx *ctx = NULL;
	const struct cert *by = NULL;
	struct digest digest;

	if (hash_new(&ctx, err) < 0 ||
	    evm_portable_digest(ctx, sig->algo, &subject, &digest, err) < 0)
		return -1;
	*ret_holds = xattr_sig_verify(sig, &digest, inode->host->evm, &by, why) == 0;
	return 0;
}

int sim_evm_verify(const struct sim_inode *inode, enum sim_evm *ret_evm, struct sim_step *step,
		   struct err *err)
{
	const struct policy_xattr *x = &inode->file->evm;
	struct err why = ERR_INIT;
	struct xattr_sig sig;
	bool holds = false;

	if (!inode->host->evm) {
		*ret_evm = SIM_EVM_UNKNOWN;
		return 0;
	}
	if (x->len == 0) { /* security.ima is there, so there is something to protect */
		*ret_evm = x->error ? SIM_EVM_FAIL : SIM_EVM_NOLABEL;
		return 0;
	}
	if (x->data[0] != XATTR_EVM_PORTABLE ||
	    x->len <= SIG_HEADER) { /* an HMAC needs a key that is not there */
		*ret_evm = SIM_EVM_FAIL;
		return 0;
	}
	if (xattr_sig_decode(x->data, x->len, &sig, &why) == 0 &&
	    portable_verify(inode, &sig, &holds, &why, err) < 0)
		return -1;
	if (!holds)
		(void)snprintf(step->detail, sizeof(step->detail), "security.evm: %.200s",
			       why.text);
	*ret_evm = holds ? SIM_EVM_PASS_IMMUTABLE : SIM_EVM_FAIL_IMMUTABLE;
	return 0;
}

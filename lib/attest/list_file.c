/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that was measured: its signature, over its digest, by a certificate that is trusted. */
#include <string.h>

#include "attest/list_judge.h"
#include "crypto/bank.h"
#include "ima/probe.h"
#include "ima/xattr.h"

#define NAME "%.300s" /* leaves room for the reason */

static void refuse(struct list_run *run, const struct mlist_entry *e, uint64_t index,
		   enum verdict_code code, const char *why)
{
	list_reasons_add(run->reasons, code, index, NAME ": %s", e->name, why);
}

/* Why the signature can't be over what was measured; NULL: it may be. */
static const char *why_not_over(const struct xattr_sig *sig, const struct mlist_entry *e,
				const struct digest *digest)
{
	bool v3 = sig->type == XATTR_VERITY_DIGSIG;

	if (v3 && !e->verity)
		return "a signature for fs-verity, on a file that was hashed";
	if (!v3 && e->verity)
		return "a signature over a hash, on a file that is under fs-verity";
	return sig->algo != digest->algo ? "the signature is over another kind of digest" : NULL;
}

/* Does a trusted key say so?  *ret_known: one has this key ID. */
static enum cert_answer ask_trusted(const struct list_run *run, const struct xattr_sig *sig,
				    const struct digest *digest, bool *ret_known)
{
	enum cert_answer answer = CERT_NO;
	struct digest over = *digest;
	const struct cert *cert;
	size_t pos = 0;

	*ret_known = false;
	if (sig->type == XATTR_VERITY_DIGSIG &&
	    xattr_v3_digest(XATTR_VERITY_DIGSIG, digest, &over, NULL) < 0)
		return CERT_CANT_ASK;
	while (answer == CERT_NO && (cert = cert_set_find(&run->judge->certs, sig->keyid, &pos))) {
		*ret_known = true;
		answer = cert_ask(cert, &over, sig->sig, sig->sig_len);
	}
	return answer;
}

static void refuse_key(struct list_run *run, const struct mlist_entry *e, uint64_t index,
		       uint32_t keyid, bool known)
{
	if (known)
		atomic_fetch_add(&run->refused, 1);
	list_reasons_add(run->reasons, known ? VERDICT_BAD_SIGNATURE : VERDICT_UNKNOWN_KEY, index,
			 known ? NAME ": the signature does not match (key %08x)"
			       : NAME ": signed by a key that is not trusted (%08x)",
			 e->name, keyid);
}

/* Accepts in one place: where it returns true. */
static bool verify(struct list_run *run, const struct mlist_entry *e, uint64_t index,
		   const struct xattr_sig *sig, const struct digest *digest)
{
	const char *why = why_not_over(sig, e, digest);
	bool known;

	if (why) {
		/* In log mode it is so for every file of the verity profile: others are to be seen.
		 */
		if (atomic_fetch_add(&run->mixed, 1) < LIST_MIXED_SHOWN)
			refuse(run, e, index, VERDICT_BAD_SIGNATURE, why);
		else
			list_reasons_count(run->reasons);
		return false;
	}
	if (atomic_load(&run->refused) >= LIST_REFUSED_MAX) {
		list_reasons_count(run->reasons);
		return false;
	}
	switch (ask_trusted(run, sig, digest, &known)) {
	case CERT_YES:
		return true;
	case CERT_CANT_ASK:
		atomic_store(&run->trouble, true);
		return false;
	case CERT_NO:
		break;
	}
	refuse_key(run, e, index, sig->keyid, known);
	return false;
}

static bool judge_sig(struct list_run *run, const struct mlist_entry *e, uint64_t index,
		      const struct digest *digest)
{
	struct xattr_sig sig;

	if (xattr_sig_decode(e->sig, e->sig_len, &sig, NULL) < 0) {
		refuse(run, e, index, VERDICT_BAD_SIGNATURE, "the signature is malformed");
		return false;
	}
	/* Without one in security.ima the kernel puts that of security.evm there. */
	if (sig.type != XATTR_DIGSIG && sig.type != XATTR_VERITY_DIGSIG) {
		refuse(run, e, index, VERDICT_UNSIGNED, "no signature but EVM's");
		return false;
	}
	return verify(run, e, index, &sig, digest);
}

static void judge_signed(struct list_run *run, const struct mlist_entry *e, uint64_t index,
			 const struct digest *digest)
{
	struct list_claim claim = {
		.algo = digest->algo,
		.verity = e->verity,
		.digest = e->digest,
		.digest_len = e->digest_len,
		.sig = e->sig,
		.sig_len = e->sig_len,
	};
	struct siphash_value tag;

	if (e->sig_len > LIST_CLAIM_SIG_MAX) {
		refuse(run, e, index, VERDICT_BAD_SIGNATURE, "the signature is malformed");
		return;
	}
	tag = list_cache_tag(run->judge->cache, &claim);
	if (list_cache_has(run->judge->cache, tag))
		atomic_fetch_add_explicit(&run->by_cache, 1, memory_order_relaxed);
	else if (judge_sig(run, e, index, digest))
		list_cache_put(run->judge->cache, tag);
}

/* Why a template with signatures of other kinds is not enough. */
static const char *why_unsigned(const struct mlist_entry *e)
{
	if (strcmp(e->template, "ima-modsig") == 0)
		return "no signature in security.ima (appended ones are not judged)";
	if (strcmp(e->template, "evm-sig") == 0)
		return "the template 'evm-sig' has no signature of the content";
	return "no signature";
}

/* Nothing that runs has this content, wherever it is found. */
static bool is_probe(const struct mlist_entry *e, const struct digest *digest)
{
	uint8_t made[HASH_SIZE_MAX];

	if (e->verity || digest->algo == HASH_SHA1)
		return false;
	bank_hash(digest->algo, IMA_PROBE_TEXT, IMA_PROBE_LEN, made);
	return memcmp(made, digest->data, digest->len) == 0;
}

void list_file_judge(struct list_run *run, const struct mlist_entry *e, uint64_t index)
{
	struct digest digest;
	bool known = mlist_entry_digest(e, &digest, NULL) == 0;

	if (known && list_denied_has(run->judge->denied, &digest))
		refuse(run, e, index, VERDICT_DENIED_DIGEST, "is not to run any more");
	else if (!e->sig && known && is_probe(e, &digest))
		return;
	else if (!e->sig)
		refuse(run, e, index, VERDICT_UNSIGNED, why_unsigned(e));
	else if (!known)
		list_reasons_add(run->reasons, VERDICT_BAD_SIGNATURE, index,
				 NAME ": hash algorithm '%s' is not known", e->name, e->algo);
	else if (digest.algo == HASH_SHA1)
		refuse(run, e, index, VERDICT_BAD_SIGNATURE, "SHA-1 is too weak to tell files");
	else
		judge_signed(run, e, index, &digest);
}

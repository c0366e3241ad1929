/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's measurement list in the making, and the judge that gets it. */
#ifndef ASSAY_TESTS_UNIT_LIST_WORLD_H
#define ASSAY_TESTS_UNIT_LIST_WORLD_H

#include <stdarg.h>

#include "attest/list.h"
#include "crypto/keygen.h"
#include "frame/mlist_make.h"
#include "ima/xattr.h"
#include "unit/unit.h"

#define LIST_TEXT_MAX (64U << 20)
#define WORLD_CACHE 4096

struct signing {
	struct key *key;
	struct signer *signer;
	uint32_t keyid;
	struct buf der;
};

/* On the heap: it is large. */
struct world {
	struct signing own;
	struct signing foreign;
	struct cert_set certs;
	struct list_trust trust;
	struct list_expect expect;
	struct list_judge *judge;
	struct list_input input;
	struct verdict verdict;
	struct buf list;
	struct digest aggregate;
	struct err err;
};

UNUSED static void signing_done(struct signing *s)
{
	signer_free(s->signer);
	key_free(s->key);
	buf_done(&s->der);
}

UNUSED static int signing_init(struct signing *s, struct err *err)
{
	struct cert *cert;

	s->der = (struct buf)BUF_INIT(CERT_FILE_MAX);
	if (keygen_generate(KEYGEN_P256, &s->key, err) < 0 ||
	    keygen_self_sign(s->key, "a signer", 1, &s->der, err) < 0 ||
	    signer_new(s->key, &s->signer, err) < 0 ||
	    cert_parse(s->der.data, s->der.len, &cert, err) < 0)
		return -1;
	s->keyid = cert_keyid(cert);
	cert_free(cert);
	return 0;
}

UNUSED static void world_free(struct world **world)
{
	struct world *w = *world;

	if (!w)
		return;
	list_judge_free(w->judge);
	signing_done(&w->own);
	signing_done(&w->foreign);
	cert_set_done(&w->certs);
	buf_done(&w->list);
	free(w);
}

#define AUTO_WORLD CLEANUP(world_free) struct world *

/* A judge of what the trust says now. */
UNUSED static int world_judge_again(struct world *w)
{
	list_judge_free(w->judge);
	w->judge = NULL;
	return list_judge_new(&w->trust, WORLD_CACHE, &w->judge, &w->err);
}

/* Adds a file; what is not set is as it should be, and its digest is that of its name. */
struct told {
	const char *name;
	const char *template; /* ima-sig */
	const struct signing *by;
	enum hash_algo algo;   /* of the digest, SHA-256 */
	enum xattr_type type;  /* of the signature */
	const char *other_sig; /* signs a file of this name instead */
	bool verity, unsigned_, violation;
};

UNUSED static int told_sig(struct world *w, const struct told *t, const struct digest *digest,
			   struct buf *out)
{
	const struct signing *by = t->by ? t->by : &w->own;
	const struct xattr_signer signer = { .signer = by->signer, .keyid = by->keyid };
	enum xattr_type type = t->type ? t->type : t->verity ? XATTR_VERITY_DIGSIG : XATTR_DIGSIG;
	struct digest over = *digest;
	struct xattr_sig sig;

	if (t->other_sig &&
	    hash_bytes(digest->algo, t->other_sig, strlen(t->other_sig), &over, &w->err) < 0)
		return -1;
	if (type == XATTR_VERITY_DIGSIG && xattr_v3_digest(type, &over, &over, &w->err) < 0)
		return -1;
	if (xattr_sig_make(&signer, type, &over, &sig, &w->err) < 0)
		return -1;
	return xattr_sig_encode(&sig, out, &w->err);
}

UNUSED static int world_add(struct world *w, const struct told told)
{
	enum hash_algo algo = told.algo ? told.algo : HASH_SHA256;
	AUTO_BUF sig = BUF_INIT(XATTR_VALUE_MAX);
	struct digest digest;
	struct made_file file = {
		.template = told.template ? told.template
			    : told.verity ? "ima-sigv2"
					  : "ima-sig",
		.kind = told.verity ? "verity" : NULL,
		.name = told.name,
		.digest = &digest,
		.violation = told.violation,
	};

	if (hash_bytes(algo, told.name, strlen(told.name), &digest, &w->err) < 0 ||
	    (!told.unsigned_ && told_sig(w, &told, &digest, &sig) < 0))
		return -1;
	file.two_fields = strcmp(file.template, "ima-ng") == 0;
	file.sig = sig.data;
	file.sig_len = sig.len;
	return make_file(&w->list, &file, &w->err);
}

/* Adds an entry of ima-buf; its digest is that of the buffer unless another is given. */
UNUSED static int world_add_buffer(struct world *w, const char *name, const struct buf *buffer,
				   const struct digest *other)
{
	struct digest digest;
	struct made_file file = { .template = "ima-buf",
				  .name = name,
				  .digest = other ? other : &digest,
				  .sig = buffer->data,
				  .sig_len = buffer->len };

	if (hash_bytes(HASH_SHA256, buffer->data, buffer->len, &digest, &w->err) < 0)
		return -1;
	return make_file(&w->list, &file, &w->err);
}

UNUSED static int world_add_text(struct world *w, const char *name, const char *text)
{
	AUTO_BUF buffer = BUF_INIT(4096);

	if (buf_put(&buffer, text, strlen(text), &w->err) < 0)
		return -1;
	return world_add_buffer(w, name, &buffer, NULL);
}

UNUSED static int world_add_aggregate(struct world *w, const struct digest *digest)
{
	struct made_file file = {
		.template = "ima-ng", .name = "boot_aggregate", .digest = digest, .two_fields = true
	};

	return make_file(&w->list, &file, &w->err);
}

/* A world with its keys, trusting its own, and a list with boot_aggregate. */
UNUSED static struct world *world_new(void)
{
	AUTO_WORLD w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->list = (struct buf)BUF_INIT(LIST_TEXT_MAX);
	if (signing_init(&w->own, &w->err) < 0 || signing_init(&w->foreign, &w->err) < 0 ||
	    cert_parse(w->own.der.data, w->own.der.len, &w->certs.cert[0], &w->err) < 0)
		return NULL;
	w->certs.n = 1;
	w->trust.certs = &w->certs;
	if (hash_bytes(HASH_SHA256, "PCRs", 4, &w->aggregate, &w->err) < 0)
		return NULL;
	w->expect.aggregates = &w->aggregate;
	w->expect.n_aggregates = 1;
	if (world_judge_again(w) < 0 || world_add_aggregate(w, &w->aggregate) < 0)
		return NULL;
	return take_ptr(&w);
}

/* What the TPM holds after the first len bytes of the list, made with no code of the judge. */
UNUSED static int world_quote(struct world *w, enum hash_algo bank, size_t len)
{
	struct rd rd = rd_init(w->list.data, len);
	size_t size = hash_algo_size(bank);
	uint8_t both[2 * HASH_SIZE_MAX] = { 0 };

	while (!rd_done(&rd) && rd_ok(&rd)) {
		const uint8_t *sha1;
		const uint8_t *data;
		struct digest d;
		size_t n;

		(void)rd_le32(&rd);
		sha1 = rd_bytes(&rd, 20);
		(void)rd_bytes(&rd, rd_le32(&rd));
		n = rd_le32(&rd);
		data = rd_bytes(&rd, n);
		if (!sha1 || !data || hash_bytes(bank, data, n, &d, &w->err) < 0)
			return -1;
		memcpy(both + size, d.data, size);
		if (memcmp(sha1, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20) == 0)
			memset(both + size, 0xff, size);
		if (hash_bytes(bank, both, 2 * size, &d, &w->err) < 0)
			return -1;
		memcpy(both, d.data, size);
	}
	w->expect.pcr = (struct digest){ .algo = bank, .len = size };
	memcpy(w->expect.pcr.data, both, size);
	return 0;
}

/* A round: what the host has not sent yet, or len bytes of it. */
UNUSED static int world_round(struct world *w, size_t len)
{
	verdict_init(&w->verdict);
	w->input.data = w->list.data + w->input.state.offset;
	w->input.len = len - w->input.state.offset;
	w->input.verdict = &w->verdict;
	return list_judge_run(w->judge, 1, &w->expect, &w->input, &w->err);
}

/* Quoted as it is, and judged. */
UNUSED static int world_judge(struct world *w)
{
	if (world_quote(w, HASH_SHA256, w->list.len) < 0)
		return -1;
	return world_round(w, w->list.len);
}

/* The only reason is this, and it is said of this entry. */
#define CHECK_REASON(w, want, at, part) \
	do { \
		CHECK((w)->verdict.n == 1); \
		CHECK_STR(verdict_code_name((w)->verdict.reasons[0].code), \
			  verdict_code_name(want)); \
		CHECK((w)->verdict.reasons[0].entry == (at)); \
		if (!strstr((w)->verdict.reasons[0].text, part)) { \
			unit_fail(__FILE__, __LINE__, "says " #part, \
				  (w)->verdict.reasons[0].text); \
			return; \
		} \
		CHECK(!(w)->verdict.pass); \
	} while (0)

#define CHECK_CLEAN(w) \
	do { \
		if ((w)->verdict.n) { \
			unit_fail(__FILE__, __LINE__, "no reason", (w)->verdict.reasons[0].text); \
			return; \
		} \
	} while (0)

#endif

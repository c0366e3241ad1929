/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's signatures, signed and verified as a whole. */
#include "pkg/package.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "ima/evm.h"
#include "ima/xattr.h"
#include "pkg/package_text.h"

#define SIGNATURE_WORD "signature "

int package_init(struct package *ret_package, struct err *err)
{
	*ret_package = (struct package){ .deb = { .signatures = BUF_INIT(DEB_SIGNATURES_MAX) } };
	for (size_t i = 0; i < DEB_PARTS; i++)
		for (size_t j = 0; j < PACKAGE_PROFILES; j++)
			if (manifest_new(&ret_package->entries[i][j], err) < 0)
				return -1;
	return 0;
}

void package_done(struct package *package)
{
	for (size_t i = 0; i < DEB_PARTS; i++)
		for (size_t j = 0; j < PACKAGE_PROFILES; j++)
			manifest_free(package->entries[i][j]);
	deb_done(&package->deb);
}

void package_free(struct package **package)
{
	if (!*package)
		return;
	package_done(*package);
	free(take_ptr(package));
}

/* A file is in one profile or in both. */
size_t package_count(const struct package *package)
{
	size_t n = 0;

	for (size_t i = 0; i < DEB_PARTS; i++) {
		size_t by_signature = manifest_count(package->entries[i][PACKAGE_SIGNATURE]);
		size_t by_verity = manifest_count(package->entries[i][PACKAGE_VERITY]);

		n += by_signature > by_verity ? by_signature : by_verity;
	}
	return n;
}

/* security.ima bytes over the SHA-256 of the text, as a record's are. */
static int sign_text(const struct buf *text, const struct package_signing *how, struct buf *out,
		     struct err *err)
{
	const struct xattr_signer by = { .signer = how->signer, .keyid = how->keyid };
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));
	struct digest digest;

	if (!sig)
		return err_set(err, "out of memory");
	if (hash_bytes(HASH_SHA256, text->data, text->len, &digest, err) < 0 ||
	    xattr_sig_make(&by, XATTR_DIGSIG, &digest, sig, err) < 0)
		return -1;
	return xattr_sig_encode(sig, out, err);
}

int package_format(const struct package *package, const struct package_signing *how,
		   struct buf *out, struct err *err)
{
	AUTO_BUF sig = BUF_INIT(XATTR_VALUE_MAX);
	char hex[2 * XATTR_VALUE_MAX + 1];

	if (package_text_put(package, out, err) < 0 || sign_text(out, how, &sig, err) < 0)
		return -1;
	hex_format(sig.data, sig.len, hex);
	return buf_putf(out, err, SIGNATURE_WORD "%s\n", hex);
}

/* A text, taken apart. */
struct parts {
	const uint8_t *data;
	size_t len; /* bytes that are signed */
	struct xattr_sig sig;
};

/* The signature's line is the last. */
static int split(const struct buf *text, struct parts *ret, struct err *err)
{
	const size_t word = strlen(SIGNATURE_WORD);
	uint8_t raw[XATTR_VALUE_MAX];
	char hex[2 * XATTR_VALUE_MAX + 1];
	const uint8_t *line;
	size_t len;

	if (text->len < 2 || text->data[text->len - 1] != '\n')
		return err_set(err, "ends before its last line");
	line = memrchr(text->data, '\n', text->len - 1);
	if (!line)
		return err_set(err, "not of a version known here");
	line++;
	len = (size_t)(text->data + text->len - 1 - line);
	if (len < word || memcmp(line, SIGNATURE_WORD, word) != 0 ||
	    (len - word) / 2 > sizeof(raw) || (len - word) % 2 || memchr(line, '\0', len))
		return err_set(err, "the last line is no signature");
	memcpy(hex, line + word, len - word);
	hex[len - word] = '\0';
	ret->data = text->data;
	ret->len = (size_t)(line - text->data);
	if (hex_parse(hex, raw, (len - word) / 2, err) < 0 ||
	    xattr_sig_decode(raw, (len - word) / 2, &ret->sig, err) < 0)
		return err_prepend(err, "the last line");
	return 0;
}

int package_parse(const struct buf *text, struct package *package, uint32_t *ret_keyid,
		  struct err *err)
{
	AUTO_MEM struct parts *parts = calloc(1, sizeof(*parts));

	if (!parts)
		return err_set(err, "out of memory");
	if (split(text, parts, err) < 0 ||
	    package_text_parse(parts->data, parts->len, package, err) < 0)
		return -1;
	*ret_keyid = parts->sig.keyid;
	return 0;
}

bool package_signed_by(const struct buf *text, struct signer *signer)
{
	AUTO_MEM struct parts *parts = calloc(1, sizeof(*parts));
	struct digest digest;

	return parts && split(text, parts, NULL) == 0 && parts->sig.type == XATTR_DIGSIG &&
	       hash_bytes(parts->sig.algo, parts->data, parts->len, &digest, NULL) == 0 &&
	       signer_verify(signer, &digest, parts->sig.sig, parts->sig.sig_len, NULL) == 0;
}

static int verify_ima(const struct manifest_entry *e, const struct cert_set *trusted,
		      struct xattr_sig *sig, struct err *err)
{
	const enum xattr_type want =
		e->over == MANIFEST_VERITY ? XATTR_VERITY_DIGSIG : XATTR_DIGSIG;
	struct digest digest = e->digest;
	const struct cert *by;

	if (xattr_sig_decode(e->ima, e->ima_len, sig, err) < 0)
		return -1;
	if (sig->type != want)
		return err_set(err, "a signature of another kind than its digest");
	if (want == XATTR_VERITY_DIGSIG && xattr_v3_digest(want, &e->digest, &digest, err) < 0)
		return -1;
	return xattr_sig_verify(sig, &digest, trusted, &by, err);
}

static int verify_evm(const struct manifest_entry *e, const struct cert_set *trusted,
		      struct hash_ctx *hash, struct xattr_sig *sig, struct err *err)
{
	const struct stat st = { .st_uid = e->uid, .st_gid = e->gid, .st_mode = S_IFREG | e->mode };
	const struct evm_subject subject = {
		.fd = EVM_NO_FILE, .st = &st, .ima = e->ima, .ima_len = e->ima_len
	};
	struct digest digest;
	const struct cert *by;

	if (!e->evm_len)
		return 0;
	if (xattr_sig_decode(e->evm, e->evm_len, sig, err) < 0)
		return -1;
	if (sig->type != XATTR_EVM_PORTABLE)
		return err_set(err, "not a portable signature");
	if (evm_portable_digest(hash, sig->algo, &subject, &digest, err) < 0)
		return -1;
	return xattr_sig_verify(sig, &digest, trusted, &by, err);
}

static int verify_entries(const struct package *package, const struct cert_set *trusted,
			  struct hash_ctx *hash, struct xattr_sig *sig, struct err *err)
{
	for (size_t i = 0; i < DEB_PARTS * PACKAGE_PROFILES; i++) {
		struct manifest *m = package->entries[i / PACKAGE_PROFILES][i % PACKAGE_PROFILES];

		for (size_t k = 0; k < manifest_count(m); k++) {
			const struct manifest_entry *e = manifest_at(m, k);

			if (verify_ima(e, trusted, sig, err) < 0)
				return err_prepend(err, "%s: " XATTR_IMA, e->path);
			if (verify_evm(e, trusted, hash, sig, err) < 0)
				return err_prepend(err, "%s: " XATTR_EVM, e->path);
		}
	}
	return 0;
}

/* Verification of the text, before anything else in it is believed or even read. */
static int verify_text(const struct parts *parts, const struct cert_set *trusted,
		       const struct cert **ret_by, struct err *err)
{
	const struct xattr_sig *sig = &parts->sig;
	struct digest digest;

	if (sig->type != XATTR_DIGSIG || sig->version != XATTR_SIG_V2)
		return err_set(err, "not signed with a v2 signature");
	if (hash_bytes(sig->algo, parts->data, parts->len, &digest, err) < 0 ||
	    xattr_sig_verify(sig, &digest, trusted, ret_by, err) < 0)
		return -1;
	if (cert_not_after(*ret_by) < time(NULL))
		return err_set(err, "the certificate that signed it has expired (%s)",
			       cert_subject(*ret_by));
	return 0;
}

int package_verify(const struct buf *text, const struct cert_set *trusted, struct package *package,
		   const struct cert **ret_by, struct err *err)
{
	AUTO_MEM struct parts *parts = calloc(1, sizeof(*parts));
	struct hash_ctx *hash = NULL;
	int rc;

	if (!parts)
		return err_set(err, "out of memory");
	if (split(text, parts, err) < 0 || verify_text(parts, trusted, ret_by, err) < 0 ||
	    package_text_parse(parts->data, parts->len, package, err) < 0 ||
	    hash_new(&hash, err) < 0)
		return -1;
	rc = verify_entries(package, trusted, hash, &parts->sig, err);
	hash_free(hash);
	return rc;
}

static int serves(struct manifest *m, size_t n, const struct package_wants *wants, struct err *err)
{
	if (manifest_count(m) != n)
		return err_set(err, "signed for hosts of the other profile only "
				    "('assay pkg sign --profile both')");
	for (size_t i = 0; wants->evm && i < n; i++)
		if (!manifest_at(m, i)->evm_len)
			return err_set(err,
				       "%s has no portable EVM signature, and no key is here "
				       "to make one",
				       manifest_at(m, i)->path);
	return 0;
}

int package_serves(const struct package *package, const struct package_wants *wants,
		   struct err *err)
{
	for (size_t i = 0; i < DEB_PARTS; i++) {
		struct manifest *const *m = package->entries[i];
		size_t n = 0;

		for (size_t j = 0; j < PACKAGE_PROFILES; j++)
			n = manifest_count(m[j]) > n ? manifest_count(m[j]) : n;
		for (size_t j = 0; j < PACKAGE_PROFILES; j++)
			if (wants->profiles[j] && serves(m[j], n, wants, err) < 0)
				return -1;
	}
	return 0;
}

int package_matches(const struct package *package, const struct deb *deb, struct err *err)
{
	const struct deb *was = &package->deb;

	if (strcmp(was->package, deb->package) != 0 || strcmp(was->version, deb->version) != 0 ||
	    strcmp(was->architecture, deb->architecture) != 0)
		return err_set(err, "they are of %s %s (%s), the package is %s %s (%s)",
			       was->package, was->version, was->architecture, deb->package,
			       deb->version, deb->architecture);
	for (size_t i = 0; i < was->n_members && i < deb->n_members; i++) {
		const struct deb_member *a = &was->member[i];
		const struct deb_member *b = &deb->member[i];

		if (strcmp(a->name, b->name) != 0 || a->size != b->size ||
		    memcmp(a->digest.data, b->digest.data, a->digest.len) != 0)
			return err_set(err, "%s is not what was signed", b->name);
	}
	if (was->n_members != deb->n_members)
		return err_set(err, "it has %zu members, %zu were signed", deb->n_members,
			       was->n_members);
	return 0;
}

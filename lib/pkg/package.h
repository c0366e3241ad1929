/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's signatures: what a host needs to run it without a key of its own. */
#ifndef ASSAY_PKG_PACKAGE_H
#define ASSAY_PKG_PACKAGE_H

#include "crypto/key.h"
#include "pkg/deb.h"
#include "sig/manifest.h"

/* Beside the package, where they are not in it: "hello_2.10-3_amd64.deb.assay". */
#define PACKAGE_DETACHED ".assay"

/* For which profile a host takes a file's security.ima from where; both are in one package. */
enum package_profile { PACKAGE_SIGNATURE, PACKAGE_VERITY };

#define PACKAGE_PROFILES 2

/* What was signed of one package: which, made of what, and each executable's attributes. */
struct package {
	struct deb deb; /* its own signatures, and where they begin, are not part of it */
	struct manifest *entries[DEB_PARTS][PACKAGE_PROFILES]; /* never NULL */
};

/* *ret_package is for package_done in any case. */
MUST_USE int package_init(struct package *ret_package, struct err *err);
void package_done(struct package *package);

/* The same of one from malloc, which is freed; NULL is left alone. */
void package_free(struct package **package);

/* How many files carry signatures. */
size_t package_count(const struct package *package);

struct package_signing {
	const struct key *key;
	struct signer *signer; /* of the key, this thread's */
	uint32_t keyid;
	enum hash_algo algo;
	bool profiles[PACKAGE_PROFILES];
	bool evm; /* portable EVM signatures, too */
};

/* Reads a package of dpkg's or pacman's, whichever it is: deb_read. */
MUST_USE int package_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err);

/*
 * Reads the open package and signs what the kernel would appraise in it.  Its content is unpacked
 * on the way, never executed and never put where it would be.
 */
MUST_USE int package_sign(int fd, const struct package_signing *how, struct package *package,
			  struct err *err);

/* docs/PROTOCOL.package: the text, signed. */
MUST_USE int package_format(const struct package *package, const struct package_signing *how,
			    struct buf *out, struct err *err);

/*
 * 0 only if a certificate of the set verifies the text, and every signature in it; *ret_by is that
 * certificate.  What is in it is then what its holder says: package_matches tells whether it is
 * said of this package.  A text that package_format would not write byte for byte is refused.
 */
MUST_USE int package_verify(const struct buf *text, const struct cert_set *trusted,
			    struct package *package, const struct cert **ret_by, struct err *err);

/* As package_verify, without any trust: only to show what a text claims. */
MUST_USE int package_parse(const struct buf *text, struct package *package, uint32_t *ret_keyid,
			   struct err *err);

/* Is the text signed by the key of this signer? */
bool package_signed_by(const struct buf *text, struct signer *signer);

/* What a host needs of a package's signatures. */
struct package_wants {
	bool profiles[PACKAGE_PROFILES];
	bool evm; /* it can't make portable signatures itself */
};

/* Has every file that is signed at all what such a host needs? */
MUST_USE int package_serves(const struct package *package, const struct package_wants *wants,
			    struct err *err);

/* Is the package that was read the one that was signed, member by member? */
MUST_USE int package_matches(const struct package *package, const struct deb *deb, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The immutable region of a header, and OpenPGP signatures over it by librpm. */
#include "rpm-plugin/header.h"

#include <stdbool.h>

#include <rpm/rpmcrypto.h>
#include <rpm/rpmpgp.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>

#include "base/buf.h"
#include "base/hex.h"

#define KEY_ID_SIZE 8

/* What is signed: the magic number, which the region itself does not have, and the region. */
struct region {
	rpmtd td;
	DIGEST_CTX ctx;
	pgpDigParams sig;
};

static void region_done(struct region *r)
{
	if (r->ctx)
		(void)rpmDigestFinal(r->ctx, NULL, NULL, 0);
	(void)pgpDigParamsFree(r->sig);
	if (r->td)
		rpmtdFreeData(r->td);
	(void)rpmtdFree(r->td);
}

static int region_get(Header h, struct region *r, struct err *err)
{
	r->td = rpmtdNew();
	if (!r->td || !headerGet(h, RPMTAG_HEADERIMMUTABLE, r->td, HEADERGET_DEFAULT) ||
	    !r->td->data)
		return err_set(err, "its header is not of the kind that is signed");
	return 0;
}

int header_digest(Header h, struct digest *ret_digest, struct err *err)
{
	CLEANUP(region_done) struct region r = { .td = NULL };
	struct hash_ctx *hash = NULL;
	int rc;

	if (region_get(h, &r, err) < 0 || hash_new(&hash, err) < 0)
		return -1;
	rc = hash_begin(hash, HASH_SHA256, err);
	if (rc == 0)
		rc = hash_update(hash, rpm_header_magic, sizeof(rpm_header_magic), err);
	if (rc == 0)
		rc = hash_update(hash, r.td->data, r.td->count, err);
	if (rc == 0)
		rc = hash_final(hash, ret_digest, err);
	hash_free(hash);
	return rc;
}

/* The numbers of RFC 4880, 9.4, that are librpm's. */
static bool is_strong(unsigned int algo)
{
	return algo == PGPHASHALGO_SHA256 || algo == PGPHASHALGO_SHA384 ||
	       algo == PGPHASHALGO_SHA512;
}

static int judge_signature(struct region *r, rpmKeyring keyring, struct err *err)
{
	unsigned int algo = pgpDigParamsAlgo(r->sig, PGPVAL_HASHALGO);
	char id[2 * KEY_ID_SIZE + 1];

	if (!is_strong(algo))
		return err_set(err, "its signature uses a hash that is too weak");
	r->ctx = rpmDigestInit((int)algo, RPMDIGEST_NONE);
	if (!r->ctx || rpmDigestUpdate(r->ctx, rpm_header_magic, sizeof(rpm_header_magic)) < 0 ||
	    rpmDigestUpdate(r->ctx, r->td->data, r->td->count) < 0)
		return err_set(err, "its header can't be hashed");
	hex_format(pgpDigParamsSignID(r->sig), KEY_ID_SIZE, id);
	switch (rpmKeyringVerifySig(keyring, r->sig, r->ctx)) {
	case RPMRC_OK:
		return 0;
	case RPMRC_NOKEY:
		return err_set(err, "it is signed by key %s, which rpm's keyring does not have",
			       id);
	case RPMRC_NOTTRUSTED:
	case RPMRC_NOTFOUND:
	case RPMRC_FAIL:
		break;
	}
	return err_set(err, "its signature (key %s) is bad", id);
}

static int verify_tag(Header h, rpmTagVal tag, rpmKeyring keyring, struct err *err)
{
	CLEANUP(region_done) struct region r = { .td = NULL };
	struct rpmtd_s td;
	int rc;

	if (region_get(h, &r, err) < 0)
		return -1;
	if (!headerGet(h, tag, &td, HEADERGET_DEFAULT))
		return err_set(err, "it is not signed");
	rc = td.data && pgpPrtParams(td.data, td.count, PGPTAG_SIGNATURE, &r.sig) == 0
		     ? judge_signature(&r, keyring, err)
		     : err_set(err, "its signature can't be read");
	rpmtdFreeData(&td);
	return rc;
}

/* RSA has one tag, everything else (EdDSA, too) the other. */
int header_verify(Header h, rpmKeyring keyring, struct err *err)
{
	if (headerIsEntry(h, RPMTAG_RSAHEADER))
		return verify_tag(h, RPMTAG_RSAHEADER, keyring, err);
	return verify_tag(h, RPMTAG_DSAHEADER, keyring, err);
}

char *header_name(Header h)
{
	return headerGetAsString(h, RPMTAG_NEVRA);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of rpm packages: which one it is, and who signed it. */
#ifndef ASSAY_RPM_PLUGIN_HEADER_H
#define ASSAY_RPM_PLUGIN_HEADER_H

#include <rpm/header.h>
#include <rpm/rpmkeyring.h>

#include "base/err.h"
#include "crypto/hash.h"

/* The SHA-256 of what is signed of a header, as RPMTAG_SHA256HEADER has it. */
MUST_USE int header_digest(Header h, struct digest *ret_digest, struct err *err);

/*
 * 0 only if a key of the keyring has signed the header, with SHA-256 or longer.  Asked of rpm's own
 * verification is nothing: its flags and levels are the command line's.
 */
MUST_USE int header_verify(Header h, rpmKeyring keyring, struct err *err);

/* "NAME-VERSION-RELEASE.ARCH"; the caller frees it. NULL: no memory. */
char *header_name(Header h);

#endif

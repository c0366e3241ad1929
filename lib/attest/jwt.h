/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attestation results as signed JSON (RFC 7515, 7519; ES256 of RFC 7518, 3.4), and their key. */
#ifndef ASSAY_ATTEST_JWT_H
#define ASSAY_ATTEST_JWT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/key.h"
#include "crypto/pubkey.h"

#define JWT_PAYLOAD_MAX 131072 /* bytes of JSON */
#define JWT_MAX 176000	       /* bytes of one token */

/* A signing context of one thread over a P-256 key, which must outlive it. */
struct jwt;
MUST_USE int jwt_new(const struct key *key, struct jwt **ret_jwt, struct err *err);
void jwt_free(struct jwt *jwt);

/* Appends HEADER.PAYLOAD.SIGNATURE.  The header is {"alg":"ES256","kid":KID,"typ":"JWT"} and
 * nothing else; KID is the key's thumbprint (RFC 7638). */
MUST_USE int jwt_sign(struct jwt *jwt, const char *payload, struct buf *out, struct err *err);

/*
 * Appends the payload, only if the token is one that jwt_sign made with this key: the same header
 * byte for byte, so that there is no algorithm to choose.  What the payload says, its time above
 * all, is for the caller to judge.
 */
MUST_USE int jwt_verify(const struct pubkey *key, const char *token, size_t len, struct buf *out,
			struct err *err);

/* Appends the key as a JWK (RFC 7517) with its kid: {"alg":"ES256","crv":...}. */
MUST_USE int jwk_format(const struct pubkey *key, struct buf *out, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certification paths (RFC 5280, 6) to the CAs of a directory. */
#ifndef ASSAY_CRYPTO_CHAIN_H
#define ASSAY_CRYPTO_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/cert.h"

#define CHAIN_DEPTH_MAX 6 /* CAs between a certificate and one that is trusted */
#define CHAIN_CERTS_MAX 1024
#define CHAIN_FILE_MAX (1U << 20) /* bytes: a PEM file may hold several */

#define CHAIN_ID_SIZE 32 /* SHA-256 of a certificate */

/* Immutable, thread-safe. */
struct chain;

/* Every *.der, *.pem, *.crt, *.cer in the directory, each of CAs, roots or not: each is trusted by
 * itself.  None is no failure, and nothing verifies then. */
MUST_USE int chain_load(const char *dir, struct chain **ret_chain, struct err *err);
void chain_free(struct chain *chain);
size_t chain_count(const struct chain *chain);

/* 0 only if the certificate is a CA's at the time, in seconds since the epoch, through certificates
 * of the directory, by signatures of 112 bits or more, without critical extensions that OpenSSL
 * does not know.  Lists of revoked certificates are not asked.  ret_ca: the CA that signed it,
 * which is one of the directory, too. */
MUST_USE int chain_verify(const struct chain *chain, const struct cert *cert, int64_t time,
			  uint8_t ret_ca[static CHAIN_ID_SIZE], struct err *err);
/* This CA's certificate is one of the directory. */
bool chain_holds(const struct chain *chain, const uint8_t ca[static CHAIN_ID_SIZE]);

/* Its extended key usage has this OID, in dots. */
bool chain_has_usage(const struct cert *cert, const char *oid);

#endif

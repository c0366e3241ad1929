/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record: what a boot enforces, signed, measured; docs/PROTOCOL.record. */
#ifndef ASSAY_PROTO_RECORD_H
#define ASSAY_PROTO_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "proto/settings.h"

#define RECORD_MAX 16384	/* bytes of its text */
#define RECORD_CERTS_MAX 16	/* certificates that fill the keyrings */
#define RECORD_KEYRINGS_MAX 8	/* archives' keyrings */
#define RECORD_NAME_MAX 128	/* bytes of a certificate's file name, NUL included */
#define RECORD_LEVEL_MAX 32	/* bytes of an acceptance level, NUL included */
#define RECORD_POLICY_MAX 65536 /* bytes of the policy text */

/* The boot bundle, a directory on the host and the same in the initramfs. */
#define BUNDLE_HOST_DIR "/var/lib/assay/boot"
#define BUNDLE_INITRAMFS_DIR "/etc/assay"

/* The record in force, left by assay-boot; the TPM tells whether it is. */
#define RECORD_RUN_PATH "/run/assay/record"
#define RECORD_RUN_SIG_PATH "/run/assay/record.sig" /* its signature, for a verifier */
#define RECORD_SIG_MAX 1024			    /* bytes, as security.ima */

/* What records name, by SHA-256 in hex: certificates and keyrings. */
#define RECORD_TRUST_DIR "/var/lib/assay/trust"
#define RECORD_TRUST_MAX (1U << 20) /* bytes of one of them */

struct record_file {
	struct digest digest; /* SHA-256 of the file */
	char name[RECORD_NAME_MAX];
};

struct record {
	struct settings settings; /* profile is never PROFILE_AUTO, mode never MODE_OFF */
	uint32_t epoch;
	char level[RECORD_LEVEL_MAX];
	struct digest policy;			    /* SHA-256 of the policy file */
	struct record_file certs[RECORD_CERTS_MAX]; /* DER */
	size_t n_certs;
	struct record_file keyrings[RECORD_KEYRINGS_MAX]; /* OpenPGP, as gpgv takes them */
	size_t n_keyrings;
};

/* The one canonical text. */
MUST_USE int record_format(const struct record *record, struct buf *out, struct err *err);

/* Fails on anything that record_format would not write byte for byte. */
MUST_USE int record_parse(const char *text, size_t len, struct record *ret_record, struct err *err);

/*
 * record.sig: an IMA v2 signature (security.ima bytes, type 03) over the SHA-256 of the text.  0
 * only if a certificate of the set verifies it.
 */
MUST_USE int record_verify(const void *text, size_t len, const void *sig, size_t sig_len,
			   const struct cert_set *trusted, struct err *err);

/* What the PCR is extended with, after the text, when nothing of the boot may be unsealed any more.
 */
#define RECORD_CAP "assay-record end\n"
#define RECORD_CAP_LEN (sizeof(RECORD_CAP) - 1)

/*
 * What a PCR of SHA-256 holds that was extended with the text alone, which is when the lock is
 * unsealed; and what it holds once it is capped, for the rest of the boot.  PROTOCOL.record, 4.
 */
MUST_USE int record_pcr_unsealing_value(const void *text, size_t len, struct digest *ret_value,
					struct err *err);
MUST_USE int record_pcr_value(const void *text, size_t len, struct digest *ret_value,
			      struct err *err);

/*
 * The record that assay-boot left of this boot; *ret_there false: none.  Fails where the TPM says
 * that it is another, and where there is none although a policy was loaded.
 */
MUST_USE int record_in_force(struct record *ret_record, bool *ret_there, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record: what a boot enforces, signed, measured; docs/PROTOCOL.record. */
#ifndef ASSAY_PROTO_RECORD_H
#define ASSAY_PROTO_RECORD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "proto/settings.h"

#define RECORD_MAX 16384	/* bytes of its text */
#define RECORD_CERTS_MAX 16	/* certificates that fill the keyrings */
#define RECORD_NAME_MAX 128	/* bytes of a certificate's file name, NUL included */
#define RECORD_LEVEL_MAX 32	/* bytes of an acceptance level, NUL included */
#define RECORD_POLICY_MAX 65536 /* bytes of the policy text */

/* The boot bundle, a directory on the host and the same in the initramfs. */
#define BUNDLE_HOST_DIR "/var/lib/assay/boot"
#define BUNDLE_INITRAMFS_DIR "/etc/assay"

struct record_cert {
	struct digest digest; /* SHA-256 of the DER file */
	char name[RECORD_NAME_MAX];
};

struct record {
	struct settings settings; /* profile is never PROFILE_AUTO, mode never MODE_OFF */
	uint32_t epoch;
	char level[RECORD_LEVEL_MAX];
	struct digest policy; /* SHA-256 of the policy file */
	struct record_cert certs[RECORD_CERTS_MAX];
	size_t n_certs;
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

#endif

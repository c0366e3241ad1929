/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages between host and verifier, in CBOR; docs/PROTOCOL.attest. */
#ifndef ASSAY_ATTEST_EVIDENCE_H
#define ASSAY_ATTEST_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/public.h"
#include "attest/quote.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/record.h"

#define EVIDENCE_VERSION 1
#define EVIDENCE_HOST_SIZE 32		 /* bytes: SHA-256 of the EK's Name */
#define EVIDENCE_NAME_MAX 256		 /* bytes of a host's name, NUL included: a hint */
#define EVIDENCE_CERT_MAX 8192		 /* bytes of an EK certificate */
#define EVIDENCE_CHALLENGE_MAX 1024	 /* bytes of an enrolment's challenge token */
#define EVIDENCE_BLOB_MAX 1024		 /* bytes of a TPM2B_ID_OBJECT, a TPM2B_ENCRYPTED_SECRET */
#define EVIDENCE_SECRET_MAX 32		 /* bytes of what ActivateCredential gives */
#define EVIDENCE_RECORD_SIG_MAX 1024	 /* bytes of record.sig */
#define EVIDENCE_QUALIFYING_SIZE 32	 /* bytes: every TPM2B_DATA holds a SHA-256 */
#define EVIDENCE_CMDLINE_MAX 4096	 /* bytes of the kernel command line */
#define EVIDENCE_BOOT_LOG_MAX (1U << 20) /* bytes of binary_bios_measurements */
#define EVIDENCE_LIST_MAX (8U << 20)	 /* bytes of one round's part of the list */
/* A host with more of the list sends at least so much of it at a time, up to the end of an entry; a
 * shorter part reaches to what was quoted. */
#define EVIDENCE_PIECE_MIN (EVIDENCE_LIST_MAX / 2)
#define EVIDENCE_MAX (12U << 20) /* bytes of one message */

/* Bytes that lead into the message, which must outlive them. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

struct msg_enrol { /* POST /v1/enrol */
	char name[EVIDENCE_NAME_MAX];
	struct bytes ek_public, ek_cert, ak_public; /* TPMT_PUBLIC; no certificate: len 0 */
};
struct msg_challenge {				/* its answer */
	struct bytes token, credential, secret; /* TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET */
};
struct msg_proof { /* POST /v1/enrol/proof; the answer is a msg_state */
	struct bytes token, secret;
};
struct msg_begin { /* POST /v1/round */
	uint8_t host[EVIDENCE_HOST_SIZE];
	uint32_t reset_count, restart_count; /* TPM2_ReadClock: a hint */
};
struct msg_nonce { /* its answer */
	struct bytes nonce;
	uint64_t list_offset; /* where the list's new part begins for this boot */
	bool want_boot;	      /* the boot log and the record are wanted */
};
struct msg_evidence { /* POST /v1/evidence; the answer is a msg_state */
	uint8_t host[EVIDENCE_HOST_SIZE];
	struct bytes nonce, attest, sig;
	struct pcr_set pcrs;
	struct bytes boot_log;		 /* len 0: not sent, or there is none */
	struct bytes record, record_sig; /* /run/assay/record and its signature; len 0: none */
	uint64_t list_offset;
	struct bytes list;
	struct bytes certs[RECORD_CERTS_MAX]; /* those of the record, DER: a hint */
	size_t n_certs;
	struct bytes cmdline; /* /proc/cmdline without its newline, with the boot log: a claim */
};
struct msg_state {
	uint8_t host[EVIDENCE_HOST_SIZE];
	char state[16];	       /* "pass", "fail", "stale", "unenrolled" */
	char reason[512];      /* the first, in words; "" when it passes */
	uint32_t next_seconds; /* when the next round is due */
	uint64_t list_offset;  /* where the next one's part begins */
	bool more;	       /* at once: there is more of the list to judge */
};

/* name, state and reason are UTF-8 without control characters: decode refuses others, encode writes
 * '?' for what is not.  decode: fails on anything but exactly one message of this kind and version,
 * fields in bounds, canonical CBOR, nothing after it.  encode: appends. */
#define EVIDENCE_MSG(name) \
	MUST_USE int msg_##name##_encode(const struct msg_##name *msg, struct buf *out, \
					 struct err *err); \
	MUST_USE int msg_##name##_decode(const void *data, size_t len, struct msg_##name *ret_msg, \
					 struct err *err);
EVIDENCE_MSG(enrol)
EVIDENCE_MSG(challenge)
EVIDENCE_MSG(proof)
EVIDENCE_MSG(begin)
EVIDENCE_MSG(nonce)
EVIDENCE_MSG(evidence)
EVIDENCE_MSG(state)

/*
 * The qualifyingData that the quote must be asked for and is held to: a SHA-256 over the nonce, the
 * host, where the list's part begins, the boot log, the record and its signature, all of which must
 * be filled in before.  The list is not in it: it is read after the quote, so that it is not
 * shorter; PCR 10 binds it.  docs/PROTOCOL.attest, 4.
 */
MUST_USE int evidence_qualifying(const struct msg_evidence *msg,
				 uint8_t ret_data[static EVIDENCE_QUALIFYING_SIZE],
				 struct err *err);

#endif

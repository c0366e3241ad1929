/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a judge answers: refused until it is said otherwise in one place, with reasons as data. */
#ifndef ASSAY_ATTEST_VERDICT_H
#define ASSAY_ATTEST_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

#define VERDICT_REASONS_MAX 32 /* kept; what comes after is counted */
#define VERDICT_TEXT_MAX 512   /* bytes, NUL included; control characters are escaped */

/* The names (verdict_code_name) are part of docs/PROTOCOL.attest: "quote", "nonce", ... */
enum verdict_code {
	VERDICT_NOTHING_CHECKED, /* also: no certificate is trusted, no policy */
	VERDICT_EVIDENCE,	 /* can't be decoded, or is not what was asked for */
	VERDICT_IDENTITY,	 /* the AK is not this host's */
	VERDICT_NONCE,		 /* not ours, not this host's, too old, used */
	VERDICT_QUOTE,		 /* signature, magic, selection, digest of the PCRs */
	VERDICT_RESET,		 /* reset, restart or clock went back, or do not fit the list */
	VERDICT_BOOT_LOG,	 /* does not replay to the quoted PCRs */
	VERDICT_BOOT_STATE,	 /* a boot that is not approved */
	VERDICT_SECURE_BOOT,
	VERDICT_COMMAND_LINE,
	VERDICT_RECORD,	       /* missing, not measured, not signed by whom we trust */
	VERDICT_NOT_ENFORCING, /* the record says log, or there is none */
	VERDICT_EPOCH,	       /* below the minimum */
	VERDICT_LEVEL,	       /* below the level that is required */
	VERDICT_LIST,	       /* can't be decoded, or does not replay to the quoted PCR 10 */
	VERDICT_AGGREGATE,     /* boot_aggregate: wrong, missing, or a second one */
	VERDICT_UNSIGNED,      /* a file that ran without a signature */
	VERDICT_UNKNOWN_KEY,   /* signed by a key that is not trusted */
	VERDICT_BAD_SIGNATURE, /* that does not verify */
	VERDICT_DENIED_DIGEST, /* a file that is not to run any more */
	VERDICT_KEYRING,       /* a key was loaded that is not trusted */
	VERDICT_VIOLATION,     /* measured while it could be written */
	VERDICT_KEXEC,
	VERDICT_EK_CERTIFICATE, /* the CA that vouched for the EK is not trusted any more */
	VERDICT_N
};

/* For how it is shown: the index of the entry of the list, from 0. */
#define VERDICT_NO_ENTRY UINT64_MAX

struct verdict_reason {
	enum verdict_code code;
	uint64_t entry;
	char text[VERDICT_TEXT_MAX];
};

struct verdict {
	bool pass; /* false until the one place that may say so has seen everything */
	size_t n;
	size_t more;					    /* reasons that found no room */
	struct verdict_reason reasons[VERDICT_REASONS_MAX]; /* the first bad entry first */
};

const char *verdict_code_name(enum verdict_code code);
/* Fails on a name that is none. */
MUST_USE int verdict_code_parse(const char *name, enum verdict_code *ret_code, struct err *err);

void verdict_init(struct verdict *verdict);
/* pass becomes false.  Always returns -1. */
int verdict_add(struct verdict *verdict, enum verdict_code code, uint64_t entry, const char *fmt,
		...) PRINTF_LIKE(4, 5);

#endif

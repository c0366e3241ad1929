/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's audit records about integrity, as text lines from any of their carriers. */
#ifndef ASSAY_IMA_AUDIT_H
#define ASSAY_IMA_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* MAX_AUDIT_MESSAGE_LENGTH (8970, include/linux/audit.h) with room for a carrier's prefix. */
#define AUDIT_LINE_MAX 16384

/* include/uapi/linux/audit.h */
enum audit_type {
	AUDIT_TYPE_NONE = 0,	       /* a line that holds no integrity record */
	AUDIT_TYPE_DATA = 1800,	       /* AUDIT_INTEGRITY_DATA: a denial */
	AUDIT_TYPE_METADATA = 1801,    /* AUDIT_INTEGRITY_METADATA: EVM refused a change */
	AUDIT_TYPE_STATUS = 1802,      /* AUDIT_INTEGRITY_STATUS: a policy was loaded */
	AUDIT_TYPE_HASH = 1803,	       /* AUDIT_INTEGRITY_HASH */
	AUDIT_TYPE_PCR = 1804,	       /* AUDIT_INTEGRITY_PCR: a measurement violation */
	AUDIT_TYPE_RULE = 1805,	       /* AUDIT_INTEGRITY_RULE: an audit rule matched */
	AUDIT_TYPE_EVM_XATTR = 1806,   /* AUDIT_INTEGRITY_EVM_XATTR */
	AUDIT_TYPE_POLICY_RULE = 1807, /* AUDIT_INTEGRITY_POLICY_RULE: one rule of a policy */
	AUDIT_TYPE_USERSPACE = 1808,   /* AUDIT_INTEGRITY_USERSPACE: as DATA, see below */
};

/*
 * One record.  The strings are decoded, never NULL ("" when the record lacks them) and live in the
 * memory of the record.  name, comm, exe and dev are chosen by whoever made the file or process.
 * Sources: integrity_audit_message() and ima_audit_measurement(), Linux 6.1 and 6.12; since 6.14
 * ima_appraise_measurement() gives what an interpreter only asked about (AT_EXECVE_CHECK) the type
 * USERSPACE, and before 7.0 any other denial of an execution, too, by what lies on the stack
 * (is_bprm_creds_for_exec() took the address of its argument for a field of struct linux_binprm).
 */
struct audit_record {
	enum audit_type type;
	uint64_t time_ms; /* since the epoch; 0: the carrier did not say */
	uint64_t serial;  /* unique in one boot; 0: the carrier did not say */
	const char *op;
	const char *cause;
	const char *comm;
	const char *name; /* name= or file= */
	const char *dev;
	const char *exe;
	const char *hash; /* "sha256:<hex>", of type RULE only */
	uint64_t ino;
	uint32_t pid;
	uint32_t uid;
	int32_t error; /* errno= */
	bool success;  /* res= */
	char *memory;
};

#define AUDIT_RECORD_INIT \
	{ \
		.type = AUDIT_TYPE_NONE \
	}

/*
 * Reads one line: of the kernel log ("audit: type=1800 audit(T:N): ..."), of audit.log
 * ("type=INTEGRITY_DATA msg=audit(T:N): ...") or of the journal's audit transport ("INTEGRITY_DATA
 * pid=..." or "AUDIT1800 pid=...").  A line that is no integrity record gives AUDIT_TYPE_NONE; one
 * that begins as such and is damaged fails.
 */
MUST_USE int audit_line_parse(const char *line, size_t len, struct audit_record *ret_record,
			      struct err *err);

void audit_record_done(struct audit_record *record);

#endif

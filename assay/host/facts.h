/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel and the machine say of themselves: read, never believed from a file of ours. */
#ifndef ASSAY_HOST_FACTS_H
#define ASSAY_HOST_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/host/host.h"
#include "base/err.h"
#include "base/keyring.h"
#include "proto/settings.h"

#define FACTS_LINE_MAX 2048 /* bytes of the kernel command line */
#define FACTS_NAME_MAX 128  /* bytes of a kernel release */
#define FACTS_UNKNOWN (-1L)

/* Numbers are FACTS_UNKNOWN when the kernel does not say. */
struct facts {
	char release[FACTS_NAME_MAX];
	bool securityfs;   /* /sys/kernel/security is one */
	bool ima;	   /* its directory is there */
	bool policy_node;  /* a policy can still be loaded: none was */
	long violations;   /* measurement violations since boot */
	long measurements; /* entries of the measurement list */
	long evm;	   /* bits of evm: 1 HMAC, 2 X.509, 4 metadata writes allowed */
	long sig_enforce;  /* modules need a signature: 1 */
	long ptrace_scope; /* 0..3 */
	long kexec_load_disabled;
	long unprivileged_bpf_disabled;
	long deny_write_execute; /* of this process, as of all that init started: 1 */
	enum settings_lockdown lockdown;
	bool lockdown_known;
	long tpm_version; /* major: 2; 0: no TPM */
	long secure_boot; /* 1 on, 0 off, unknown: no UEFI */
	struct keyring_state ima_keys;
	struct keyring_state evm_keys;
	bool keyrings_known;
	char cmdline[FACTS_LINE_MAX];
};

MUST_USE int facts_read(const struct host *host, struct facts *ret_facts, struct err *err);

enum facts_proof {
	PROOF_UNKNOWN, /* there is no TPM that tells */
	PROOF_NO,
	PROOF_YES,
};

/*
 * Does the PCR hold exactly this record, extended once (docs/PROTOCOL.record)?  After a boot that
 * did not extend it, root can; section 4 there says what else proof takes.
 */
MUST_USE int facts_pcr_proves(const struct host *host, unsigned int pcr, const struct buf *record,
			      enum facts_proof *ret_proof, struct err *err);

#endif

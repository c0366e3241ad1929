/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round: a host's evidence against what is known of it and what is required.  No TPM, no I/O.
 */
#ifndef ASSAY_ATTEST_APPRAISE_H
#define ASSAY_ATTEST_APPRAISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/boot_facts.h"
#include "attest/evidence.h"
#include "attest/list.h"
#include "attest/verdict.h"
#include "base/err.h"
#include "crypto/cert.h"

#define APPRAISE_BOOTS_MAX 64 /* boot states that are approved for one host */
#define APPRAISE_LEVEL_MAX 8

/* The PCRs that tell a boot: firmware, kernel, command line, initramfs; and those always quoted. */
#define APPRAISE_BOOT_MASK 0x0000fbffU /* 0-9, 11-15 */
#define APPRAISE_QUOTE_MASK 0x0000ffffU

enum appraise_boot {
	APPRAISE_BOOT_APPROVED,	  /* only a boot whose digest was approved */
	APPRAISE_BOOT_UNMEASURED, /* an administrator's word: said in every result */
};

/* What is required of hosts. */
struct appraise_policy {
	const struct cert_set *certs; /* whose records count; the list judge has its own */
	uint32_t min_epoch;
	const char *levels[APPRAISE_LEVEL_MAX]; /* that are enough; none: any */
	size_t n_levels;
	bool require_secure_boot;
	enum appraise_boot boot;
};

/* What is known of one host of this boot and before; flat, for the store; all zero at enrolment. */
struct appraise_state {
	bool known;   /* a boot was judged */
	bool boot_ok; /* log, record and boot state of it passed */
	bool enforcing;
	bool modules_enforced; /* module-signatures of the record */
	uint32_t reset_count, restart_count;
	uint64_t clock;	    /* milliseconds, of the last quote */
	uint8_t boot[32];   /* appraise_boot_digest */
	uint8_t record[32]; /* SHA-256 of the record */
	uint8_t policy[32]; /* of the IMA policy */
	uint32_t epoch;
	uint32_t record_pcr;
	char level[RECORD_LEVEL_MAX];
	enum boot_tri secure_boot;
	bool cmdline_known;
	char cmdline[1024]; /* cut */
	uint8_t quoted[32]; /* SHA-256 of the PCRs but 10 that it was judged by */
	struct list_state list;
};

/* It is the boot that the state is of.  Where not, a host's next evidence begins with the list, and
 * has the boot log and the record. */
bool appraise_same_boot(const struct appraise_state *state, uint32_t reset_count,
			uint32_t restart_count);

struct appraise_input {
	const struct appraise_policy *policy;
	struct list_judge *judge;
	const struct tpm_public *ak;
	const struct msg_evidence *evidence;
	const struct digest *boots; /* approved ones of this host, SHA-256 each */
	size_t n_boots;
	bool boot_wanted;	     /* judge the boot again, though it was judged */
	struct appraise_state state; /* in and out */
	bool more;		     /* out: no verdict, see below */
};

/*
 * SHA-256 over the values of APPRAISE_BOOT_MASK but the record's PCR, each behind its number (one
 * byte): what an administrator approves.  PCR 10 is not in it.
 */
MUST_USE int appraise_boot_digest(const struct pcr_set *pcrs, uint32_t record_pcr,
				  struct digest *ret_digest, struct err *err);

/*
 * Judges.  The nonce must have been opened and found unused by the caller; the quote is held to it.
 * verdict->pass only when everything was checked.  State moves only on evidence that was proven to
 * be this host's (quote verified), whatever the verdict.  Fails for want of memory only.
 *
 * Reasons of the codes quote and identity say that the evidence is not proven to be this host's.
 *
 * more: the evidence is the host's and holds nothing against it, but is not whole: a piece of a
 * long list, or of a boot that the state does not know, without its beginning.  pass is false
 * without a reason then; the state is to be kept, and the host asked again at once.  It is no
 * round: it makes no host younger, so that one that never ends grows stale.
 *
 * A boot that was judged stands until reset or restart count tell of another or a PCR but 10 is no
 * longer what it was; what is required of it is asked each time.  Where the trusted certificates
 * change, state must be zeroed.
 */
MUST_USE int appraise_round(struct appraise_input *input, struct verdict *ret_verdict,
			    struct err *err);

#endif

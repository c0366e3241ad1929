/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round: a nonce, a quote, what is new, and the verifier's word. */
#ifndef ASSAY_ATTEST_CLIENT_ROUND_H
#define ASSAY_ATTEST_CLIENT_ROUND_H

#include <stdbool.h>

#include "attest/client/conf.h"
#include "attest/client/link.h"
#include "attest/client/sources.h"
#include "attest/evidence.h"
#include "base/buf.h"
#include "base/err.h"
#include "tpm/identity.h"
#include "tpm/quote.h"

#define ROUND_CATCH_UP_MAX 64 /* parts of the list in a row */

/* This host, ready to report. */
struct host {
	struct conf conf;
	struct sources sources;
	struct tpm_identity *tpm;
	struct link *link;
	bool ailing; /* the last round failed for this host's own sake */
};

#define HOST_INIT \
	{ \
		.sources = SOURCES_INIT, .tpm = NULL, .link = NULL \
	}
#define AUTO_HOST CLEANUP(host_done) struct host

/* Opens all of it: the configuration, the logs, the TPM with its attestation key, the CA. */
MUST_USE int host_open(const char *conf_path, const struct source_paths *paths,
		       struct host *ret_host, struct err *err);
void host_done(struct host *host);

/*
 * The quote and all that goes with it, for this nonce.  msg->nonce, list_offset and host are given;
 * the rest is filled in and leads into evidence and host.  The list is read after the quote, so
 * that it is at least as long as what PCR 10 says.
 */
struct evidence {
	struct msg_evidence msg;
	struct tpm_quote *quote;
	struct buf boot_log;
	struct buf list;
};
#define AUTO_EVIDENCE CLEANUP(evidence_done) struct evidence
#define EVIDENCE_INIT \
	{ \
		.boot_log = BUF_INIT(EVIDENCE_BOOT_LOG_MAX), .list = BUF_INIT(EVIDENCE_LIST_MAX) \
	}
MUST_USE int evidence_gather(struct host *host, bool want_boot, struct evidence *evidence,
			     struct err *err);
void evidence_done(struct evidence *evidence);

/* One exchange with the verifier; and as many as it takes until it has the whole list. */
MUST_USE int round_once(struct host *host, struct msg_state *ret_state, struct err *err);
MUST_USE int round_run(struct host *host, struct msg_state *ret_state, struct err *err);

#endif

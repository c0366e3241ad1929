/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host says of itself, gathered. */
#include <stdlib.h>
#include <string.h>

#include "attest/client/round.h"
#include "tpm/quote.h"

static struct bytes bytes_of(const struct buf *buf)
{
	return (struct bytes){ buf->data, buf->len };
}

static void add_boot(struct host *host, struct evidence *evidence)
{
	struct sources *s = &host->sources;

	evidence->msg.boot_log = bytes_of(&evidence->boot_log);
	evidence->msg.record = bytes_of(&s->record);
	evidence->msg.record_sig = bytes_of(&s->record_sig);
	evidence->msg.cmdline = bytes_of(&s->cmdline);
	evidence->msg.n_certs = s->n_certs;
	for (size_t i = 0; i < s->n_certs; i++)
		evidence->msg.certs[i] = bytes_of(&s->certs[i]);
}

static int add_quote(struct host *host, struct evidence *evidence, struct err *err)
{
	uint8_t qualifying[EVIDENCE_QUALIFYING_SIZE];
	struct tpm_quote *quote = calloc(1, sizeof(*quote));
	struct msg_evidence *msg = &evidence->msg;

	if (!quote)
		return err_set(err, "out of memory");
	evidence->quote = quote;
	if (evidence_qualifying(msg, qualifying, err) < 0 ||
	    tpm_quote_make(host->tpm, qualifying, sizeof(qualifying), quote, err) < 0)
		return -1;
	msg->attest = (struct bytes){ quote->attest, quote->attest_len };
	msg->sig = (struct bytes){ quote->sig, quote->sig_len };
	msg->pcrs.bank = HASH_SHA256;
	msg->pcrs.mask = (1U << TPM_QUOTE_PCRS) - 1;
	for (size_t i = 0; i < TPM_QUOTE_PCRS; i++)
		memcpy(msg->pcrs.value[i], quote->value[i], sizeof(quote->value[i]));
	return 0;
}

int evidence_gather(struct host *host, bool want_boot, struct evidence *evidence, struct err *err)
{
	struct msg_evidence *msg = &evidence->msg;

	if (want_boot) {
		if (sources_read_boot_log(&host->sources, &evidence->boot_log, err) < 0)
			return -1;
		add_boot(host, evidence);
	}
	if (add_quote(host, evidence, err) < 0 ||
	    sources_read_list(&host->sources, msg->list_offset, &evidence->list, err) < 0)
		return -1;
	msg->list = bytes_of(&evidence->list);
	return 0;
}

void evidence_done(struct evidence *evidence)
{
	free(evidence->quote);
	buf_done(&evidence->boot_log);
	buf_done(&evidence->list);
}

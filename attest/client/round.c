/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round with the verifier. */
#include "attest/client/round.h"

#include <string.h>

#include "tpm/clock.h"
#include "tpm/quote.h"

#define MESSAGE_SMALL 4096 /* bytes: the question for a nonce */

int host_open(const char *conf_path, const struct source_paths *paths, struct host *ret_host,
	      struct err *err)
{
	if (conf_load(conf_path, &ret_host->conf, err) < 0 ||
	    link_new(&ret_host->conf, &ret_host->link, err) < 0 ||
	    sources_open(paths, &ret_host->sources, err) < 0 ||
	    tpm_identity_open(&ret_host->tpm, err) < 0)
		return -1;
	return tpm_identity_load_ak(ret_host->tpm, false, err);
}

void host_done(struct host *host)
{
	link_free(host->link);
	sources_done(&host->sources);
	tpm_identity_free(host->tpm);
	host->link = NULL;
	host->tpm = NULL;
}

static int ask_nonce(struct host *host, struct buf *answer, struct msg_nonce *ret_nonce,
		     struct err *err)
{
	AUTO_BUF body = BUF_INIT(MESSAGE_SMALL);
	struct msg_begin begin;
	struct tpm_clock now;

	if (tpm_clock_last(host->tpm, &now, err) < 0)
		return -1;
	host->ailing = false;
	memcpy(begin.host, host->conf.host, sizeof(begin.host));
	begin.reset_count = now.reset_count;
	begin.restart_count = now.restart_count;
	if (msg_begin_encode(&begin, &body, err) < 0 ||
	    link_post(host->link, "/v1/round", &body, answer, err) < 0)
		return -1;
	if (msg_nonce_decode(answer->data, answer->len, ret_nonce, err) < 0)
		return err_prepend(err, "verifier: its answer");
	return 0;
}

static int send_evidence(struct host *host, const struct evidence *evidence,
			 struct msg_state *ret_state, struct err *err)
{
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);
	AUTO_BUF answer = BUF_INIT(LINK_ANSWER_MAX);

	if (msg_evidence_encode(&evidence->msg, &body, err) < 0 ||
	    link_post(host->link, "/v1/evidence", &body, &answer, err) < 0)
		return -1;
	if (msg_state_decode(answer.data, answer.len, ret_state, err) < 0)
		return err_prepend(err, "verifier: its answer");
	if (memcmp(ret_state->host, host->conf.host, sizeof(ret_state->host)) != 0)
		return err_set(err, "verifier: its answer is about another host");
	return 0;
}

int round_once(struct host *host, struct msg_state *ret_state, struct err *err)
{
	AUTO_EVIDENCE evidence = EVIDENCE_INIT;
	AUTO_BUF answer = BUF_INIT(LINK_ANSWER_MAX);
	struct msg_nonce nonce;

	host->ailing = true;
	if (ask_nonce(host, &answer, &nonce, err) < 0)
		return -1;
	host->ailing = true;
	memcpy(evidence.msg.host, host->conf.host, sizeof(evidence.msg.host));
	evidence.msg.nonce = nonce.nonce;
	evidence.msg.list_offset = nonce.list_offset;
	if (evidence_gather(host, nonce.want_boot, &evidence, err) < 0)
		return -1;
	host->ailing = false;
	return send_evidence(host, &evidence, ret_state, err);
}

/* A verifier that always wants more gets no more than this. */
int round_run(struct host *host, struct msg_state *ret_state, struct err *err)
{
	for (int i = 0; i < ROUND_CATCH_UP_MAX; i++) {
		if (round_once(host, ret_state, err) < 0)
			return -1;
		if (!ret_state->more)
			break;
	}
	return 0;
}

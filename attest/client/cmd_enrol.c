/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest enrol: makes this host known to a verifier. */
#include <stdlib.h>
#include <string.h>

#include "attest/client/apart.h"
#include "attest/client/commands.h"
#include "attest/client/conf.h"
#include "attest/client/link.h"
#include "attest/client/options.h"
#include "attest/client/self.h"
#include "attest/client/state.h"
#include "base/hex.h"
#include "base/io.h"
#include "tpm/identity.h"

enum { OPT_VERIFIER = OPT_OWN, OPT_CA, OPT_NAME };

static const struct cmd_option enrol_options[] = {
	{ "verifier", OPT_VERIFIER, 0, "URL", "the verifier, https://HOST[:PORT]" },
	{ "ca", OPT_CA, 0, "FILE", "the CA that signed its certificate, PEM; no other counts" },
	{ "name", OPT_NAME, 0, "NAME", "how the verifier shows this host; default: its host name" },
	OPTION_CONFIG,
	{ "json", OPT_JSON, 0, NULL, "the verifier's word as a JSON object" },
	{ .name = NULL },
};

struct enrolment {
	struct options options;
	const char *ca;
	bool again; /* there is a configuration already */
	struct conf conf;
	struct msg_enrol enrol;
	struct tpm_identity *tpm;
	struct link *link;
};

static void enrolment_done(struct enrolment *e)
{
	link_free(e->link);
	tpm_identity_free(e->tpm);
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct enrolment *e = ctx;

	switch (id) {
	case OPT_VERIFIER:
		return conf_set_verifier(&e->conf, value, err);
	case OPT_CA:
		e->ca = value;
		return 0;
	case OPT_NAME:
		return self_set_name(&e->enrol, value, err);
	default:
		return options_take(&e->options, id, value, err);
	}
}

static int set_ca(struct enrolment *e, struct err *err)
{
	AUTO_STR real = realpath(e->ca, NULL);

	if (!real)
		return err_errno(err, "CA: %s", e->ca);
	if (strlen(real) >= sizeof(e->conf.ca))
		return err_set(err, "CA: %s: the name is too long", real);
	memcpy(e->conf.ca, real, strlen(real) + 1);
	return 0;
}

static int prepare(struct enrolment *e, struct err *err)
{
	if (!e->enrol.name[0] && self_set_name(&e->enrol, NULL, err) < 0)
		return -1;
	if (set_ca(e, err) < 0 || link_new(&e->conf, &e->link, err) < 0 ||
	    tpm_identity_open(&e->tpm, err) < 0 || tpm_identity_load_ek(e->tpm, err) < 0 ||
	    tpm_identity_load_ak(e->tpm, true, err) < 0 ||
	    self_host_id(e->tpm, e->conf.host, err) < 0)
		return -1;
	self_set_keys(&e->enrol, e->tpm);
	return 0;
}

static int ask(struct enrolment *e, struct buf *answer, struct msg_challenge *ret_challenge,
	       struct err *err)
{
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);

	if (msg_enrol_encode(&e->enrol, &body, err) < 0 ||
	    link_post(e->link, "/v1/enrol", &body, answer, err) < 0)
		return -1;
	if (msg_challenge_decode(answer->data, answer->len, ret_challenge, err) < 0)
		return err_prepend(err, "verifier: its answer");
	return 0;
}

static int prove(struct enrolment *e, const struct msg_challenge *challenge, struct buf *answer,
		 struct err *err)
{
	const struct identity_credential credential = {
		.credential = challenge->credential.data,
		.credential_len = challenge->credential.len,
		.secret = challenge->secret.data,
		.secret_len = challenge->secret.len,
	};
	AUTO_BUF body = BUF_INIT(EVIDENCE_MAX);
	uint8_t secret[IDENTITY_SECRET_MAX];
	struct msg_proof proof = { .token = challenge->token };
	size_t len;

	if (tpm_identity_activate(e->tpm, &credential, secret, &len, err) < 0)
		return -1;
	proof.secret = (struct bytes){ secret, len };
	if (msg_proof_encode(&proof, &body, err) < 0)
		return -1;
	return link_post(e->link, "/v1/enrol/proof", &body, answer, err);
}

/* The exchange; out gets the verifier's word. */
static int exchange(void *ctx, struct buf *out, struct err *err)
{
	struct enrolment *e = ctx;
	AUTO_BUF answer = BUF_INIT(LINK_ANSWER_MAX);
	struct msg_challenge challenge;

	return ask(e, &answer, &challenge, err) < 0 ? -1 : prove(e, &challenge, out, err);
}

static int enrol(struct enrolment *e, struct msg_state *ret_state, struct err *err)
{
	AUTO_BUF word = BUF_INIT(LINK_ANSWER_MAX);

	if (prepare(e, err) < 0 || apart_run(exchange, e, &word, err) < 0)
		return -1;
	if (msg_state_decode(word.data, word.len, ret_state, err) < 0)
		return err_prepend(err, "verifier: its answer");
	if (memcmp(ret_state->host, e->conf.host, sizeof(ret_state->host)) != 0)
		return err_set(err, "verifier: its answer is about another host");
	if (strcmp(ret_state->state, "unenrolled") == 0)
		return err_set(err, "the verifier did not enrol this host%s%s",
			       ret_state->reason[0] ? ": " : "", ret_state->reason);
	e->again = io_exists(e->options.config);
	return conf_save(e->options.config, &e->conf, link_ca(e->link), err);
}

static void print_done(const struct enrolment *e, const struct msg_state *state)
{
	char host[2 * EVIDENCE_HOST_SIZE + 1];

	hex_format(state->host, sizeof(state->host), host);
	(void)printf("enrolled as %s (", host);
	cmd_print_name(stdout, e->enrol.name);
	(void)printf("); state ");
	state_print(stdout, state);
	cmd_next(e->again ? "systemctl restart assay-attest"
			  : "systemctl enable --now assay-attest");
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(enrolment_done) struct enrolment e = { .options.config = CONF_PATH };
	struct msg_state state;
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, take_option, &e, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (argc != first)
		return cmd_misuse(cmd, "it takes no operand");
	if (!e.conf.verifier[0] || !e.ca)
		return cmd_misuse(cmd, "it takes --verifier and --ca");
	if (enrol(&e, &state, &err) < 0 || (e.options.json && state_print_json(&state, &err) < 0))
		return cmd_fail(cmd, &err);
	if (!e.options.json)
		print_done(&e, &state);
	return CMD_YES;
}

const struct cmd cmd_enrol = {
	.name = "enrol",
	.operands = "",
	.summary = "make this host known to a verifier",
	.about =
		"Has the TPM make and keep an attestation key, proves to the verifier that it "
		"lives "
		"beside the endorsement key of this TPM, and writes attest.conf.  Once per host; a "
		"host that is enrolled already may do it again.",
	.options = enrol_options,
	.run = run,
};

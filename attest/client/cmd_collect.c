/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest collect: evidence into a file, for a verifier without a network. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/client/commands.h"
#include "attest/client/options.h"
#include "attest/client/round.h"
#include "attest/client/self.h"
#include "attest/offline.h"
#include "base/hex.h"
#include "base/io.h"

#define NONCE_OWN 32 /* bytes, where none was given */
#define FILE_MODE 0644

enum { OPT_OUTPUT = OPT_OWN, OPT_NONCE, OPT_NAME };

static const struct cmd_option collect_options[] = {
	{ "output", OPT_OUTPUT, 'o', "FILE", "write the evidence there" },
	{ "nonce", OPT_NONCE, 0, "HEX",
	  "what the verifier chose, up to 64 bytes; default: random" },
	{ "name", OPT_NAME, 0, "NAME", "how the verifier shows this host; default: its host name" },
	OPTIONS_SOURCES,
	{ .name = NULL },
};

struct collection {
	struct options options;
	const char *output;
	uint8_t nonce[QUOTE_NONCE_MAX];
	size_t nonce_len;
	struct host host;
	struct evidence evidence;
	struct offline offline;
};

static void cleanup_collection(struct collection **c)
{
	if (!*c)
		return;
	host_done(&(*c)->host);
	evidence_done(&(*c)->evidence);
	free(*c);
}

static int set_nonce(struct collection *c, const char *hex, struct err *err)
{
	size_t len = strlen(hex) / 2;

	if (len == 0 || len > sizeof(c->nonce) || hex_parse(hex, c->nonce, len, NULL) < 0)
		return err_set(err, "'%s' is not 1 to %d bytes in hex", hex, QUOTE_NONCE_MAX);
	c->nonce_len = len;
	return 0;
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct collection *c = ctx;

	switch (id) {
	case OPT_OUTPUT:
		c->output = value;
		return 0;
	case OPT_NONCE:
		return set_nonce(c, value, err);
	case OPT_NAME:
		return self_set_name(&c->offline.enrol, value, err);
	default:
		return options_take(&c->options, id, value, err);
	}
}

static int prepare(struct collection *c, struct err *err)
{
	if (!c->nonce_len) {
		c->nonce_len = NONCE_OWN;
		if (getrandom(c->nonce, NONCE_OWN, 0) != NONCE_OWN)
			return err_errno(err, "nonce");
	}
	if (!c->offline.enrol.name[0] && self_set_name(&c->offline.enrol, NULL, err) < 0)
		return -1;
	if (sources_open(&c->options.paths, &c->host.sources, err) < 0 ||
	    tpm_identity_open(&c->host.tpm, err) < 0 ||
	    tpm_identity_load_ak(c->host.tpm, false, err) < 0 ||
	    tpm_identity_load_ek(c->host.tpm, err) < 0)
		return -1;
	self_set_keys(&c->offline.enrol, c->host.tpm);
	return self_host_id(c->host.tpm, c->evidence.msg.host, err);
}

/* There is no second file for what does not fit into this one. */
static int check_whole(struct collection *c, struct err *err)
{
	AUTO_BUF rest = BUF_INIT(EVIDENCE_LIST_MAX);

	if (sources_read_list(&c->host.sources, c->evidence.list.len, &rest, err) < 0)
		return -1;
	if (c->evidence.list.len + rest.len > EVIDENCE_LIST_MAX)
		return err_set(err,
			       "the measurement list is larger than %u bytes: only a verifier "
			       "that takes it in parts can judge it",
			       EVIDENCE_LIST_MAX);
	return 0;
}

static int collect(struct collection *c, struct err *err)
{
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);

	if (prepare(c, err) < 0)
		return -1;
	c->evidence.msg.nonce = (struct bytes){ c->nonce, c->nonce_len };
	if (evidence_gather(&c->host, true, &c->evidence, err) < 0 || check_whole(c, err) < 0)
		return -1;
	c->offline.evidence = c->evidence.msg;
	if (offline_encode(&c->offline, &out, err) < 0)
		return -1;
	return io_replace_file(c->output, &out, FILE_MODE, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_collection) struct collection *c = calloc(1, sizeof(*c));
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first;

	if (!c)
		return CMD_TROUBLE;
	c->host = (struct host)HOST_INIT;
	c->evidence = (struct evidence)EVIDENCE_INIT;
	first = cmd_options(cmd, argc, argv, take_option, c, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (argc != first)
		return cmd_misuse(cmd, "it takes no operand");
	if (!c->output)
		return cmd_misuse(cmd, "it takes --output");
	return collect(c, &err) < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd cmd_collect = {
	.name = "collect",
	.operands = "",
	.summary = "write this host's evidence into a file",
	.about = "Writes a quote, the boot log, the record and the measurement list into a file, "
		 "which a verifier judges without a network: assay verifier appraise.",
	.options = collect_options,
	.run = run,
};

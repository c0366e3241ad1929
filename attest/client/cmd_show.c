/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest show: as what this host would be known. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "attest/client/commands.h"
#include "attest/client/conf.h"
#include "attest/client/options.h"
#include "base/hex.h"
#include "base/io.h"
#include "cli/json.h"
#include "crypto/cert.h"
#include "tpm/identity.h"

static const struct cmd_option show_options[] = {
	OPTION_CONFIG,
	OPTIONS_SOURCES,
	{ "json", OPT_JSON, 0, NULL, "as a JSON object" },
	{ .name = NULL },
};

#define NAME_TEXT (2 * IDENTITY_NAME_MAX + 1)

/* What there is to show. */
struct shown {
	bool enrolled;
	struct conf conf;
	char host[2 * EVIDENCE_HOST_SIZE + 1]; /* of this TPM */
	char ek[NAME_TEXT], ak[NAME_TEXT];
	bool ak_kept;
	struct cert *cert; /* NULL: none, or one of a key that is not known here */
	size_t cert_len;
	size_t boot_log, record, record_sig, n_certs;
};

static void shown_done(struct shown *s)
{
	cert_free(s->cert);
}

static void cleanup_identity(struct tpm_identity **identity)
{
	tpm_identity_free(*identity);
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	return options_take(ctx, id, value, err);
}

static int look_at_tpm(struct shown *s, struct err *err)
{
	CLEANUP(cleanup_identity) struct tpm_identity *tpm = NULL;
	const struct identity_key *ek;
	const struct identity_key *ak;
	struct digest host;

	if (tpm_identity_open(&tpm, err) < 0 || tpm_identity_load_ak(tpm, false, err) < 0 ||
	    tpm_identity_load_ek(tpm, err) < 0)
		return -1;
	ek = tpm_identity_ek(tpm);
	ak = tpm_identity_ak(tpm);
	if (hash_bytes(HASH_SHA256, ek->name, ek->name_len, &host, err) < 0)
		return -1;
	hex_format(host.data, host.len, s->host);
	hex_format(ek->name, ek->name_len, s->ek);
	hex_format(ak->name, ak->name_len, s->ak);
	s->ak_kept = ak->handle != 0;
	s->cert_len = tpm_identity_cert(tpm)->len;
	/* One of a key that is not known here is still sent. */
	if (s->cert_len &&
	    cert_parse(tpm_identity_cert(tpm)->data, s->cert_len, &s->cert, NULL) < 0)
		s->cert = NULL;
	return 0;
}

static int look_at_sources(const struct options *options, struct shown *s, struct err *err)
{
	AUTO_BUF log = BUF_INIT(EVIDENCE_BOOT_LOG_MAX);
	CLEANUP(sources_done) struct sources sources = SOURCES_INIT;

	if (sources_open(&options->paths, &sources, err) < 0 ||
	    sources_read_boot_log(&sources, &log, err) < 0)
		return -1;
	s->boot_log = log.len;
	s->record = sources.record.len;
	s->record_sig = sources.record_sig.len;
	s->n_certs = sources.n_certs;
	return 0;
}

static const char *cert_words(const struct shown *s)
{
	if (s->cert)
		return cert_subject(s->cert);
	return s->cert_len ? "there, of a kind that is not read here" : "none";
}

static void print_text(const struct shown *s)
{
	(void)printf("host            %s\n", s->host);
	(void)printf("verifier        %s\n", s->enrolled ? s->conf.verifier : "none: not enrolled");
	(void)printf("EK              %s\n", s->ek);
	(void)printf("EK certificate  ");
	cmd_print_name(stdout, *cert_words(s) ? cert_words(s) : "of no subject");
	(void)printf("\nAK              %s%s\n", s->ak,
		     s->ak_kept ? "" : " (not kept yet: enrolment does)");
	(void)printf("boot log        %zu bytes\nrecord          %zu bytes, signature %zu, %zu "
		     "certificates\n",
		     s->boot_log, s->record, s->record_sig, s->n_certs);
}

static int print_json(const struct shown *s, struct err *err)
{
	json_t *top = json_pack(
		"{s:s, s:o, s:s, s:o, s:I, s:s, s:b, s:I, s:I, s:I, s:I}", "host", s->host,
		"verifier", s->enrolled ? json_string(s->conf.verifier) : json_null(), "ek", s->ek,
		"ek_certificate", s->cert ? cmd_json_name(cert_subject(s->cert)) : json_null(),
		"ek_certificate_bytes", (json_int_t)s->cert_len, "ak", s->ak, "ak_kept",
		(int)s->ak_kept, "boot_log_bytes", (json_int_t)s->boot_log, "record_bytes",
		(json_int_t)s->record, "record_signature_bytes", (json_int_t)s->record_sig,
		"record_certificates", (json_int_t)s->n_certs);

	return cmd_json_print(top, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct options options = { .config = CONF_PATH };
	CLEANUP(shown_done) struct shown s = { .cert = NULL };
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, take_option, &options, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (argc != first)
		return cmd_misuse(cmd, "it takes no operand");
	s.enrolled = io_exists(options.config);
	if ((s.enrolled && conf_load(options.config, &s.conf, &err) < 0) ||
	    look_at_tpm(&s, &err) < 0 || look_at_sources(&options, &s, &err) < 0)
		return cmd_fail(cmd, &err);
	if (options.json && print_json(&s, &err) < 0)
		return cmd_fail(cmd, &err);
	if (!options.json)
		print_text(&s);
	return CMD_YES;
}

const struct cmd cmd_show = {
	.name = "show",
	.operands = "",
	.summary = "show as what this host is known, and what it would send",
	.about = "Prints this host's id, the Names of its endorsement and attestation keys, the "
		 "endorsement key's certificate, and how much of boot log and record a verifier "
		 "would get.  Changes nothing.",
	.options = show_options,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier appraise: one file of evidence, judged without network, store or TPM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/offline.h"
#include "attest/verifier/commands.h"
#include "attest/verifier/host_words.h"
#include "attest/verifier/reasons.h"
#include "attest/verifier/result.h"
#include "attest/verifier/service.h"
#include "attest/verifier/trust.h"
#include "base/hex.h"
#include "base/io.h"
#include "cli/json.h"

enum {
	OPT_TRUST,
	OPT_LEVEL,
	OPT_EPOCH,
	OPT_SECURE_BOOT,
	OPT_BOOT,
	OPT_UNMEASURED,
	OPT_EK_CA,
	OPT_NONCE,
	OPT_JSON
};

static const struct cmd_option options[] = {
	{ "trust", OPT_TRUST, 0, "DIR", "certificates whose signatures count; and denied digests" },
	{ "level", OPT_LEVEL, 0, "NAME", "a level that is enough; repeatable; default: any" },
	{ "minimum-epoch", OPT_EPOCH, 0, "N", "the least epoch of the record" },
	{ "secure-boot", OPT_SECURE_BOOT, 0, NULL, "Secure Boot must be proven to be on" },
	{ "boot", OPT_BOOT, 0, "HEX", "a boot state that is approved; repeatable" },
	{ "unmeasured", OPT_UNMEASURED, 0, NULL, "take any boot, and say so" },
	{ "ek-ca", OPT_EK_CA, 0, "DIR", "CAs of EK certificates: the EK must have one" },
	{ "nonce", OPT_NONCE, 0, "HEX", "what the evidence must have been made for" },
	{ "json", OPT_JSON, 0, NULL, "as JSON" },
	{ .name = NULL },
};

struct run {
	struct vset set;
	bool trust_given;
	struct digest boots[APPRAISE_BOOTS_MAX];
	size_t n_boots;
	uint8_t nonce[QUOTE_NONCE_MAX];
	size_t nonce_len; /* 0: any */
	bool json;
	struct trust *trust;
	struct buf file;
	struct offline offline;
	struct tpm_public ek, ak;
	struct appraise_input input;
	struct verdict verdict;
	struct progress progress;
	struct host *host;
};

static void cleanup_run(struct run **r)
{
	if (!*r)
		return;
	trust_release((*r)->trust);
	buf_done(&(*r)->file);
	host_free((*r)->host);
	free(*r);
}

static int set_dir(char to[static VSET_TEXT_MAX], const char *value, struct err *err)
{
	if (strlen(value) >= VSET_TEXT_MAX)
		return err_set(err, "'%s' is too long", value);
	strcpy(to, value);
	return 0;
}

static int add_level(struct vset_levels *levels, const char *value, struct err *err)
{
	if (vset_check_level(value, err) < 0)
		return -1;
	if (levels->n == APPRAISE_LEVEL_MAX)
		return err_set(err, "more than %d levels", APPRAISE_LEVEL_MAX);
	strcpy(levels->name[levels->n++], value);
	return 0;
}

static int add_boot(struct run *r, const char *value, struct err *err)
{
	struct digest *d = &r->boots[r->n_boots];

	if (r->n_boots == APPRAISE_BOOTS_MAX)
		return err_set(err, "more than %d boots", APPRAISE_BOOTS_MAX);
	*d = (struct digest){ .algo = HASH_SHA256, .len = 32 };
	if (hex_parse(value, d->data, d->len, err) < 0)
		return -1;
	r->n_boots++;
	return 0;
}

static int set_nonce(struct run *r, const char *hex, struct err *err)
{
	r->nonce_len = strlen(hex) / 2;
	if (r->nonce_len == 0 || r->nonce_len > sizeof(r->nonce))
		return err_set(err, "a nonce has 1 to %d bytes, in hex", QUOTE_NONCE_MAX);
	return hex_parse(hex, r->nonce, r->nonce_len, err);
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct run *r = ctx;

	switch (id) {
	case OPT_TRUST:
		r->trust_given = true;
		return set_dir(r->set.trust, value, err);
	case OPT_LEVEL:
		return add_level(&r->set.levels, value, err);
	case OPT_EPOCH:
		return cmd_parse_uint(value, 0, UINT32_MAX, &r->set.min_epoch, err);
	case OPT_SECURE_BOOT:
		r->set.secure_boot = true;
		return 0;
	case OPT_BOOT:
		return add_boot(r, value, err);
	case OPT_UNMEASURED:
		r->set.boot = APPRAISE_BOOT_UNMEASURED;
		return 0;
	case OPT_EK_CA:
		return set_dir(r->set.ek_cas, value, err);
	case OPT_NONCE:
		return set_nonce(r, value, err);
	default:
		r->json = true;
		return 0;
	}
}

static int load(struct run *r, const char *path, struct err *err)
{
	const struct msg_enrol *e = &r->offline.enrol;

	if (snprintf(r->set.denied, sizeof(r->set.denied), "%s/denied", r->set.trust) >=
	    VSET_TEXT_MAX)
		return err_set(err, "'%s' is too long", r->set.trust);
	if (!io_exists(r->set.trust))
		return err_set(err, "trust: %s: there is no such directory", r->set.trust);
	r->file = (struct buf)BUF_INIT(OFFLINE_MAX);
	if (trust_load(&r->set, &r->trust, err) < 0 || io_read_file(path, &r->file, err) < 0)
		return -1;
	if (offline_decode(r->file.data, r->file.len, &r->offline, err) < 0 ||
	    public_decode(e->ak_public.data, e->ak_public.len, &r->ak, err) < 0 ||
	    public_decode(e->ek_public.data, e->ek_public.len, &r->ek, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

static int refuse_identity(struct run *r, const char *why)
{
	r->verdict.pass = false;
	return verdict_add(&r->verdict, VERDICT_IDENTITY, VERDICT_NO_ENTRY, "%s", why);
}

/* What enrolment proves cannot be proven by a file: that AK and EK are of one TPM. */
static void check_identity(struct run *r)
{
	const struct msg_enrol *e = &r->offline.enrol;
	const struct ek_claim claim = { e->ek_cert.data, e->ek_cert.len, &r->ek };
	uint8_t id[EVIDENCE_HOST_SIZE];
	struct err why = ERR_INIT;

	if (public_check_ek(&r->ek, &why) < 0 || enrol_host_id(&r->ek, id, &why) < 0)
		(void)refuse_identity(r, why.text);
	else if (memcmp(id, r->offline.evidence.host, sizeof(id)) != 0)
		(void)refuse_identity(r, "the evidence is of another host than the EK");
	if (!*r->set.ek_cas)
		return;
	if (!r->trust->ek)
		(void)refuse_identity(r, "the directory of --ek-ca is not there");
	else if (ek_cert_verify(r->trust->ek, &claim, now_s(), r->host->ca, &why) < 0)
		(void)refuse_identity(r, why.text);
	else
		r->host->certified = true;
}

static void check_nonce(struct run *r)
{
	const struct bytes *nonce = &r->offline.evidence.nonce;

	if (r->nonce_len == 0 ||
	    (nonce->len == r->nonce_len && memcmp(nonce->data, r->nonce, r->nonce_len) == 0))
		return;
	r->verdict.pass = false;
	(void)verdict_add(&r->verdict, VERDICT_NONCE, VERDICT_NO_ENTRY,
			  "it was made for another nonce");
}

static int judge(struct run *r, struct err *err)
{
	r->input = (struct appraise_input){ .policy = &r->trust->policy,
					    .judge = r->trust->judge,
					    .ak = &r->ak,
					    .evidence = &r->offline.evidence,
					    .boots = r->boots,
					    .n_boots = r->n_boots };
	if (appraise_round(&r->input, &r->verdict, err) < 0)
		return -1;
	check_identity(r);
	check_nonce(r);
	if (r->input.more || (!r->verdict.pass && r->verdict.n == 0)) {
		r->verdict.pass = false;
		(void)verdict_add(&r->verdict, VERDICT_EVIDENCE, VERDICT_NO_ENTRY,
				  "it is not whole");
	}
	return 0;
}

/* The same JSON and words as of a host in the store. */
static int fill_host(struct run *r, struct err *err)
{
	struct host *h = r->host;

	memcpy(h->id, r->offline.evidence.host, sizeof(h->id));
	strcpy(h->name, r->offline.enrol.name);
	h->state = r->verdict.pass ? HOST_PASS : HOST_FAIL;
	h->last_round = now_s();
	h->since = h->last_round;
	r->progress.state = r->input.state;
	memcpy(r->progress.trust, r->trust->digest, sizeof(r->progress.trust));
	progress_note_keys(&r->progress, &r->offline.evidence);
	if (r->verdict.n && reasons_add(&r->verdict, &h->reasons, err) < 0)
		return -1;
	return progress_encode(&r->progress, &h->progress, err);
}

static int tell(struct run *r, struct err *err)
{
	AUTO_JSON json = NULL;

	if (fill_host(r, err) < 0)
		return -1;
	json = result_host_json(r->host, r->trust, r->host->last_round, RESULT_FULL);
	if (!json)
		return err_set(err, "out of memory");
	(void)json_array_append_new(
		json_object_get(json, "warnings"),
		json_string("nothing proves that EK and AK are of one TPM: enrolment does"));
	if (!r->nonce_len)
		(void)json_array_append_new(
			json_object_get(json, "warnings"),
			json_string("no nonce was given: nothing proves when it was made"));
	(void)json_object_del(json, "next_due");
	(void)json_object_del(json, "approved_boots");
	if (r->json)
		return cmd_json_print(take_ptr(&json), err);
	words_host(json);
	return 0;
}

static int cmd_appraise(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_run) struct run *r = calloc(1, sizeof(*r));
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first;

	if (!r || !(r->host = host_new())) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	vset_default(&r->set);
	r->set.ek_cas[0] = '\0';
	first = cmd_options(cmd, argc, argv, take_option, r, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (argc - first != 1)
		return cmd_misuse(cmd, "one file of evidence is needed");
	if (!r->trust_given)
		return cmd_misuse(cmd, "--trust is needed: without it nothing is trusted");
	if (load(r, argv[first], &err) < 0 || judge(r, &err) < 0 || tell(r, &err) < 0)
		return cmd_fail(cmd, &err);
	return r->verdict.pass ? CMD_YES : CMD_NO;
}

const struct cmd command_appraise = {
	.name = "appraise",
	.operands = "EVIDENCE",
	.summary = "judge a file of evidence, without service or network",
	.about =
		"EVIDENCE is what 'assay attest collect' wrote.  It is judged as a round of a host "
		"of which\nnothing is known.  Exit status: 0 pass, 1 fail, 2 trouble.",
	.options = options,
	.run = cmd_appraise,
};

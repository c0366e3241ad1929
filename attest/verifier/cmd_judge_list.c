/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-verifier judge-list: one measurement list, without a TPM and without the service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/list.h"
#include "attest/verifier/commands.h"
#include "attest/verifier/trust.h"
#include "base/hex.h"
#include "base/io.h"
#include "cli/json.h"

#define AGGREGATES_MAX 8
#define JOBS_MAX 64
#define DIGEST_TEXT_MAX (sizeof("sha256:") + 2 * HASH_SIZE_MAX)

enum option {
	OPT_CERT = 1,
	OPT_PCR,
	OPT_AGGREGATE,
	OPT_DENIED,
	OPT_VIOLATIONS,
	OPT_MODULES,
	OPT_JOBS,
	OPT_JSON
};

static const struct cmd_option options[] = {
	{ "cert", OPT_CERT, 'c', "FILE", "certificate that is trusted (repeatable)" },
	{ "pcr", OPT_PCR, 0, "ALGO:HEX", "what PCR 10 holds, e.g. sha256:..." },
	{ "aggregate", OPT_AGGREGATE, 0, "ALGO:HEX", "the right boot_aggregate (repeatable)" },
	{ "denied", OPT_DENIED, 0, "FILE", "digests that are not to run, one ALGO:HEX a line" },
	{ "allow-violations", OPT_VIOLATIONS, 0, NULL, "count violations, do not judge them" },
	{ "modules-enforced", OPT_MODULES, 0, NULL, "the host lets in signed kernel modules only" },
	{ "jobs", OPT_JOBS, 'j', "N", "threads (default: one per processor)" },
	{ "json", OPT_JSON, 0, NULL, "one JSON object" },
	{ .name = NULL },
};

struct request {
	struct cert_set certs;
	struct list_trust trust;
	struct list_expect expect;
	struct digest aggregates[AGGREGATES_MAX];
	struct digest *denied;
	unsigned int jobs;
	bool json;
	const char *path;
};

static void cleanup_request(struct request **request)
{
	if (!*request)
		return;
	cert_set_done(&(*request)->certs);
	free((*request)->denied);
	free(*request);
}

/* Here a file that is not there is none that was meant. */
static int load_denied(struct request *r, const char *path, struct err *err)
{
	if (r->denied)
		return err_set(err, "given twice");
	if (!io_exists(path))
		return err_set(err, "%s: there is no such file", path);
	return trust_read_denied(path, &r->denied, &r->trust.n_denied, err);
}

static int add_aggregate(struct request *r, const char *value, struct err *err)
{
	if (r->expect.n_aggregates == AGGREGATES_MAX)
		return err_set(err, "more than %d", AGGREGATES_MAX);
	if (trust_parse_digest(value, &r->aggregates[r->expect.n_aggregates], err) < 0)
		return -1;
	r->expect.n_aggregates++;
	return 0;
}

static int set_jobs(struct request *r, const char *value, struct err *err)
{
	unsigned long n;

	if (cmd_parse_uint(value, 1, JOBS_MAX, &n, err) < 0)
		return -1;
	r->jobs = (unsigned int)n;
	return 0;
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct request *r = ctx;

	switch ((enum option)id) {
	case OPT_CERT:
		return cert_set_add_file(&r->certs, value, err);
	case OPT_PCR:
		return trust_parse_digest(value, &r->expect.pcr, err);
	case OPT_AGGREGATE:
		return add_aggregate(r, value, err);
	case OPT_DENIED:
		return load_denied(r, value, err);
	case OPT_VIOLATIONS:
		r->trust.violations_allowed = true;
		return 0;
	case OPT_MODULES:
		r->expect.modules_enforced = true;
		return 0;
	case OPT_JOBS:
		return set_jobs(r, value, err);
	case OPT_JSON:
		r->json = true;
		return 0;
	}
	return err_set(err, "option %d is not handled", id);
}

/* The one place that says yes. */
static void conclude(const struct request *r, const struct list_input *input)
{
	struct verdict *v = input->verdict;

	v->pass = v->n == 0 && v->more == 0 && input->result.entries > 0 && r->certs.n > 0 &&
		  (r->expect.pcr.len == 0 || input->result.replayed);
}

static void print_text(const struct request *r, const struct list_input *input)
{
	const struct verdict *v = input->verdict;

	for (size_t i = 0; i < v->n; i++) {
		if (v->reasons[i].entry != VERDICT_NO_ENTRY)
			(void)printf("entry %llu: ", (unsigned long long)v->reasons[i].entry);
		(void)printf("%s: ", verdict_code_name(v->reasons[i].code));
		cmd_print_name(stdout, v->reasons[i].text);
		(void)printf("\n");
	}
	if (v->more)
		(void)printf("and %zu more\n", v->more);
	(void)printf("%s: %llu entries judged, %zu bytes follow%s\n", v->pass ? "pass" : "fail",
		     (unsigned long long)input->result.entries,
		     input->len - (size_t)input->result.bytes,
		     r->expect.pcr.len ? "" : ", not held against a PCR");
}

static json_t *json_reasons(const struct verdict *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		const struct verdict_reason *reason = &v->reasons[i];
		json_t *o = json_object();

		(void)json_object_set_new(o, "code", json_string(verdict_code_name(reason->code)));
		(void)json_object_set_new(o, "entry",
					  reason->entry == VERDICT_NO_ENTRY
						  ? json_null()
						  : json_integer((json_int_t)reason->entry));
		(void)json_object_set_new(o, "text", cmd_json_name(reason->text));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* What the PCR of the bank of SHA-256, or of the quote, holds after the entries. */
static json_t *json_pcr(const struct request *r, const struct list_input *input)
{
	char text[DIGEST_TEXT_MAX];
	size_t n;

	if (r->expect.pcr.len && !input->result.replayed)
		return json_null();
	if (r->expect.pcr.len) {
		n = (size_t)snprintf(text, sizeof(text), "%s:", hash_algo_name(r->expect.pcr.algo));
		hex_format(r->expect.pcr.data, r->expect.pcr.len, text + n);
	} else {
		n = (size_t)snprintf(text, sizeof(text), "sha256:");
		hex_format(input->state.sha256, sizeof(input->state.sha256), text + n);
	}
	return json_string(text);
}

static int print_json(const struct request *r, const struct list_input *input, struct err *err)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "list", cmd_json_name(r->path));
	(void)json_object_set_new(o, "pass", json_boolean(input->verdict->pass));
	(void)json_object_set_new(o, "replayed",
				  r->expect.pcr.len ? json_boolean(input->result.replayed)
						    : json_null());
	(void)json_object_set_new(o, "pcr10", json_pcr(r, input));
	(void)json_object_set_new(o, "entries", json_integer((json_int_t)input->result.entries));
	(void)json_object_set_new(o, "bytes", json_integer((json_int_t)input->result.bytes));
	(void)json_object_set_new(
		o, "left", json_integer((json_int_t)(input->len - (size_t)input->result.bytes)));
	(void)json_object_set_new(o, "violations",
				  json_integer((json_int_t)input->state.violations));
	(void)json_object_set_new(o, "reasons", json_reasons(input->verdict));
	(void)json_object_set_new(o, "more", json_integer((json_int_t)input->verdict->more));
	return cmd_json_print(o, err);
}

static int judge(struct request *r, struct list_judge *judge, struct err *err)
{
	AUTO_BUF list = BUF_INIT(LIST_MAX);
	AUTO_MEM struct verdict *verdict = calloc(1, sizeof(*verdict));
	struct list_input input = { .verdict = verdict };

	if (!verdict)
		return err_set(err, "out of memory");
	if (io_read_file(r->path, &list, err) < 0)
		return -1;
	verdict_init(verdict);
	input.data = list.data;
	input.len = list.len;
	if (list_judge_run(judge, r->jobs, &r->expect, &input, err) < 0)
		return -1;
	conclude(r, &input);
	if (!r->json)
		print_text(r, &input);
	else if (print_json(r, &input, err) < 0)
		return -1;
	return verdict->pass ? CMD_YES : CMD_NO;
}

static void cleanup_judge(struct list_judge **judge)
{
	list_judge_free(*judge);
}

int cmd_judge_list(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_request) struct request *r = calloc(1, sizeof(*r));
	CLEANUP(cleanup_judge) struct list_judge *made = NULL;
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first;

	if (!r) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	first = cmd_options(cmd, argc, argv, set_option, r, &ret);
	if (first < 0)
		return ret;
	if (argc - first != 1)
		return cmd_misuse(cmd, "one measurement list is needed");
	if (r->certs.n == 0)
		return cmd_misuse(cmd, "--cert is needed: without one nothing is trusted");
	r->path = argv[first];
	r->trust.certs = &r->certs;
	r->trust.denied = r->denied;
	r->expect.aggregates = r->aggregates;
	if (list_judge_new(&r->trust, LIST_CACHE_DEFAULT, &made, &err) < 0)
		return cmd_fail(cmd, &err);
	ret = judge(r, made, &err);
	return ret < 0 ? cmd_fail(cmd, &err) : ret;
}

const struct cmd command_judge_list = {
	.name = "judge-list",
	.operands = "LIST",
	.summary = "judge one binary measurement list",
	.about = "LIST is a copy of /sys/kernel/security/ima/binary_runtime_measurements.\n"
		 "Prints a line for each entry that is refused, and the verdict.\n"
		 "Exit status: 0 pass, 1 fail, 2 trouble.",
	.options = options,
	.run = cmd_judge_list,
};

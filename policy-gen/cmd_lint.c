/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-policy lint: what the kernels would reject, and what the policy lets through. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "ima/policy_lint.h"
#include "cli/json.h"
#include "policy-gen/commands.h"
#include "policy-gen/kernels.h"

enum { OPT_KERNEL, OPT_LSM, OPT_MODE, OPT_GRAMMAR, OPT_JSON };

const struct cmd_option lint_options[] = {
	{ "kernel", OPT_KERNEL, 0, "VERSION",
	  "kernel to judge for; 'all': every grammar; repeatable; default: the running one" },
	{ "lsm", OPT_LSM, 0, "NAME", "none, apparmor (default), selinux or smack" },
	{ "mode", OPT_MODE, 0, "MODE", "what it is meant to do: enforce or log; default: guessed" },
	{ "grammar", OPT_GRAMMAR, 0, NULL, "only what the kernel would reject" },
	{ "json", OPT_JSON, 0, NULL, "findings as a JSON object" },
	{ .name = NULL },
};

struct finding {
	unsigned int line;
	enum lint_kind kind;
	char *text;
	uint32_t kernels; /* a bit for each of the kernels given */
};

struct run {
	struct kernels kernels;
	enum lint_intent intent;
	bool grammar_only;
	bool json;
	size_t now; /* index of the kernel being judged for */
	struct finding *found;
	size_t n;
};

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct run *r = ctx;

	switch (id) {
	case OPT_KERNEL:
		return kernels_add(&r->kernels, value, err);
	case OPT_LSM:
		return kernels_set_lsm(&r->kernels, value, err);
	case OPT_MODE:
		if (strcmp(value, "enforce") != 0 && strcmp(value, "log") != 0)
			return err_set(err, "'%s' is neither enforce nor log", value);
		r->intent = *value == 'e' ? LINT_INTENT_ENFORCE : LINT_INTENT_LOG;
		return 0;
	case OPT_GRAMMAR:
		r->grammar_only = true;
		return 0;
	default:
		r->json = true;
		return 0;
	}
}

/* Findings that several kernels share are one. */
static int collect(void *ctx, unsigned int line, enum lint_kind kind, const char *text,
		   struct err *err)
{
	struct run *r = ctx;
	struct finding *grown;

	if (r->grammar_only && kind != LINT_GRAMMAR)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (r->found[i].line == line && r->found[i].kind == kind &&
		    strcmp(r->found[i].text, text) == 0) {
			r->found[i].kernels |= UINT32_C(1) << r->now;
			return 0;
		}
	grown = reallocarray(r->found, r->n + 1, sizeof(*grown));
	if (!grown)
		return err_set(err, "out of memory");
	r->found = grown;
	grown[r->n] = (struct finding){ line, kind, strdup(text), UINT32_C(1) << r->now };
	if (!grown[r->n].text)
		return err_set(err, "out of memory");
	r->n++;
	return 0;
}

static int by_line(const void *pa, const void *pb)
{
	const struct finding *a = pa;
	const struct finding *b = pb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static bool everywhere(const struct run *r, const struct finding *f)
{
	return f->kernels == (r->kernels.n == 32 ? UINT32_MAX : (UINT32_C(1) << r->kernels.n) - 1);
}

static void print_text(const struct run *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *f = &r->found[i];

		cmd_print_name(stdout, name);
		if (f->line)
			(void)printf(":%u", f->line);
		(void)printf(": %s: ", lint_kind_name(f->kind));
		cmd_print_name(stdout, f->text);
		for (size_t k = 0, shown = 0; !everywhere(r, f) && k < r->kernels.n; k++)
			if (f->kernels & (UINT32_C(1) << k))
				(void)printf("%s%u.%u", shown++ ? ", " : " (kernel ",
					     r->kernels.kernel[k].version.major,
					     r->kernels.kernel[k].version.minor);
		(void)printf("%s\n", everywhere(r, f) ? "" : ")");
	}
}

static json_t *kernel_list(const struct run *r, uint32_t which)
{
	json_t *list = json_array();

	for (size_t k = 0; k < r->kernels.n; k++)
		if (which & (UINT32_C(1) << k))
			(void)json_array_append_new(
				list, json_sprintf("%u.%u", r->kernels.kernel[k].version.major,
						   r->kernels.kernel[k].version.minor));
	return list;
}

static json_t *finding_json(const struct run *r, const struct finding *f)
{
	return json_pack("{s:i, s:s, s:o, s:o}", "line", (int)f->line, "kind",
			 lint_kind_name(f->kind), "text", cmd_json_name(f->text), "kernels",
			 kernel_list(r, f->kernels));
}

static int print_json(const struct run *r, const char *name, struct err *err)
{
	json_t *list = json_array();
	json_t *top;
	int rc = 0;

	for (size_t i = 0; i < r->n; i++)
		rc |= json_array_append_new(list, finding_json(r, &r->found[i]));
	top = json_pack("{s:o, s:o, s:o}", "file", cmd_json_name(name), "kernels",
			kernel_list(r, UINT32_MAX), "findings", list);
	if (rc < 0 || !top) {
		json_decref(top);
		return err_set(err, "out of memory");
	}
	rc = json_dumpf(top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(top);
	(void)putchar('\n');
	return rc < 0 ? err_set(err, "stdout: can't write JSON") : 0;
}

static void run_done(struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->found[i].text);
	free(r->found);
}

static int lint_file(struct run *r, const char *name, struct err *err)
{
	AUTO_BUF text = BUF_INIT(POLICY_MAX);
	const struct lint_sink sink = { .fn = collect, .ctx = r };
	struct policy_text in;

	if (strcmp(name, "-") == 0 ? io_read_fd(STDIN_FILENO, "stdin", &text, err)
				   : io_read_file(name, &text, err))
		return -1;
	in = (struct policy_text){ buf_text(&text), text.len };
	for (r->now = 0; r->now < r->kernels.n; r->now++)
		if (policy_lint(in, &r->kernels.kernel[r->now], r->intent, &sink, err) < 0)
			return err_prepend(err, "%s", name);
	if (r->n)
		qsort(r->found, r->n, sizeof(*r->found), by_line);
	return 0;
}

int cmd_lint(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(run_done) struct run r = { .kernels = { .lsm = LSM_APPARMOR } };
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, take_option, &r, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (argc - first != 1)
		return cmd_misuse(cmd, "it takes one policy file, '-' for stdin");
	if (kernels_finish(&r.kernels, &err) < 0 || lint_file(&r, argv[first], &err) < 0)
		return cmd_fail(cmd, &err);
	if (r.json && print_json(&r, argv[first], &err) < 0)
		return cmd_fail(cmd, &err);
	if (!r.json)
		print_text(&r, argv[first]);
	return r.n ? CMD_NO : CMD_YES;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linter: what it finds in bad policies, and that it finds nothing in the generated ones. */
#include "ima/policy_gen.h"
#include "ima/policy_lint.h"

#include "unit/unit.h"

#define SIG "appraise_type=imasig"
#define V3 "digest_type=verity appraise_type=sigv3"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"

/* Every hook as it should be, so that only what a test adds is found. */
#define WHOLE \
	"appraise func=BPRM_CHECK " SIG "\nappraise func=MMAP_CHECK " V3 "\n" \
	"appraise func=MODULE_CHECK " SIG "\nappraise func=FIRMWARE_CHECK " SIG "\n" \
	"appraise func=KEXEC_KERNEL_CHECK " SIG "\nappraise func=KEXEC_INITRAMFS_CHECK " SIG "\n" \
	"appraise func=POLICY_CHECK " SIG "\n"

struct findings {
	char text[8192];
	size_t n;
};

static int collect(void *ctx, unsigned int line, enum lint_kind kind, const char *text,
		   struct err *err)
{
	struct findings *f = ctx;
	size_t len = strlen(f->text);

	(void)err;
	(void)snprintf(f->text + len, sizeof(f->text) - len, "%u %s: %s\n", line,
		       lint_kind_name(kind), text);
	f->n++;
	return 0;
}

static int refuse(void *ctx, unsigned int line, enum lint_kind kind, const char *text,
		  struct err *err)
{
	(void)ctx;
	(void)line;
	(void)kind;
	return err_set(err, "refused: %s", text);
}

static int lint(const char *text, enum lint_intent intent, struct findings *ret)
{
	struct policy_kernel kernel = policy_kernel_debian((struct kernel_version){ 6, 12 });
	struct err err = ERR_INIT;

	*ret = (struct findings){ .n = 0 };
	return policy_lint((struct policy_text){ text, strlen(text) }, &kernel, intent,
			   &(struct lint_sink){ collect, ret }, &err);
}

/* The only finding, and its text holds the part. */
static bool finds(const char *text, const char *part)
{
	struct findings f;

	if (lint(text, LINT_INTENT_ANY, &f) == 0 && f.n == 1 && strstr(f.text, part))
		return true;
	(void)fprintf(stderr, "%s\n=> %s", text, f.text);
	return false;
}

static bool finds_nothing(const char *text)
{
	struct findings f;

	if (lint(text, LINT_INTENT_ANY, &f) == 0 && f.n == 0)
		return true;
	(void)fprintf(stderr, "%s\n=> %s", text, f.text);
	return false;
}

static void whole_policy_is_clean(void)
{
	CHECK(finds_nothing(WHOLE));
	CHECK(finds_nothing("appraise " V3 "\n"));
	CHECK(finds_nothing(WHOLE "measure func=KEY_CHECK\ndont_measure fsname=tmpfs\n"));
}

static void generated_policies_are_clean(void)
{
	static const struct kernel_version kernels[] = { { 5, 10 }, { 5, 19 }, { 6, 1 },
							 { 6, 12 }, { 7, 1 },  { 7, 3 } };

	for (size_t i = 0; i < ARRAY_LEN(kernels) * 8; i++) {
		struct policy_plan plan = {
			.mode = i & 1 ? POLICY_GEN_LOG : POLICY_GEN_ENFORCE,
			.profile = i & 2 ? POLICY_GEN_VERITY : POLICY_GEN_SIGNATURE,
			.kernel = kernels[i / 8],
			.no_measure = i & 4,
		};
		struct policy_kernel kernel = policy_kernel_debian(plan.kernel);
		AUTO_BUF text = BUF_INIT(POLICY_MAX);
		struct findings f = { .n = 0 };
		struct err err = ERR_INIT;

		if (policy_generate(&plan, &text, &err) < 0) {
			CHECK(kernels[i / 8].minor == 10 && strstr(err.text, "5.19"));
			continue;
		}
		CHECK_OK(policy_lint((struct policy_text){ buf_text(&text), text.len }, &kernel,
				     plan.mode == POLICY_GEN_LOG ? LINT_INTENT_LOG
								 : LINT_INTENT_ENFORCE,
				     &(struct lint_sink){ collect, &f }, &err),
			 &err);
		CHECK_STR(f.text, "");
	}
}

static void mixed_file_systems_are_clean(void)
{
	struct policy_plan plan = { .profile = POLICY_GEN_VERITY,
				    .kernel = { 6, 12 },
				    .signature_fs = { UUID },
				    .n_signature_fs = 1,
				    .verity_fs = { "11111111-89ab-cdef-0123-456789abcdef" },
				    .n_verity_fs = 1 };
	AUTO_BUF text = BUF_INIT(POLICY_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(policy_generate(&plan, &text, &err), &err);
	CHECK(finds_nothing(buf_text(&text)));
	CHECK(strstr(buf_text(&text), "fsuuid=" UUID) != NULL);
	plan.verity_fs[0] = "01234567-89AB-CDEF-0123-456789ABCDEF";
	CHECK_FAILS(policy_generate(&plan, &text, &err), &err, "is named twice");
	plan.verity_fs[0] = "nonsense";
	CHECK_FAILS(policy_generate(&plan, &text, &err), &err, "is not a file system's UUID");
	plan.verity_fs[0] = "01234567-89AB-CDEF-0123-456789ABCDEX";
	CHECK_FAILS(policy_generate(&plan, &text, &err), &err, "is not a file system's UUID");
}

static void missing_hooks(void)
{
	struct findings f;

	CHECK(lint("appraise func=BPRM_CHECK " SIG "\n", LINT_INTENT_ANY, &f) == 0 && f.n == 6);
	CHECK(strstr(f.text, "0 hole: no rule 'appraise func=MMAP_CHECK': libraries"));
	CHECK(lint("audit func=BPRM_CHECK\n", LINT_INTENT_ANY, &f) == 0 && f.n == 6);
	CHECK(strstr(f.text, "no rule 'audit func=MMAP_CHECK'"));
	CHECK(lint("audit\n", LINT_INTENT_ANY, &f) == 0 && f.n == 0);
	CHECK(lint("audit\n", LINT_INTENT_ENFORCE, &f) == 0 && f.n == 7);
	CHECK(lint(WHOLE, LINT_INTENT_LOG, &f) == 0 && f.n == 7);
	CHECK(lint("measure\n", LINT_INTENT_ANY, &f) == 0 && f.n == 7);
	CHECK(lint("# nothing\n", LINT_INTENT_ANY, &f) == 0 && f.n == 1);
	CHECK(strstr(f.text, "it has no rule"));
}

static void conditions_leave_others_out(void)
{
	struct findings f;

	CHECK(lint("appraise uid=0 " V3 "\n", LINT_INTENT_ANY, &f) == 0 && f.n == 7);
	CHECK(strstr(f.text, "1 hole: only what these conditions match is covered"));
	CHECK(finds_nothing("appraise func=BPRM_CHECK uid=0 " SIG "\n" WHOLE));
	CHECK(lint("appraise obj_type=x " SIG "\n", LINT_INTENT_ANY, &f) == 0);
	CHECK(strstr(f.text, "1 grammar: obj_type= needs SELinux"));
}

static void exemptions(void)
{
	struct findings f;

	CHECK(finds("dont_appraise fsmagic=0x01021994\n" WHOLE, "1 hole: takes what is written to "
								"memory file systems"));
	CHECK(finds("dont_appraise fsname=tmpfs\n" WHOLE, "memory file systems"));
	CHECK(finds("dont_appraise fsname=overlay\n" WHOLE, "upper layer"));
	CHECK(finds("dont_appraise fsname=nfs\n" WHOLE, "a server or another process"));
	CHECK(finds("dont_appraise fsname=proc\n" WHOLE, "nothing executable, needlessly"));
	CHECK(finds("dont_appraise fowner=1000\n" WHOLE, "by their owner"));
	CHECK(finds("dont_appraise uid=1000\n" WHOLE, "what certain users do"));
	CHECK(finds("dont_appraise fsuuid=" UUID "\n" WHOLE, "a whole file system"));
	CHECK(lint("dont_appraise mask=MAY_EXEC\n" WHOLE, LINT_INTENT_ANY, &f) == 0 && f.n == 3);
	CHECK(strstr(f.text, "1 hole: takes what its conditions match out of line 2"));
	CHECK(finds("dont_appraise func=MODULE_CHECK\n" WHOLE "appraise " SIG "\n", "hole: ") ==
	      false);
	CHECK(finds_nothing(WHOLE "dont_appraise func=FILE_CHECK fsname=tmpfs\nappraise "
				  "func=CREDS_CHECK " SIG "\n"));
}

static void what_is_not_recorded_is_weak(void)
{
	CHECK(finds("dont_measure fsname=tmpfs\nmeasure func=BPRM_CHECK\n" WHOLE,
		    "1 weak: takes what is written to memory file systems"));
	CHECK(finds("dont_hash fowner=1000\nhash func=MODULE_CHECK\n" WHOLE,
		    "1 weak: takes files by their owner"));
	CHECK(finds_nothing("dont_measure fsname=tmpfs\n" WHOLE));
}

/* Only that it does nothing is said of a rule that does nothing. */
static void idle_rules_are_found_once(void)
{
	CHECK(finds("dont_appraise func=BPRM_CHECK mask=MAY_READ\n" WHOLE,
		    "1 unreachable: func=BPRM_CHECK is never called with this mask"));
	CHECK(finds("dont_measure func=BPRM_CHECK mask=MAY_READ\nmeasure func=BPRM_CHECK\n" WHOLE,
		    "1 unreachable: func=BPRM_CHECK is never called with this mask"));
	CHECK(finds("appraise func=MODULE_CHECK mask=MAY_EXEC\n" WHOLE, "1 unreachable: "));
	CHECK(finds("measure func=BPRM_CHECK mask=MAY_READ pcr=24\n" WHOLE, "1 unreachable: "));
}

static void exemptions_behind_do_nothing(void)
{
	CHECK(finds("appraise " V3 "\ndont_appraise fsname=tmpfs\n",
		    "2 unreachable: line 1 matches all of this first"));
	CHECK(finds("audit func=BPRM_CHECK\naudit func=BPRM_CHECK uid=0\n" WHOLE,
		    "2 unreachable: line 1"));
	CHECK(finds("audit fowner<10\naudit fowner=5 func=BPRM_CHECK\n" WHOLE, "2 unreachable"));
	CHECK(finds("audit fowner>4\naudit fowner>10\n" WHOLE, "2 unreachable"));
	CHECK(finds("audit mask=^MAY_EXEC\naudit func=BPRM_CHECK\n" WHOLE, "2 unreachable"));
	CHECK(finds("measure func=BPRM_CHECK mask=MAY_READ\n" WHOLE,
		    "1 unreachable: func=BPRM_CHECK is never called with this mask"));
	CHECK(finds_nothing("audit fowner<10\naudit fowner=10\naudit fsname=a\n"
			    "audit fsname=b\naudit fsmagic=1\naudit fsmagic=2\n"
			    "audit fsuuid=" UUID "\naudit uid=1\naudit gid=1\naudit "
			    "euid=1\naudit mask=MAY_READ\naudit mask=^MAY_READ\n" WHOLE));
	CHECK(finds_nothing(
		"measure func=BPRM_CHECK\nmeasure func=KEY_CHECK\nmeasure func=CRITICAL_DATA "
		"label=a\nmeasure func=CRITICAL_DATA label=b\n" WHOLE));
}

static void weak_rules(void)
{
	struct findings f;

	CHECK(lint("appraise\n", LINT_INTENT_ANY, &f) == 0 && f.n == 2);
	CHECK(strstr(f.text, "1 hole: takes a plain hash"));
	CHECK(strstr(f.text, "1 weak: a user's new file passes while it is empty"));
	CHECK(finds("appraise func=MMAP_CHECK fowner<1001 " SIG "\n" WHOLE,
		    "1 weak: a user's new"));
	CHECK(finds("appraise func=MMAP_CHECK fowner>2 " SIG "\n" WHOLE, "1 weak: a user's new"));
	CHECK(finds_nothing("appraise func=MMAP_CHECK fowner<3 " SIG "\n" WHOLE));
	CHECK(finds("appraise permit_directio " V3 "\n", "1 hole: permit_directio"));
	CHECK(finds("appraise appraise_algos=sha1,sha256 " V3 "\n",
		    "1 weak: appraise_algos: sha1"));
	CHECK(finds("measure func=BPRM_CHECK pcr=24\n" WHOLE, "1 weak: pcr=24: a TPM has only 24"));
	CHECK(finds("measure func=FILE_CHECK digest_type=verity\n" WHOLE,
		    "1 weak: digest_type=verity needs template=ima-sigv2"));
	CHECK(finds("appraise func=FILE_CHECK fsname=fuse " SIG "\n" WHOLE, "1 weak: on fuse"));
	CHECK(finds_nothing("appraise func=BPRM_CHECK fsname=fuse digest_type=verity "
			    "appraise_type=sigv3\n" WHOLE));
	CHECK(finds("appraise func=FILE_CHECK fsname=sysfs " SIG "\n" WHOLE,
		    "1 unreachable: sysfs holds nothing executable"));
	CHECK(lint("measure func=BPRM_CHECK template=ima-sigv2 digest_type=verity\n" WHOLE,
		   LINT_INTENT_ANY, &f) == 0);
	CHECK(strstr(f.text, "1 weak: digest_type=verity holds for line 2 too"));
	CHECK(lint("measure func=BPRM_CHECK\nappraise func=BPRM_CHECK digest_type=verity "
		   "appraise_type=sigv3\n" WHOLE,
		   LINT_INTENT_ANY, &f) == 0);
	CHECK(strstr(f.text, "1 weak: line 2 makes this record fs-verity digests"));
}

static void trouble(void)
{
	struct policy_kernel kernel = policy_kernel_debian((struct kernel_version){ 6, 12 });
	static char large[POLICY_MAX + 1];
	struct err err = ERR_INIT;

	CHECK_FAILS(policy_lint((struct policy_text){ "foo\n", 4 }, &kernel, LINT_INTENT_ANY,
				&(struct lint_sink){ refuse, NULL }, &err),
		    &err, "refused: no kernel knows");
	CHECK_FAILS(policy_lint((struct policy_text){ "audit\n", 6 }, &kernel, LINT_INTENT_ENFORCE,
				&(struct lint_sink){ refuse, NULL }, &err),
		    &err, "refused: no rule");
	CHECK_FAILS(policy_lint((struct policy_text){ large, sizeof(large) }, &kernel,
				LINT_INTENT_ANY, &(struct lint_sink){ refuse, NULL }, &err),
		    &err, "larger than");
}

static const struct unit_case cases[] = {
	CASE(whole_policy_is_clean),
	CASE(generated_policies_are_clean),
	CASE(mixed_file_systems_are_clean),
	CASE(missing_hooks),
	CASE(conditions_leave_others_out),
	CASE(exemptions),
	CASE(what_is_not_recorded_is_weak),
	CASE(idle_rules_are_found_once),
	CASE(exemptions_behind_do_nothing),
	CASE(weak_rules),
	CASE(trouble),
	CASE_END,
};

UNIT_MAIN(cases)

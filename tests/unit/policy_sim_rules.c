/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulator: which rules decide an operation, and how that is told. */
#include <errno.h>

#include "unit/policy_world.h"

static void loaders_are_opened_and_mapped(void)
{
	static const char opened[] =
		"appraise func=FILE_CHECK mask=MAY_EXEC appraise_type=imasig\n";
	struct sim_result r;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(simulate(&w, BASE, SIM_LOADER, &r) == 0 && !r.allowed && r.killed);
	CHECK(simulate(&w, opened, SIM_LOADER, &r) == 0 && !r.allowed && !r.killed);
	CHECK(allowed(&w, opened, SIM_MMAP));
	CHECK(allowed(&w, "appraise func=BPRM_CHECK appraise_type=imasig\n", SIM_LOADER));
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	CHECK(allowed(&w, BASE, SIM_LOADER) && allowed(&w, opened, SIM_LOADER));
}

static void programs_are_mapped_too(void)
{
	static const char text[] = "appraise func=MMAP_CHECK appraise_type=imasig\n";
	struct sim_result r;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(simulate(&w, text, SIM_EXEC, &r) == 0 && !r.allowed && r.killed);
	w.file.is_elf = false;
	CHECK(allowed(&w, text, SIM_EXEC));
	CHECK(denied(&w, "appraise func=CREDS_CHECK appraise_type=imasig\n", SIM_EXEC, EACCES,
		     "IMA-signature-required"));
	w.kernel = (struct kernel_version){ 6, 18 };
	CHECK(allowed(&w, "appraise func=CREDS_CHECK appraise_type=imasig\n", SIM_EXEC));
	CHECK(denied(&w, "appraise func=MMAP_CHECK_REQPROT\n", SIM_MMAP, EACCES, "missing-hash"));
	CHECK(denied(&w, "appraise func=MMAP_CHECK_REQPROT\n", SIM_MPROTECT, EPERM,
		     "failed-mprotect"));
	CHECK(allowed(&w, "measure func=MMAP_CHECK\nappraise func=BPRM_CHECK\n", SIM_MPROTECT));
}

static void conditions_choose_the_rule(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(allowed(&w, "appraise uid>0\nappraise fowner=77\nappraise fgroup=77\n", SIM_EXEC));
	w.task = policy_task_of(1000, 1000);
	CHECK(!allowed(&w, "appraise uid>0\n", SIM_EXEC) &&
	      allowed(&w, "appraise uid=0\n", SIM_EXEC));
	CHECK(!allowed(&w, "appraise euid=1000\n", SIM_EXEC));
	CHECK(!allowed(&w, "appraise gid=1000\n", SIM_EXEC));
	CHECK(!allowed(&w, "appraise egid>999\n", SIM_EXEC));
	CHECK(allowed(&w, "appraise egid<1000\n", SIM_EXEC));
	w.task.suid = 5;
	w.task.sgid = 6;
	CHECK(allowed(&w, "appraise euid=5\nappraise egid=6\n", SIM_EXEC));
	w.task.cap_setuid = true;
	w.task.cap_setgid = true;
	CHECK(!allowed(&w, "appraise euid=5\n", SIM_EXEC) &&
	      !allowed(&w, "appraise egid=6\n", SIM_EXEC));
	CHECK(!allowed(&w, "appraise fsname=ext4\n", SIM_EXEC));
	CHECK(allowed(&w, "appraise fsname=tmpfs\nappraise fsmagic=1\n", SIM_EXEC));
	CHECK(!allowed(&w, "appraise fsmagic=ef53 mask=^MAY_EXEC\n", SIM_EXEC));
	CHECK(allowed(&w, "appraise mask=MAY_WRITE\n", SIM_EXEC));
	CHECK(allowed(&w, "dont_appraise fowner<4294967294\nappraise\n", SIM_EXEC));
	w.kernel = (struct kernel_version){ 6, 19 };
	CHECK(allowed(&w, "appraise fs_subtype=x\n", SIM_EXEC));
	(void)snprintf(w.file.fs_subtype, sizeof(w.file.fs_subtype), "x");
	CHECK(!allowed(&w, "appraise fs_subtype=x\n", SIM_EXEC));
}

static void unknown_conditions_are_said(void)
{
	static const char uuid[] = "appraise fsuuid=01234567-89ab-cdef-0123-456789abcdef\n";
	AUTO_BUF text = BUF_INIT(4096);
	struct sim_result r;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(simulate(&w, uuid, SIM_EXEC, &r) == 0 && r.allowed);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "could not be judged"));
	w.file.fsuuid_known = true;
	CHECK(simulate(&w, uuid, SIM_EXEC, &r) == 0 && r.allowed &&
	      !r.step[0].decision.has_unknown);
	memcpy(w.file.fsuuid, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
	       16);
	CHECK(!allowed(&w, uuid, SIM_EXEC));
	CHECK(simulate(&w, "appraise subj_role=unconfined\n", SIM_EXEC, &r) == 0);
	CHECK(r.allowed && r.step[0].decision.has_unknown);
}

/* digest_type=verity of a rule that only measures binds the one that appraises. */
static void flags_of_all_matches_count(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	CHECK(denied(&w, "measure func=BPRM_CHECK digest_type=verity\n" BASE, SIM_EXEC, EACCES,
		     "no-verity-digest"));
	w.file.is_verity = true;
	CHECK(denied(&w, "measure func=BPRM_CHECK digest_type=verity\n" BASE, SIM_EXEC, EACCES,
		     "verity-signature-required"));
	CHECK(allowed(&w, "measure func=BPRM_CHECK digest_type=verity\n", SIM_EXEC));
}

static void explanations(void)
{
	AUTO_BUF text = BUF_INIT(8192);
	struct sim_result r;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(simulate(&w, "measure func=BPRM_CHECK\naudit\n" BASE, SIM_EXEC, &r) == 0);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "exec: denied (EACCES): IMA-signature-required\n"));
	CHECK(strstr(buf_text(&text), "rule 3: appraise func=BPRM_CHECK"));
	CHECK(strstr(buf_text(&text), "security.ima: none"));
	CHECK(strstr(buf_text(&text), "also: measured by rule 1"));
	CHECK(strstr(buf_text(&text), "also: audited by rule 2"));
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	buf_reset(&text);
	CHECK(simulate(&w, BASE, SIM_MODULE, &r) == 0);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "module: allowed\n") && strstr(buf_text(&text), "CN=unit"));
	buf_reset(&text);
	CHECK(simulate(&w, BASE, SIM_READ, &r) == 0);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "read: allowed: no rule appraises it"));
	buf_reset(&text);
	set_ima(&w, "\004\004x", 3);
	CHECK(simulate(&w, "appraise func=MMAP_CHECK\n", SIM_EXEC, &r) == 0);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "the process is killed): invalid-hash"));
	CHECK(strstr(buf_text(&text), "3 bytes, type 4, no signature"));
	CHECK(policy_cause_meaning("no such cause") == NULL && policy_cause_meaning(NULL) == NULL);
	CHECK_STR(policy_errno_name(EPERM), "EPERM");
	CHECK_STR(policy_errno_name(0), "unknown error");
}

static void operations_have_names(void)
{
	struct err err = ERR_INIT;
	enum sim_op op;

	for (int i = 0; i < SIM_OPS; i++) {
		CHECK_OK(sim_op_parse(sim_op_name((enum sim_op)i), &op, &err), &err);
		CHECK(op == (enum sim_op)i);
	}
	CHECK_FAILS(sim_op_parse("open", &op, &err), &err, "no operation is named 'open'");
	CHECK_STR(sim_op_name(SIM_OPS), "unknown");
}

static void contexts_of_real_files(void)
{
	struct policy_file f;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(policy_file_load(w.file.fd, "file", &f, &w.err), &w.err);
	CHECK(f.st.st_size == 12 && f.is_elf && !f.is_verity && f.ima.len == 0);
	CHECK(f.fsname[0] != '\0' && f.fsmagic != 0);
	CHECK_FAILS(policy_file_load(-1, "gone", &f, &w.err), &w.err, "gone");
}

static const struct unit_case cases[] = {
	CASE(loaders_are_opened_and_mapped),
	CASE(programs_are_mapped_too),
	CASE(conditions_choose_the_rule),
	CASE(unknown_conditions_are_said),
	CASE(flags_of_all_matches_count),
	CASE(explanations),
	CASE(operations_have_names),
	CASE(contexts_of_real_files),
	CASE_END,
};

UNIT_MAIN(cases)

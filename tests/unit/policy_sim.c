/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulator: verdict and cause by rules, attributes and kernel; the kernel itself is asked in
 * tests/vm/test_policy_diff.py. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "crypto/keygen.h"
#include "ima/evm.h"
#include "ima/policy_explain.h"

#include "unit/unit.h"

#define BASE \
	"appraise func=BPRM_CHECK appraise_type=imasig\n" \
	"appraise func=MMAP_CHECK mask=MAY_EXEC appraise_type=imasig\n" \
	"appraise func=MODULE_CHECK appraise_type=imasig\n"
#define VERITY \
	"appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3\n" \
	"appraise func=MMAP_CHECK digest_type=verity appraise_type=sigv3\n"

/* A key with its certificate, a file, and what the kernel would know of it. */
struct world {
	struct key *key;
	struct signer *signer;
	struct cert_set certs;
	struct policy_file file;
	struct policy_task task;
	struct kernel_version kernel;
	bool evm;
	struct policy policy; /* the last one that was simulated */
	struct err err;
};

static void world_done(struct world *w)
{
	if (w->file.fd > 0)
		(void)close(w->file.fd);
	policy_done(&w->policy);
	signer_free(w->signer);
	key_free(w->key);
	cert_set_done(&w->certs);
}

#define WORLD CLEANUP(world_done) struct world

static int add_cert(struct world *w)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);

	if (keygen_self_sign(w->key, "unit", 1, &der, &w->err) < 0 ||
	    cert_parse(der.data, der.len, &w->certs.cert[0], &w->err) < 0)
		return -1;
	w->certs.n = 1;
	return 0;
}

static int world_init(struct world *w, enum keygen_type type)
{
	char path[4096];

	*w = (struct world){ .kernel = { 6, 12 }, .task = policy_task_of(0, 0) };
	(void)snprintf(path, sizeof(path), "%s/file", unit_tmp());
	w->file.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (w->file.fd < 0 || write(w->file.fd, "\177ELF content", 12) != 12 ||
	    fstat(w->file.fd, &w->file.st) < 0)
		return -1;
	w->file.xattrs = true;
	w->file.is_elf = true;
	w->file.fsmagic = 0xef53;
	(void)snprintf(w->file.fsname, sizeof(w->file.fsname), "ext4");
	if (keygen_generate(type, &w->key, &w->err) < 0 ||
	    signer_new(w->key, &w->signer, &w->err) < 0)
		return -1;
	return add_cert(w);
}

static int digest_of(struct world *w, enum hash_algo algo, struct digest *ret)
{
	return lseek(w->file.fd, 0, SEEK_SET) < 0 ? -1
						  : hash_fd(algo, w->file.fd, "x", ret, &w->err);
}

/* Puts a signature over the digest into the attribute. */
static int sign(struct world *w, enum xattr_type type, const struct digest *digest,
		struct policy_xattr *ret_x)
{
	struct xattr_sig sig = { .type = type,
				 .version =
					 type == XATTR_VERITY_DIGSIG ? XATTR_SIG_V3 : XATTR_SIG_V2,
				 .algo = digest->algo,
				 .keyid = cert_keyid(w->certs.cert[0]) };
	AUTO_BUF blob = BUF_INIT(XATTR_VALUE_MAX);
	size_t len = 0;

	if (signer_sign(w->signer, digest, sig.sig, &len, &w->err) < 0)
		return -1;
	sig.sig_len = (uint16_t)len;
	if (xattr_sig_encode(&sig, &blob, &w->err) < 0)
		return -1;
	memcpy(ret_x->data, blob.data, blob.len);
	ret_x->len = blob.len;
	return 0;
}

static int sign_v2(struct world *w, enum hash_algo algo)
{
	struct digest d;

	return digest_of(w, algo, &d) < 0 ? -1 : sign(w, XATTR_DIGSIG, &d, &w->file.ima);
}

/* Makes it an fs-verity file of some digest, and signs that. */
static int sign_v3(struct world *w)
{
	struct digest d;

	w->file.is_verity = true;
	if (hash_bytes(HASH_SHA256, "root", 4, &w->file.verity, &w->err) < 0 ||
	    xattr_v3_digest(XATTR_VERITY_DIGSIG, &w->file.verity, &d, &w->err) < 0)
		return -1;
	return sign(w, XATTR_VERITY_DIGSIG, &d, &w->file.ima);
}

static void set_ima(struct world *w, const void *data, size_t len)
{
	memcpy(w->file.ima.data, data, len);
	w->file.ima.len = len;
}

/* Simulates under the policy; fails on a policy that does not parse. */
static int simulate(struct world *w, const char *text, enum sim_op op, struct sim_result *ret_r)
{
	struct policy_kernel kernel = policy_kernel_debian(w->kernel);
	struct sim_host host = { .policy = &w->policy,
				 .kernel = w->kernel,
				 .ima = &w->certs,
				 .evm = w->evm ? &w->certs : NULL };

	policy_done(&w->policy);
	if (policy_parse((struct policy_text){ text, strlen(text) }, &kernel, NULL, &w->policy,
			 &w->err) < 0)
		return -1;
	return policy_simulate(&host, &(struct sim_act){ op, &w->file, &w->task }, ret_r, &w->err);
}

static bool allowed(struct world *w, const char *text, enum sim_op op)
{
	struct sim_result r;

	return simulate(w, text, op, &r) == 0 && r.allowed;
}

/* Denied with this errno and cause; NULL: the kernel is silent. */
static bool denied(struct world *w, const char *text, enum sim_op op, int error, const char *cause)
{
	struct sim_result r;

	if (simulate(w, text, op, &r) < 0 || r.allowed || r.error != error)
		return false;
	return cause ? r.decisive->cause && strcmp(r.decisive->cause, cause) == 0
		     : r.decisive->cause == NULL;
}

static void unsigned_files_are_denied(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "IMA-signature-required"));
	CHECK(denied(&w, BASE, SIM_MMAP, EACCES, "IMA-signature-required"));
	CHECK(denied(&w, BASE, SIM_MPROTECT, EPERM, "failed-mprotect"));
	CHECK(denied(&w, BASE, SIM_MODULE, EACCES, "IMA-signature-required"));
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "no-verity-digest"));
	CHECK(denied(&w, "appraise\n", SIM_READ, EACCES, "missing-hash"));
	CHECK(allowed(&w, BASE, SIM_READ) && allowed(&w, BASE, SIM_WRITE));
	CHECK(allowed(&w, BASE, SIM_FIRMWARE) && allowed(&w, "measure\n", SIM_EXEC));
	w.file.is_verity = true;
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "verity-signature-required"));
}

static void signed_files_run(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	CHECK(allowed(&w, BASE, SIM_EXEC) && allowed(&w, BASE, SIM_MMAP));
	CHECK(allowed(&w, BASE, SIM_MODULE));
	CHECK(denied(&w, BASE, SIM_MPROTECT, EPERM, "failed-mprotect"));
	CHECK(denied(&w, "appraise\n", SIM_WRITE, EACCES, NULL));
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "no-verity-digest"));
	CHECK(pwrite(w.file.fd, "x", 1, 11) == 1);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
	CHECK_OK(sign_v2(&w, HASH_SHA512), &w.err);
	CHECK(allowed(&w, BASE, SIM_EXEC));
	w.certs.n = 0;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
	w.certs.n = 1;
}

static void old_kernels_have_no_ecdsa(void)
{
	WORLD w;
	WORLD rsa;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	w.kernel = (struct kernel_version){ 6, 1 };
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
	CHECK_OK(world_init(&rsa, KEYGEN_RSA2048), &rsa.err);
	CHECK_OK(sign_v2(&rsa, HASH_SHA256), &rsa.err);
	rsa.kernel = (struct kernel_version){ 6, 1 };
	CHECK(allowed(&rsa, BASE, SIM_EXEC));
}

static void verity_files_run_by_v3(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(sign_v3(&w), &w.err);
	CHECK(allowed(&w, VERITY, SIM_EXEC) && allowed(&w, VERITY, SIM_MMAP));
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "IMA-signature-required"));
	w.file.verity.data[0] ^= 1;
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "invalid-verity-signature"));
	w.file.ima.data[1] = 2;
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "invalid-signature-version"));
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "verity-signature-required"));
	set_ima(&w, "\004\004hash", 6);
	CHECK(denied(&w, VERITY, SIM_EXEC, EACCES, "verity-signature-required"));
	w.kernel = (struct kernel_version){ 5, 15 };
	set_ima(&w, "\006\003", 2);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "unknown-ima-data"));
}

static void hashes(void)
{
	WORLD w;
	struct digest d;
	uint8_t ng[2 + HASH_SIZE_MAX] = { 4, HASH_SHA1 };

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(digest_of(&w, HASH_SHA1, &d), &w.err);
	memcpy(ng + 2, d.data, d.len);
	set_ima(&w, ng, 2 + d.len);
	CHECK(allowed(&w, "appraise\n", SIM_EXEC));
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "IMA-signature-required"));
	CHECK(denied(&w, "appraise appraise_algos=sha256\n", SIM_EXEC, EACCES,
		     "denied-hash-algorithm"));
	set_ima(&w, ng, d.len);
	CHECK(denied(&w, "appraise\n", SIM_EXEC, EACCES, "invalid-hash"));
	ng[1] = 1; /* the old format: the type, then the digest */
	set_ima(&w, ng + 1, 1 + d.len);
	CHECK(allowed(&w, "appraise\n", SIM_EXEC));
	ng[1] = 99;
	ng[0] = 4;
	set_ima(&w, ng, 2 + d.len);
	CHECK(denied(&w, "appraise\n", SIM_EXEC, EACCES, "invalid-hash"));
	set_ima(&w, "\001md5 has 16 bytes", 17);
	CHECK(!allowed(&w, "appraise\n", SIM_EXEC) && strstr(w.err.text, "security.ima"));
}

static void other_data(void)
{
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	set_ima(&w, "\011x", 2);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "unknown-ima-data"));
	set_ima(&w, "\003", 1);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
	set_ima(&w, "\003\007xxxxxxxx", 10);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature-version"));
	w.kernel = (struct kernel_version){ 5, 15 };
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "unknown"));
	w.kernel = (struct kernel_version){ 7, 1 };
	set_ima(&w, "\003\002xxxxxxxx", 10);
	CHECK(denied(&w, "appraise appraise_type=sigv3\n", SIM_EXEC, EACCES, "IMA-sigv3-required"));
	w.file.ima.len = 0;
	w.file.ima.error = EIO;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "unknown"));
	w.file.xattrs = false;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, NULL));
	w.file.st.st_mode = S_IFCHR | 0755;
	CHECK(allowed(&w, BASE, SIM_EXEC));
}

static void evm_judges_first(void)
{
	WORLD w;
	struct evm_subject subject;
	struct hash_ctx *ctx = NULL;
	struct digest d;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(sign_v2(&w, HASH_SHA256), &w.err);
	w.evm = true;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "missing-HMAC"));
	w.file.evm = (struct policy_xattr){ .data = { 2 }, .len = 21 };
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-HMAC"));
	subject = (struct evm_subject){ w.file.fd, &w.file.st, w.file.ima.data, w.file.ima.len };
	CHECK_OK(hash_new(&ctx, &w.err), &w.err);
	CHECK_OK(evm_portable_digest(ctx, HASH_SHA256, &subject, &d, &w.err), &w.err);
	hash_free(ctx);
	CHECK_OK(sign(&w, XATTR_EVM_PORTABLE, &d, &w.file.evm), &w.err);
	CHECK(allowed(&w, BASE, SIM_EXEC));
	w.file.st.st_uid++;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-fail-immutable"));
	w.file.st.st_uid--;
	w.file.evm.len--;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-fail-immutable"));
}

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
	CASE(unsigned_files_are_denied),
	CASE(signed_files_run),
	CASE(old_kernels_have_no_ecdsa),
	CASE(verity_files_run_by_v3),
	CASE(hashes),
	CASE(other_data),
	CASE(evm_judges_first),
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

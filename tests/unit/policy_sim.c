/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulator: verdict and cause by attributes and kernel; the kernel itself is asked in
 * tests/vm/test_policy_diff.py. */
#include <errno.h>

#include "unit/policy_world.h"

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

/* What kernels since 7.1 take: a v3 signature over the hash of a file that is not in fs-verity. */
static void plain_files_run_by_v3(void)
{
	AUTO_BUF text = BUF_INIT(4096);
	struct sim_result r;
	struct digest d;
	struct digest v3;
	WORLD w;

	CHECK_OK(world_init(&w, KEYGEN_P256), &w.err);
	CHECK_OK(digest_of(&w, HASH_SHA256, &d), &w.err);
	CHECK_OK(xattr_v3_digest(XATTR_DIGSIG, &d, &v3, &w.err), &w.err);
	CHECK_OK(sign(&w, XATTR_DIGSIG, &v3, &w.file.ima), &w.err);
	w.file.ima.data[1] = XATTR_SIG_V3;
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature-version"));
	w.kernel = (struct kernel_version){ 7, 1 };
	CHECK(allowed(&w, BASE, SIM_EXEC));
	CHECK(allowed(&w, "appraise func=BPRM_CHECK appraise_type=sigv3\n", SIM_EXEC));
	CHECK(simulate(&w, BASE, SIM_MODULE, &r) == 0 && r.allowed);
	CHECK_OK(policy_explain(&r, &w.file, &text, &w.err), &w.err);
	CHECK(strstr(buf_text(&text), "signature: v3, sha256, key "));
	CHECK(pwrite(w.file.fd, "x", 1, 11) == 1);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
	CHECK_OK(sign(&w, XATTR_DIGSIG, &d, &w.file.ima), &w.err);
	w.file.ima.data[1] = XATTR_SIG_V3;
	CHECK(pwrite(w.file.fd, "t", 1, 11) == 1);
	CHECK(denied(&w, BASE, SIM_EXEC, EACCES, "invalid-signature"));
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

static const struct unit_case cases[] = {
	CASE(unsigned_files_are_denied),
	CASE(signed_files_run),
	CASE(old_kernels_have_no_ecdsa),
	CASE(verity_files_run_by_v3),
	CASE(plain_files_run_by_v3),
	CASE(hashes),
	CASE(other_data),
	CASE(evm_judges_first),
	CASE_END,
};

UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file with its key and its kernel, and what the simulator says of it. */
#ifndef ASSAY_TESTS_UNIT_POLICY_WORLD_H
#define ASSAY_TESTS_UNIT_POLICY_WORLD_H

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

UNUSED static void world_done(struct world *w)
{
	if (w->file.fd > 0)
		(void)close(w->file.fd);
	policy_done(&w->policy);
	signer_free(w->signer);
	key_free(w->key);
	cert_set_done(&w->certs);
}

#define WORLD CLEANUP(world_done) struct world

UNUSED static int add_cert(struct world *w)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);

	if (keygen_self_sign(w->key, "unit", 1, &der, &w->err) < 0 ||
	    cert_parse(der.data, der.len, &w->certs.cert[0], &w->err) < 0)
		return -1;
	w->certs.n = 1;
	return 0;
}

UNUSED static int world_init(struct world *w, enum keygen_type type)
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

UNUSED static int digest_of(struct world *w, enum hash_algo algo, struct digest *ret)
{
	return lseek(w->file.fd, 0, SEEK_SET) < 0 ? -1
						  : hash_fd(algo, w->file.fd, "x", ret, &w->err);
}

/* Puts a signature over the digest into the attribute. */
UNUSED static int sign(struct world *w, enum xattr_type type, const struct digest *digest,
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

UNUSED static int sign_v2(struct world *w, enum hash_algo algo)
{
	struct digest d;

	return digest_of(w, algo, &d) < 0 ? -1 : sign(w, XATTR_DIGSIG, &d, &w->file.ima);
}

/* Makes it an fs-verity file of some digest, and signs that. */
UNUSED static int sign_v3(struct world *w)
{
	struct digest d;

	w->file.is_verity = true;
	if (hash_bytes(HASH_SHA256, "root", 4, &w->file.verity, &w->err) < 0 ||
	    xattr_v3_digest(XATTR_VERITY_DIGSIG, &w->file.verity, &d, &w->err) < 0)
		return -1;
	return sign(w, XATTR_VERITY_DIGSIG, &d, &w->file.ima);
}

UNUSED static void set_ima(struct world *w, const void *data, size_t len)
{
	memcpy(w->file.ima.data, data, len);
	w->file.ima.len = len;
}

/* Simulates under the policy; fails on a policy that does not parse. */
UNUSED static int simulate(struct world *w, const char *text, enum sim_op op,
			   struct sim_result *ret_r)
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

UNUSED static bool allowed(struct world *w, const char *text, enum sim_op op)
{
	struct sim_result r;

	return simulate(w, text, op, &r) == 0 && r.allowed;
}

/* Denied with this errno and cause; NULL: the kernel is silent. */
UNUSED static bool denied(struct world *w, const char *text, enum sim_op op, int error,
			  const char *cause)
{
	struct sim_result r;

	if (simulate(w, text, op, &r) < 0 || r.allowed || r.error != error)
		return false;
	return cause ? r.decisive->cause && strcmp(r.decisive->cause, cause) == 0
		     : r.decisive->cause == NULL;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* v3 signatures by our library on a host without fs-verity: the digest is computed from the file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/io.h"
#include "crypto/key.h"
#include "ima/verity.h"
#include "ima/xattr.h"

static void free_key(struct key **key)
{
	key_free(*key);
}

static void free_signer(struct signer **signer)
{
	signer_free(*signer);
}

/* What is signed for the file. */
static int load_digest(const char *path, struct digest *ret_digest, struct err *err)
{
	struct digest verity;
	struct stat st;
	AUTO_FD fd = -1;

	if (io_open_regular(path, &fd, err) < 0 || fstat(fd, &st) < 0 ||
	    verity_compute(fd, st.st_size, &verity, err) < 0)
		return -1;
	return xattr_v3_digest(XATTR_VERITY_DIGSIG, &verity, ret_digest, err);
}

/* Does the security.ima of the file hold a signature of it by this certificate? */
static int verify(const char *cert, const char *path, struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set trusted = CERT_SET_INIT;
	const struct cert *by = NULL;
	uint8_t value[XATTR_VALUE_MAX];
	struct xattr_sig sig;
	struct digest digest;
	AUTO_FD fd = -1;
	ssize_t len;

	if (cert_set_add_file(&trusted, cert, err) < 0 || load_digest(path, &digest, err) < 0 ||
	    io_open_regular(path, &fd, err) < 0)
		return -1;
	len = fgetxattr(fd, XATTR_IMA, value, sizeof(value));
	if (len < 0)
		return err_errno(err, XATTR_IMA);
	if (xattr_sig_decode(value, (size_t)len, &sig, err) < 0)
		return -1;
	if (sig.type != XATTR_VERITY_DIGSIG)
		return err_set(err, "no signature for fs-verity");
	return xattr_sig_verify(&sig, &digest, &trusted, &by, err);
}

/* Prints the signature that we would attach. */
static int sign(const char *uri, const char *path, struct err *err)
{
	CLEANUP(free_signer) struct signer *signer = NULL;
	CLEANUP(free_key) struct key *key = NULL;
	struct xattr_sig sig = { .type = XATTR_VERITY_DIGSIG, .version = XATTR_SIG_V3 };
	AUTO_BUF value = BUF_INIT(XATTR_VALUE_MAX);
	struct digest digest;
	size_t len = 0;

	if (load_digest(path, &digest, err) < 0 || key_load(uri, NULL, &key, err) < 0 ||
	    key_keyid(key, &sig.keyid, err) < 0 || signer_new(key, &signer, err) < 0 ||
	    signer_sign(signer, &digest, sig.sig, &len, err) < 0)
		return -1;
	sig.algo = digest.algo;
	sig.sig_len = (uint16_t)len;
	if (xattr_sig_encode(&sig, &value, err) < 0)
		return -1;
	for (size_t i = 0; i < value.len; i++)
		(void)printf("%02x", value.data[i]);
	(void)printf("\n");
	return 0;
}

/* v3 verify CERT FILE, v3 sign KEY FILE: exit 0, or 1 and one line. */
int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	bool verifies = argc == 4 && strcmp(argv[1], "verify") == 0;

	if (argc != 4 || (!verifies && strcmp(argv[1], "sign") != 0))
		return 2;
	if (verifies ? verify(argv[2], argv[3], &err) : sign(argv[2], argv[3], &err)) {
		(void)fprintf(stderr, "v3: %s\n", err.text);
		return 1;
	}
	return 0;
}

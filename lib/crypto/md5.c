/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MD5, for dpkg's records. */
#include "crypto/md5.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/ossl.h"

#define MD5_CHUNK (256 * 1024) /* bytes read at a time */

struct md5 {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
	uint8_t chunk[MD5_CHUNK];
};

int md5_new(struct md5 **ret_md5, struct err *err)
{
	struct md5 *md5 = malloc(sizeof(*md5));

	if (!md5)
		return err_set(err, "out of memory");
	md5->ctx = EVP_MD_CTX_new();
	md5->md = EVP_MD_fetch(NULL, "MD5", NULL);
	if (!md5->ctx || !md5->md) {
		(void)ossl_fail(err, "md5");
		md5_free(md5);
		return -1;
	}
	*ret_md5 = md5;
	return 0;
}

void md5_free(struct md5 *md5)
{
	if (!md5)
		return;
	EVP_MD_CTX_free(md5->ctx);
	EVP_MD_free(md5->md);
	free(md5);
}

int md5_begin(struct md5 *md5, struct err *err)
{
	if (EVP_DigestInit_ex2(md5->ctx, md5->md, NULL) != 1)
		return ossl_fail(err, "md5");
	return 0;
}

int md5_update(struct md5 *md5, const void *data, size_t len, struct err *err)
{
	if (EVP_DigestUpdate(md5->ctx, data, len) != 1)
		return ossl_fail(err, "md5");
	return 0;
}

int md5_final(struct md5 *md5, uint8_t ret_digest[static MD5_SIZE], struct err *err)
{
	unsigned int len = MD5_SIZE;

	if (EVP_DigestFinal_ex(md5->ctx, ret_digest, &len) != 1)
		return ossl_fail(err, "md5");
	return 0;
}

int md5_fd(struct md5 *md5, int fd, const char *name, uint8_t ret_digest[static MD5_SIZE],
	   struct err *err)
{
	if (md5_begin(md5, err) < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, md5->chunk, sizeof(md5->chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read: %s", name);
		if (n == 0)
			return md5_final(md5, ret_digest, err);
		if (md5_update(md5, md5->chunk, (size_t)n, err) < 0)
			return -1;
	}
}

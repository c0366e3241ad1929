/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling texts that are signed by their own means from files. */
#include "sig/domain.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "ima/xattr.h"

static const struct domain {
	const char *line; /* with its LF */
	const char *text;
} domains[] = {
	{ DOMAIN_RECORD_LINE "\n", "an enforcement record" },
	{ DOMAIN_PACKAGE_LINE "\n", "a package's signatures" },
};

/*
 * What the kernel checks a v3 signature against: struct ima_file_id (security/integrity/ima/ima.h,
 * Linux 6.1), a type, an algorithm and a digest.  A v2 signature of a file that holds these bytes
 * would be a v3 signature of the program that has the digest.
 */
static bool is_file_id(const uint8_t *head, size_t len, uint64_t size)
{
	enum hash_algo algo;

	return len >= 2 && (head[0] == XATTR_VERITY_DIGSIG || head[0] == XATTR_DIGSIG) &&
	       hash_algo_decode(head[1], &algo, NULL) == 0 && size == 2 + hash_algo_size(algo);
}

/*
 * Each is signed as a whole, by whoever may: a signature that anybody could have made of one as a
 * file would say that this host is to boot with it, or that the package is vouched for.
 */
const char *domain_of_head(const void *head, size_t len, uint64_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		size_t n = strlen(domains[i].line);

		if (len >= n && memcmp(head, domains[i].line, n) == 0)
			return domains[i].text;
	}
	return is_file_id(head, len, size) ? "another file's digest" : NULL;
}

/*
 * EVM's portable signature is made over the values of security attributes and then struct h_misc
 * (security/integrity/evm/evm_crypto.c, Linux 6.1): inode number and generation, which are zero,
 * owner, group, mode and padding.  A v2 signature of a file that ends so would be security.evm of a
 * file that has them.  No program was found to end like this by itself.
 */
const char *domain_of_tail(const void *tail, size_t len)
{
	static const uint8_t zero[12];
	const uint8_t *misc = tail;
	uint16_t mode;

	if (len != DOMAIN_TAIL_SIZE || memcmp(misc, zero, sizeof(zero)) != 0 || misc[22] ||
	    misc[23])
		return NULL;
	memcpy(&mode, misc + 20, sizeof(mode));
	return S_ISREG(mode) ? "another file's owner and mode" : NULL;
}

int domain_of_fd(int fd, const char **ret_text, struct err *err)
{
	char head[DOMAIN_HEAD_SIZE], tail[DOMAIN_TAIL_SIZE];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return err_errno(err, "read");
	*ret_text = domain_of_head(head, (size_t)n, (uint64_t)st.st_size);
	if (*ret_text || st.st_size < DOMAIN_TAIL_SIZE)
		return 0;
	n = pread(fd, tail, sizeof(tail), st.st_size - DOMAIN_TAIL_SIZE);
	if (n < 0)
		return err_errno(err, "read");
	*ret_text = domain_of_tail(tail, (size_t)n);
	return 0;
}

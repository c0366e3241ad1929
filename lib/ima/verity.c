/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enabling and measuring fs-verity. */
#include "ima/verity.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/fsverity.h>

#include "base/io.h"

static int decode(const struct fsverity_digest *head, const uint8_t *bytes,
		  struct digest *ret_digest, struct err *err)
{
	enum hash_algo algo;

	switch (head->digest_algorithm) {
	case FS_VERITY_HASH_ALG_SHA256:
		algo = HASH_SHA256;
		break;
	case FS_VERITY_HASH_ALG_SHA512:
		algo = HASH_SHA512;
		break;
	default:
		return err_set(err, "fs-verity digest algorithm %u is not known",
			       (unsigned int)head->digest_algorithm);
	}
	if (head->digest_size != hash_algo_size(algo))
		return err_set(err, "fs-verity digest of %u bytes",
			       (unsigned int)head->digest_size);
	ret_digest->algo = algo;
	ret_digest->len = head->digest_size;
	memcpy(ret_digest->data, bytes, head->digest_size);
	return 0;
}

int verity_measure(int fd, enum verity_state *ret_state, struct digest *ret_digest, struct err *err)
{
	union {
		struct fsverity_digest head;
		uint8_t raw[sizeof(struct fsverity_digest) + HASH_SIZE_MAX];
	} m = { .raw = { 0 } };

	m.head.digest_size = HASH_SIZE_MAX;
	if (ioctl(fd, FS_IOC_MEASURE_VERITY, &m) == 0) {
		if (decode(&m.head, m.raw + sizeof(m.head), ret_digest, err) < 0)
			return -1;
		*ret_state = VERITY_ON;
		return 0;
	}
	switch (errno) {
	case ENODATA:
		*ret_state = VERITY_OFF;
		return 0;
	case ENOTTY:
	case EOPNOTSUPP:
		*ret_state = VERITY_NONE;
		return 0;
	default:
		return err_errno(err, "measure fs-verity");
	}
}

int verity_enable(int fd, struct err *err)
{
	struct fsverity_enable_arg arg = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = VERITY_BLOCK,
	};

	while (ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EEXIST)
			return 0;
		if (errno == EOPNOTSUPP || errno == ENOTTY)
			return err_set(err, "enable fs-verity: the file system lacks the feature "
					    "(ext4: tune2fs -O verity; btrfs has it)");
		if (errno == ETXTBSY)
			return err_set(err, "enable fs-verity: the file is open for writing");
		return io_change_failed(err, fd, "enable fs-verity");
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel for random bytes. */
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

int random_bytes(void *ret_data, size_t len, struct err *err)
{
	uint8_t *at = ret_data;

	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(err, "random bytes");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

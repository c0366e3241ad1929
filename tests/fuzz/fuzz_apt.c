/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a Release and as Packages: names stay within the directory of lists. */
#include <string.h>

#include "pkg/apt_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_digest(void *ctx, const char *name, const uint8_t digest[APT_DIGEST_SIZE],
		     struct err *err)
{
	size_t *n = ctx;

	(void)digest;
	(void)err;
	if (name && (strstr(name, "..") || strlen(name) < strlen("/Packages")))
		__builtin_trap();
	(*n)++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF release = BUF_INIT(1U << 20);
	AUTO_BUF packages = BUF_INIT(1U << 20);
	struct err err = ERR_INIT;
	size_t n = 0;

	if (buf_put(&release, data, size, &err) < 0 || buf_put(&packages, data, size, &err) < 0)
		return 0;
	(void)apt_text_has_expired(&release, 0);
	if (apt_text_release(&release, on_digest, &n, &err) < 0 ||
	    apt_text_packages(&packages, on_digest, &n, &err) < 0 || n > size)
		__builtin_trap();
	return 0;
}

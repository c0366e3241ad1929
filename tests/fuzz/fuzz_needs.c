/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interpreters and libraries: every text that is told ends, and is not empty. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "sig/needs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int told(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	size_t *n = ctx;

	(void)err;
	if (kind > NEEDS_RUNPATH || *text == '\0' || strlen(text) >= NEEDS_NAME_MAX)
		abort();
	++*n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FD fd = memfd_create("needs", MFD_CLOEXEC);
	struct err err = ERR_INIT;
	size_t n = 0;

	if (fd < 0 || io_write_all(fd, data, size, &err) < 0)
		return 0;
	if (needs_read(fd, "needs", told, &n, &err) < 0)
		abort();
	return 0;
}

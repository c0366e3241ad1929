/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file, at the places that have rules: the reader of ELF tables must stay inside. */
#include <sys/mman.h>
#include <unistd.h>

#include "sig/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/x", "/boot/vmlinuz", "/lib/modules/6.1/x.ko" };
	AUTO_FD fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct stat st = { .st_mode = S_IFREG | 0644, .st_size = (off_t)size };
	struct err err = ERR_INIT;
	enum sig_kind kind;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (classify_fd(fd, paths[i], &st, &kind, &err) < 0)
			__builtin_trap();
	return 0;
}

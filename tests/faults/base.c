/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that does one thing of lib/base, for faults to be made under it. */
#include <stdio.h>
#include <string.h>

#include "base/io.h"

#define TEXT_MAX (1 << 20)

static int run(int argc, char **argv, struct err *err)
{
	AUTO_BUF data = BUF_INIT(TEXT_MAX);

	if (argc == 3 && strcmp(argv[1], "read") == 0) {
		if (io_read_file(argv[2], &data, err) < 0)
			return -1;
		(void)fputs(buf_text(&data), stdout);
		return 0;
	}
	if (argc == 4 && buf_put(&data, argv[3], strlen(argv[3]), err) < 0)
		return -1;
	if (argc == 4 && strcmp(argv[1], "replace") == 0)
		return io_replace_file(argv[2], &data, 0640, err);
	if (argc == 4 && strcmp(argv[1], "create") == 0)
		return io_create_file(argv[2], &data, 0640, err);
	if (argc == 3 && strcmp(argv[1], "dirs") == 0)
		return io_make_dirs(argv[2], err);
	return err_set(err, "read PATH, replace PATH TEXT, create PATH TEXT or dirs PATH");
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (run(argc, argv, &err) == 0)
		return 0;
	(void)fprintf(stderr, "base: %s\n", err.text);
	return 2;
}

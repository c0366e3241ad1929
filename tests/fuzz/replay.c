/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hands files to a fuzz target, one after the other: corpora as ordinary tests, with any compiler.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/io.h"

#define INPUT_MAX (16 << 20) /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static const uint8_t nothing[1];

	(void)LLVMFuzzerTestOneInput(nothing, 0);
	for (int i = 1; i < argc; i++) {
		AUTO_BUF input = BUF_INIT(INPUT_MAX);
		struct err err = ERR_INIT;

		if (io_read_file(argv[i], &input, &err) < 0) {
			(void)fprintf(stderr, "replay: %s\n", err.text);
			return 2;
		}
		(void)LLVMFuzzerTestOneInput(input.data ? input.data : nothing, input.len);
		(void)printf("ok %s\n", argv[i]);
		(void)fflush(stdout);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt's lists vouch for, by our library: apt LISTS KEYRINGS SHA256...  prints how many
 * archives were believed, then yes or no for each. */
#include <stdio.h>

#include "base/hex.h"
#include "pkg/apt.h"

static void free_apt(struct apt **apt)
{
	apt_free(*apt);
}

int main(int argc, char **argv)
{
	CLEANUP(free_apt) struct apt *apt = NULL;
	struct digest digest = { .algo = HASH_SHA256, .len = 32 };
	struct err err = ERR_INIT;

	if (argc < 3 || apt_load(argv[1], argv[2], &apt, &err) < 0) {
		(void)fprintf(stderr, "apt: %s\n", err.text);
		return 2;
	}
	(void)printf("%zu", apt_archives(apt));
	for (int i = 3; i < argc; i++) {
		if (hex_parse(argv[i], digest.data, digest.len, &err) < 0)
			return 2;
		(void)printf(" %s", apt_has(apt, &digest) ? "yes" : "no");
	}
	(void)putchar('\n');
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling texts that are signed by their own means from files. */
#include "sig/domain.h"

#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 32

static const struct domain {
	const char *line; /* with its LF */
	const char *text;
} domains[] = {
	{ DOMAIN_RECORD_LINE "\n", "an enforcement record" },
	{ DOMAIN_PACKAGE_LINE "\n", "a package's signatures" },
};

/*
 * Each is signed as a whole, by whoever may: a signature that anybody could have made of one as a
 * file would say that this host is to boot with it, or that the package is vouched for.
 */
int domain_of_fd(int fd, const char **ret_text, struct err *err)
{
	char head[LINE_MAX_BYTES];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return err_errno(err, "read");
	*ret_text = NULL;
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		size_t len = strlen(domains[i].line);

		if ((size_t)n >= len && memcmp(head, domains[i].line, len) == 0)
			*ret_text = domains[i].text;
	}
	return 0;
}

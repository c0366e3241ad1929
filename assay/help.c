/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay help COMMAND: the manual page on a terminal, where there is one. */
#include "assay/help.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/dispatch.h"
#include "cli/cmd.h"

#define HELP_PATH_DEFAULT "/usr/bin:/bin"
#define HELP_MANUAL 5 /* words of man's command line, NULL included */

/* NULL: there is none. */
static char *find_man(void)
{
	const char *dirs = getenv("PATH");

	for (dirs = dirs ? dirs : HELP_PATH_DEFAULT; *dirs; dirs += *dirs ? 1 : 0) {
		const int len = (int)strcspn(dirs, ":");
		AUTO_STR path = NULL;

		if (*dirs == '/' && asprintf(&path, "%.*s/man", len, dirs) < 0)
			return NULL;
		if (path && access(path, X_OK) == 0)
			return take_ptr(&path);
		dirs += len;
	}
	return NULL;
}

/* Where it is not there man would say so, although --help is about to tell. */
static bool has_page(const char *man, char *page)
{
	char words[3][8] = { "man", "-w", "8" };
	char *argv[HELP_MANUAL] = { words[0], words[1], words[2], page, NULL };
	int code = 0;

	return dispatch_run_path(man, argv, "/dev/null", &code, NULL) == 0 && code == 0;
}

void help_show_manual(const char *program)
{
	char words[2][8] = { "man", "8" };
	AUTO_STR page = strdup(program);
	char *argv[HELP_MANUAL] = { words[0], words[1], page, NULL };
	AUTO_STR man = isatty(STDOUT_FILENO) == 1 ? find_man() : NULL;

	if (man && page && has_page(man, page))
		(void)execv(man, argv);
}

char **help_words(int argc, char **argv)
{
	static char option[] = "--help";
	char **words = calloc((size_t)argc + 1, sizeof(char *));

	if (!words)
		return NULL;
	words[0] = argv[0];
	for (int i = 2; i < argc; i++)
		words[i - 1] = argv[i];
	words[argc - 1] = option;
	return words;
}

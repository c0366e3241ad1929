/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleep states of the kernel, and systemd's targets. */
#include "lock/suspend.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/io.h"

#define PATH_BYTES 1024
#define STATES_MAX 256 /* bytes */

/* Is the word one of the file's?  The one in use stands in brackets. */
static bool has_word(const char *root, const char *name, const char *word, bool missing)
{
	AUTO_BUF text = BUF_INIT(STATES_MAX);
	char path[PATH_BYTES], *state = NULL;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	if (!io_exists(path) || io_read_file(path, &text, NULL) < 0 || !text.len)
		return missing;
	for (char *at = strtok_r((char *)text.data, " []\n", &state); at;
	     at = strtok_r(NULL, " []\n", &state))
		if (strcmp(at, word) == 0)
			return true;
	return false;
}

/* systemd.unit(5): a link to /dev/null, or an empty file. */
static bool is_masked(const char *root, const char *target)
{
	static const char *const dirs[] = { "/etc/systemd/system", "/run/systemd/system" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char path[PATH_BYTES], to[PATH_BYTES];
		struct stat st;
		ssize_t n;

		(void)snprintf(path, sizeof(path), "%s%s/%s", root, dirs[i], target);
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && st.st_size == 0)
			return true;
		n = readlink(path, to, sizeof(to) - 1);
		if (n == (ssize_t)strlen("/dev/null") && memcmp(to, "/dev/null", (size_t)n) == 0)
			return true;
	}
	return false;
}

bool lock_host_suspends(const char *root)
{
	static const char *const targets[] = { "suspend.target", "hybrid-sleep.target",
					       "suspend-then-hibernate.target" };

	if (!has_word(root, "/sys/power/state", "mem", false) ||
	    !has_word(root, "/sys/power/mem_sleep", "deep", true) ||
	    is_masked(root, "sleep.target"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (!is_masked(root, targets[i]))
			return true;
	return false;
}

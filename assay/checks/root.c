/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-root of the initramfs refuses in the root file system, known before the boot. */
#include <string.h>
#include <strings.h>

#include "assay/checks/checks.h"

#define FSTAB "/etc/fstab"
#define BLANKS " \t"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define PLAIN LOWER UPPER DIGITS "_/.:=+@,-"

/* The words of a line of fstab(5), as the shell's read has them; missing ones are empty. */
enum word { WORD_SOURCE, WORD_DIR, WORD_TYPE, WORD_OPTIONS, WORD_FREQ, WORD_PASS, N_WORDS };

static bool starts_with_any(const char *word, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(word, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

static bool consists_of(const char *word, const char *allowed)
{
	return word[strspn(word, allowed)] == '\0';
}

static bool source_is_plain(const char *source)
{
	static const char *const kinds[] = { "/dev/",	  "UUID=",	"LABEL=",
					     "PARTUUID=", "PARTLABEL=", NULL };

	return !strstr(source, "..") && consists_of(source, PLAIN) &&
	       starts_with_any(source, kinds);
}

static bool type_is_plain(const char *type)
{
	static const char *const refused[] = { "nfs", "fuse", "ntfs", NULL };

	return *type && strchr(LOWER, *type) && consists_of(type, LOWER DIGITS "_") &&
	       !starts_with_any(type, refused);
}

static bool option_is_plain(const char *option, size_t n)
{
	static const char *const whole[] = { "bind", "rbind", "move", "remount", "loop" };

	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (n == strlen(whole[i]) && strncasecmp(option, whole[i], n) == 0)
			return false;
	return strncasecmp(option, "loop=", strlen("loop=")) != 0;
}

static bool options_are_plain(const char *options)
{
	if (!*options || *options == '-' || strstr(options, "..") ||
	    !consists_of(options, PLAIN "%"))
		return false;
	for (size_t n; *options; options += n + (options[n] ? 1 : 0)) {
		n = strcspn(options, ",");
		if (!option_is_plain(options, n))
			return false;
	}
	return true;
}

static void split(char *line, const char *ret_words[static N_WORDS])
{
	for (size_t i = 0; i < N_WORDS; i++) {
		line += strspn(line, BLANKS);
		ret_words[i] = line;
		line += strcspn(line, BLANKS);
		if (*line)
			*line++ = '\0';
	}
}

/* true also where no line is for /usr. */
static bool usr_is_plain(struct buf *fstab)
{
	char *save = NULL;

	for (char *line; (line = buf_line(fstab, &save));) {
		const char *words[N_WORDS];

		split(line, words);
		if (*words[WORD_SOURCE] && *words[WORD_SOURCE] != '#' &&
		    strcmp(words[WORD_DIR], "/usr") == 0)
			return source_is_plain(words[WORD_SOURCE]) &&
			       type_is_plain(words[WORD_TYPE]) &&
			       options_are_plain(words[WORD_OPTIONS]) &&
			       consists_of(words[WORD_PASS], DIGITS);
	}
	return true;
}

static bool is_real_directory(const struct host *host, const char *dir)
{
	char path[HOST_PATH_MAX];
	struct stat st;

	return host_path(host, dir, path, NULL) == 0 && lstat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode);
}

void checks_root_entries(const struct checks *c)
{
	static const char *const dirs[] = { "/dev", "/proc", "/run", "/sys", "/usr" };
	enum report_level level = c->log_only ? REPORT_ADVICE : REPORT_REASON;
	AUTO_BUF fstab = BUF_INIT(HOST_TEXT_MAX);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (!is_real_directory(c->host, dirs[i]))
			(void)report_add(c->report, level, "root.directory",
					 "make it a directory, mounted over or not",
					 "%s is not a directory: the boot would stop (ROOT)",
					 dirs[i]);
	if (host_read(c->host, FSTAB, &fstab, NULL, &err) < 0)
		(void)report_add(c->report, level, "root.fstab", NULL, "%s", err.text);
	else if (!usr_is_plain(&fstab))
		(void)report_add(c->report, level, "root.fstab",
				 "a device by path, UUID or label, a type, options without bind, "
				 "move, remount and loop",
				 FSTAB ": the line for /usr is not one that the boot accepts "
				       "(ROOT)");
}

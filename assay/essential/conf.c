/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that units and udev rules name. */
#include <stdio.h>
#include <string.h>

#include "assay/essential/essential.h"

#define BOOT "booting"
#define CONF_FILE_MAX (1U << 20)      /* bytes of one unit or rules file */
#define UDEV_HELPERS "/usr/lib/udev/" /* where udev looks for programs without a path */
#define UDEV_WORD_MAX 256

/* Lines that end in a backslash go on in the next: systemd.syntax(7), interfaces(5). */
static void join_lines(struct buf *text)
{
	for (size_t i = 0; i + 1 < text->len; i++)
		if (text->data[i] == '\\' && text->data[i + 1] == '\n')
			text->data[i] = text->data[i + 1] = ' ';
}

int essential_lines(const struct host *host, const char *path, essential_line_fn fn, void *ctx,
		    struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONF_FILE_MAX);
	char *save = NULL;

	if (host_read(host, path, &text, NULL, NULL) < 0)
		return 0; /* a mask (/dev/null), a directory, a dangling link */
	join_lines(&text);
	for (char *line; (line = buf_line(&text, &save));)
		if (fn(host, line + strspn(line, " \t"), ctx, err) < 0)
			return -1;
	return 0;
}

/*
 * The program of a command, and every absolute path in it: "/usr/bin/env /opt/x", "/bin/sh -c
 * '/opt/x; /opt/y'".  What does not exist, or is no program, is sorted out later.
 */
int essential_add_words(const struct host *host, char *command, const char *why, struct paths *set,
			struct err *err)
{
	bool first = true;
	char *save = NULL;

	for (char *word = strtok_r(command, " \t\"'`|&()<>", &save); word;
	     word = strtok_r(NULL, " \t\"'`|&()<>", &save)) {
		size_t n = strcspn(word, ";");
		bool ends = word[n] == ';';

		word[n] = '\0';
		word += strspn(word, "@-:+!=");
		if ((first || *word == '/') && essential_add_command(host, word, why, set, err) < 0)
			return -1;
		first = ends;
	}
	return 0;
}

/* "ExecStart=-/usr/bin/foo --bar ; /usr/bin/next", systemd.service(5). */
static int unit_line(const struct host *host, char *line, void *ctx, struct err *err)
{
	char *command = strchr(line, '=');

	if (strncmp(line, "Exec", 4) != 0 || !command)
		return 0;
	return essential_add_words(host, command + 1, BOOT, ctx, err);
}

static int unit_file(const struct host *host, const char *path, void *ctx, struct err *err)
{
	return essential_lines(host, path, unit_line, ctx, err);
}

int essential_units(const struct host *host, struct paths *set, struct err *err)
{
	static const char *const dirs[] = {
		"/etc/systemd/system",		 "/usr/lib/systemd/system",
		"/usr/local/lib/systemd/system", "/run/systemd/system",
		"/run/systemd/generator",	 "/run/systemd/generator.early",
		"/run/systemd/generator.late",
	};
	static const char *const names[] = { "*.service", "*.socket", "*.mount", "*.swap",
					     "*.d/*.conf" };
	char pattern[128];

	for (size_t i = 0; i < ARRAY_LEN(dirs) * ARRAY_LEN(names); i++) {
		(void)snprintf(pattern, sizeof(pattern), "%s/%s", dirs[i / ARRAY_LEN(names)],
			       names[i % ARRAY_LEN(names)]);
		if (essential_glob(host, pattern, unit_file, set, err) < 0)
			return -1;
	}
	return 0;
}

static int udev_command(const struct host *host, const char *word, struct paths *set,
			struct err *err)
{
	char path[HOST_PATH_MAX];
	int n;

	if (*word == '/' || !*word || strpbrk(word, "%$"))
		return essential_add_command(host, word, BOOT, set, err);
	n = snprintf(path, sizeof(path), "%s%s", UDEV_HELPERS, word);
	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	return essential_add(host, path, BOOT, set, err);
}

/* RUN+="keyboard-force-release.sh $devpath", PROGRAM="..", IMPORT{program}="..": udev(7). */
static int udev_line(const struct host *host, char *line, void *ctx, struct err *err)
{
	static const char *const keys[] = { "RUN", "PROGRAM", "IMPORT{program}" };

	if (*line == '#')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		for (char *at = strstr(line, keys[i]); at; at = strstr(at + 1, keys[i])) {
			char word[UDEV_WORD_MAX];
			const char *quote = strchr(at, '"');

			if (!quote || strncmp(at, "RUN{builtin}", 12) == 0)
				continue;
			quote += 1 + strspn(quote + 1, " ");
			(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(quote, " \""),
				       quote);
			if (udev_command(host, word, ctx, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int udev_file(const struct host *host, const char *path, void *ctx, struct err *err)
{
	return essential_lines(host, path, udev_line, ctx, err);
}

int essential_udev(const struct host *host, struct paths *set, struct err *err)
{
	if (essential_glob(host, "/usr/lib/udev/rules.d/*.rules", udev_file, set, err) < 0)
		return -1;
	return essential_glob(host, "/etc/udev/rules.d/*.rules", udev_file, set, err);
}

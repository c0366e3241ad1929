/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading Release and Packages. */
#include "pkg/apt_text.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/hash.h"

#define INDEX "/Packages"
#define FIELD "SHA256:"
#define UNTIL "Valid-Until:"
#define UNTIL_MAX 64 /* bytes of a date */

/* "Sat, 28 Nov 2026 14:02:11 UTC" */
static bool is_over(const char *value, time_t now)
{
	struct tm when = { .tm_sec = 0 };
	const char *end;

	value += strspn(value, " \t");
	end = strptime(value, "%a, %d %b %Y %H:%M:%S", &when);
	if (!end ||
	    (strcmp(end, " UTC") != 0 && strcmp(end, " GMT") != 0 && strcmp(end, " +0000") != 0))
		return true;
	return timegm(&when) < now;
}

bool apt_text_has_expired(const struct buf *release, time_t now)
{
	const char *at = buf_text(release);
	char value[UNTIL_MAX];

	while (at && strncmp(at, UNTIL, strlen(UNTIL)) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return false;
	at += strlen(UNTIL);
	(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
	return is_over(value, now);
}

/* " DIGEST SIZE NAME" below "SHA256:". */
static int release_line(char *line, apt_text_fn fn, void *ctx, struct err *err)
{
	uint8_t digest[APT_DIGEST_SIZE];
	char *rest = line;
	const char *hex = strtok_r(rest, " \t", &rest);
	const char *size = strtok_r(rest, " \t", &rest);
	const char *name = strtok_r(rest, " \t", &rest);
	size_t n = name ? strlen(name) : 0;

	if (!hex || !size || n < strlen(INDEX) || strcmp(name + n - strlen(INDEX), INDEX) != 0 ||
	    strstr(name, "..") || hex_parse(hex, digest, sizeof(digest), NULL) < 0)
		return 0;
	return fn(ctx, name, digest, err);
}

int apt_text_release(struct buf *text, apt_text_fn fn, void *ctx, struct err *err)
{
	bool inside = false;
	char *save = NULL;

	for (char *line; (line = buf_line(text, &save));) {
		if (*line != ' ')
			inside = strcmp(line, FIELD) == 0;
		else if (inside && release_line(line, fn, ctx, err) < 0)
			return -1;
	}
	return 0;
}

int apt_text_packages(struct buf *text, apt_text_fn fn, void *ctx, struct err *err)
{
	uint8_t digest[APT_DIGEST_SIZE];
	char *save = NULL;

	for (char *line; (line = buf_line(text, &save));) {
		if (strncmp(line, FIELD, strlen(FIELD)) != 0)
			continue;
		line += strlen(FIELD);
		line += strspn(line, " \t");
		if (hex_parse(line, digest, sizeof(digest), NULL) == 0 &&
		    fn(ctx, NULL, digest, err) < 0)
			return -1;
	}
	return 0;
}

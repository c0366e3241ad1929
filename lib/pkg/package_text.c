/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's signatures as text: docs/PROTOCOL.package. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/rd.h"
#include "pkg/package_text.h"
#include "sig/domain.h"

static const char *const part_names[DEB_PARTS] = { [DEB_SCRIPT] = "scripts", [DEB_FILE] = "files" };
static const char *const profile_names[PACKAGE_PROFILES] = {
	[PACKAGE_SIGNATURE] = "signature", [PACKAGE_VERITY] = "verity"
};

static int put_member(const struct deb_member *m, struct buf *out, struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];

	hex_format(m->digest.data, m->digest.len, hex);
	return buf_putf(out, err, "member %s %" PRIu64 " sha256:%s\n", m->name, m->size, hex);
}

static int put_manifest(const struct package *p, size_t part, size_t profile, struct buf *out,
			struct err *err)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	struct manifest *m = p->entries[part][profile];

	if (manifest_count(m) == 0)
		return 0;
	if (manifest_format(m, &text, err) < 0 ||
	    buf_putf(out, err, "%s %s %zu\n", part_names[part], profile_names[profile], text.len) <
		    0)
		return -1;
	return buf_put(out, text.data, text.len, err);
}

int package_text_put(const struct package *p, struct buf *out, struct err *err)
{
	if (buf_putf(out, err, DOMAIN_PACKAGE_LINE "\npackage %s\nversion %s\narchitecture %s\n",
		     p->deb.package, p->deb.version, p->deb.architecture) < 0)
		return -1;
	for (size_t i = 0; i < p->deb.n_members; i++)
		if (put_member(&p->deb.member[i], out, err) < 0)
			return -1;
	for (size_t i = 0; i < DEB_PARTS; i++)
		for (size_t j = 0; j < PACKAGE_PROFILES; j++)
			if (put_manifest(p, i, j, out, err) < 0)
				return -1;
	return 0;
}

/* The next line, cut off and NUL-terminated in a copy that is large enough for any line here. */
static int next_line(struct rd *in, char *ret_line, size_t max, struct err *err)
{
	size_t len;
	const uint8_t *at = rd_until(in, '\n', &len);

	if (!at)
		return err_set(err, "ends before its last line");
	if (len >= max || memchr(at, '\0', len))
		return err_set(err, "a line that no version known here has");
	memcpy(ret_line, at, len);
	ret_line[len] = '\0';
	return 0;
}

/* 1 to DEB_FIELD_MAX - 1 bytes that can be seen. */
static bool is_value(const char *text)
{
	size_t n = 0;

	while (text[n] > 0x20 && text[n] < 0x7f)
		n++;
	return n > 0 && n < DEB_FIELD_MAX && text[n] == '\0';
}

static int field(struct rd *in, const char *name, char ret_value[static DEB_FIELD_MAX],
		 struct err *err)
{
	char line[PACKAGE_LINE_MAX];
	size_t n = strlen(name);

	if (next_line(in, line, sizeof(line), err) < 0)
		return -1;
	if (strncmp(line, name, n) != 0 || line[n] != ' ' || !is_value(line + n + 1))
		return err_set(err, "has no %s", name);
	(void)snprintf(ret_value, DEB_FIELD_MAX, "%s", line + n + 1);
	return 0;
}

static int parse_member(const char *line, struct deb *deb, struct err *err)
{
	struct deb_member *m = &deb->member[deb->n_members];
	char hex[2 * HASH_SIZE_MAX + 1];
	int end = 0;

	if (deb->n_members == DEB_MEMBERS_MAX)
		return err_set(err, "more than %d members", DEB_MEMBERS_MAX);
	if (sscanf(line, "member %16s %" SCNu64 " sha256:%64[0-9a-f]%n", m->name, &m->size, hex,
		   &end) != 3 ||
	    line[end])
		return err_set(err, "a malformed member");
	m->digest.algo = HASH_SHA256;
	m->digest.len = hash_algo_size(HASH_SHA256);
	deb->n_members++;
	return hex_parse(hex, m->digest.data, m->digest.len, err);
}

static int parse_manifest(const char *line, struct rd *in, struct package *p, struct err *err)
{
	char head[PACKAGE_LINE_MAX];

	for (size_t i = 0; i < DEB_PARTS; i++) {
		for (size_t j = 0; j < PACKAGE_PROFILES; j++) {
			size_t len = 0;
			int n = snprintf(head, sizeof(head), "%s %s ", part_names[i],
					 profile_names[j]);
			const uint8_t *text;

			if (strncmp(line, head, (size_t)n) != 0 ||
			    sscanf(line + n, "%zu", &len) != 1)
				continue;
			text = rd_bytes(in, len);
			if (!text)
				return err_set(err, "a manifest that ends early");
			return manifest_parse(p->entries[i][j], text, len, err);
		}
	}
	return err_set(err, "a line that no version known here has");
}

int package_text_parse(const void *data, size_t len, struct package *p, struct err *err)
{
	struct rd in = rd_init(data, len);
	AUTO_BUF again = BUF_INIT(DEB_SIGNATURES_MAX);
	char line[PACKAGE_LINE_MAX];

	if (next_line(&in, line, sizeof(line), err) < 0)
		return -1;
	if (strcmp(line, DOMAIN_PACKAGE_LINE) != 0)
		return err_set(err, "not of a version known here");
	if (field(&in, "package", p->deb.package, err) < 0 ||
	    field(&in, "version", p->deb.version, err) < 0 ||
	    field(&in, "architecture", p->deb.architecture, err) < 0)
		return -1;
	while (in.left) {
		if (next_line(&in, line, sizeof(line), err) < 0)
			return -1;
		if (strncmp(line, "member ", 7) == 0 ? parse_member(line, &p->deb, err) < 0
						     : parse_manifest(line, &in, p, err) < 0)
			return -1;
	}
	/* One text for one meaning: what was not read here is not in it either. */
	if (package_text_put(p, &again, err) < 0)
		return -1;
	if (again.len != len || memcmp(again.data, data, len) != 0)
		return err_set(err, "not in its canonical form");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest as text: docs/PROTOCOL.manifest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/rd.h"
#include "sig/manifest.h"

#define MAGIC "assay-manifest 1"
#define FIELDS 5
#define HEX_MAX (2 * XATTR_VALUE_MAX) /* digits of the longest value */

struct word {
	const char *at;
	size_t len;
};

struct parser {
	struct manifest *manifest;
	size_t line;
	char last[PATH_MAX]; /* the path before, "" at first */
	char path[PATH_MAX];
	uint8_t ima[XATTR_VALUE_MAX];
	uint8_t evm[XATTR_VALUE_MAX];
};

static bool is_plain(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '\\';
}

static int path_format(const char *path, struct buf *out, struct err *err)
{
	for (const char *p = path; *p; p++) {
		uint8_t c = (uint8_t)*p;

		if (is_plain(c) ? buf_put_u8(out, c, err) < 0
				: buf_putf(out, err, "\\x%02x", c) < 0)
			return -1;
	}
	return 0;
}

static int hex_put(const uint8_t *data, size_t len, struct buf *out, struct err *err)
{
	char hex[HEX_MAX + 1];

	if (!len)
		return buf_put_u8(out, '-', err);
	hex_format(data, len, hex);
	return buf_put(out, hex, 2 * len, err);
}

static int entry_format(const struct manifest_entry *e, struct buf *out, struct err *err)
{
	if (path_format(e->path, out, err) < 0 ||
	    buf_putf(out, err, " %s:%s:", e->over == MANIFEST_VERITY ? "verity" : "file",
		     hash_algo_name(e->digest.algo)) < 0 ||
	    hex_put(e->digest.data, e->digest.len, out, err) < 0 ||
	    buf_putf(out, err, " %" PRIu32 ":%" PRIu32 ":%04o ", (uint32_t)e->uid, (uint32_t)e->gid,
		     (unsigned int)e->mode) < 0 ||
	    hex_put(e->ima, e->ima_len, out, err) < 0 || buf_put_u8(out, ' ', err) < 0 ||
	    hex_put(e->evm, e->evm_len, out, err) < 0)
		return -1;
	return buf_put_u8(out, '\n', err);
}

int manifest_format(struct manifest *manifest, struct buf *out, struct err *err)
{
	size_t n = manifest_count(manifest);

	if (buf_putf(out, err, MAGIC "\n") < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (entry_format(manifest_at(manifest, i), out, err) < 0)
			return -1;
	return buf_putf(out, err, "end %zu\n", n);
}

/* Exactly n words with one space between them. */
static bool words_split(struct word line, struct word *ret, size_t n, char space)
{
	for (size_t i = 0; i < n; i++) {
		const char *end = line.len ? memchr(line.at, space, line.len) : NULL;

		if (!end != (i + 1 == n))
			return false;
		ret[i] = (struct word){ .at = line.at,
					.len = end ? (size_t)(end - line.at) : line.len };
		if (end) {
			line.at = end + 1;
			line.len -= ret[i].len + 1;
		}
	}
	return true;
}

static bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

/* Lower-case digits only, so that a value has one spelling. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_word_parse(struct word w, uint8_t *ret, size_t max, size_t *ret_len, struct err *err)
{
	if (w.len % 2 || w.len > 2 * max)
		return err_set(err, "a value that is not hex of at most %zu bytes", max);
	for (size_t i = 0; i < w.len; i += 2) {
		int high = digit_value(w.at[i]);
		int low = digit_value(w.at[i + 1]);

		if (high < 0 || low < 0)
			return err_set(err, "a value that is not lower-case hex");
		ret[i / 2] = (uint8_t)(high << 4 | low);
	}
	*ret_len = w.len / 2;
	return 0;
}

static int path_parse(struct word w, char ret_path[static PATH_MAX], struct err *err)
{
	struct rd r = rd_init(w.at, w.len);
	size_t n = 0;

	while (r.left) {
		uint8_t c = rd_u8(&r);

		if (c == '\\') {
			const uint8_t *esc = rd_bytes(&r, 3);
			const struct word hex = { .at = esc ? (const char *)esc + 1 : "",
						  .len = 2 };
			size_t len;

			if (!esc || esc[0] != 'x' || hex_word_parse(hex, &c, 1, &len, err) < 0 ||
			    is_plain(c) || c == '\0')
				return err_set(err, "a malformed escape in a path");
		} else if (!is_plain(c)) {
			return err_set(err, "a byte in a path that is not escaped");
		}
		if (n == MANIFEST_PATH_MAX)
			return err_set(err, "a path of more than %d bytes", MANIFEST_PATH_MAX);
		ret_path[n++] = (char)c;
	}
	ret_path[n] = '\0';
	return 0;
}

static int digest_parse(struct word w, struct manifest_entry *e, struct err *err)
{
	struct word part[3];
	char name[16];

	if (!words_split(w, part, 3, ':') || part[1].len >= sizeof(name) ||
	    memchr(part[1].at, '\0', part[1].len))
		return err_set(err, "a malformed digest");
	if (word_is(part[0], "file"))
		e->over = MANIFEST_FILE;
	else if (word_is(part[0], "verity"))
		e->over = MANIFEST_VERITY;
	else
		return err_set(err, "a digest of neither file nor verity");
	memcpy(name, part[1].at, part[1].len);
	name[part[1].len] = '\0';
	if (hash_algo_parse(name, &e->digest.algo, err) < 0 ||
	    hex_word_parse(part[2], e->digest.data, HASH_SIZE_MAX, &e->digest.len, err) < 0)
		return -1;
	if (e->digest.len != hash_algo_size(e->digest.algo))
		return err_set(err, "a digest of the wrong length");
	return 0;
}

/* Decimal or octal, no sign, no leading zeroes but for the octal's fixed four digits. */
static bool number_parse(struct word w, unsigned int base, uint32_t *ret)
{
	uint64_t v = 0;

	if (!w.len || w.len > 10 || (base == 10 && w.len > 1 && w.at[0] == '0'))
		return false;
	for (size_t i = 0; i < w.len; i++) {
		if (w.at[i] < '0' || (unsigned int)(w.at[i] - '0') >= base)
			return false;
		v = v * base + (unsigned int)(w.at[i] - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int owner_parse(struct word w, struct manifest_entry *e, struct err *err)
{
	struct word part[3];
	uint32_t value[3];

	if (!words_split(w, part, 3, ':') || part[2].len != 4)
		return err_set(err, "a malformed owner and mode");
	if (!number_parse(part[0], 10, &value[0]) || !number_parse(part[1], 10, &value[1]) ||
	    !number_parse(part[2], 8, &value[2]))
		return err_set(err, "a malformed owner and mode");
	e->uid = value[0];
	e->gid = value[1];
	e->mode = value[2];
	return 0;
}

static int line_parse(struct parser *p, struct word line, struct err *err)
{
	struct manifest_entry e = { .path = p->path, .ima = p->ima, .evm = p->evm };
	struct word field[FIELDS];

	if (!words_split(line, field, FIELDS, ' '))
		return err_set(err, "not %d fields", FIELDS);
	if (path_parse(field[0], p->path, err) < 0 || digest_parse(field[1], &e, err) < 0 ||
	    owner_parse(field[2], &e, err) < 0 ||
	    hex_word_parse(field[3], p->ima, sizeof(p->ima), &e.ima_len, err) < 0)
		return -1;
	if (!word_is(field[4], "-") &&
	    (hex_word_parse(field[4], p->evm, sizeof(p->evm), &e.evm_len, err) < 0 || !e.evm_len))
		return err_set(err, "a malformed security.evm");
	if (strcmp(p->last, p->path) >= 0)
		return err_set(err, "paths out of order");
	memcpy(p->last, p->path, sizeof(p->last));
	return manifest_put(p->manifest, &e, err);
}

static bool line_next(struct rd *r, struct word *ret)
{
	const uint8_t *at = rd_until(r, '\n', &ret->len);

	ret->at = (const char *)at;
	return at;
}

static int lines_parse(struct parser *p, struct rd *r, struct err *err)
{
	char end[32];
	struct word text;

	for (p->line = 1; line_next(r, &text); p->line++) {
		if (p->line == 1) {
			if (!word_is(text, MAGIC))
				return err_set(err, "not a manifest of a version known here");
			continue;
		}
		(void)snprintf(end, sizeof(end), "end %zu", p->line - 2);
		if (word_is(text, end))
			return r->left ? err_set(err, "something follows its end") : 0;
		if (line_parse(p, text, err) < 0)
			return -1;
	}
	return err_set(err, "ends before its last line");
}

int manifest_parse(struct manifest *manifest, const void *data, size_t len, struct err *err)
{
	AUTO_MEM struct parser *p = calloc(1, sizeof(*p));
	struct rd r = rd_init(data, len);

	if (!p)
		return err_set(err, "out of memory");
	/* It would end the C strings below before the line ends. */
	if (len && memchr(data, '\0', len))
		return err_set(err, "holds a NUL byte, so it is no manifest");
	p->manifest = manifest;
	if (lines_parse(p, &r, err) < 0)
		return err_prepend(err, "line %zu", p->line);
	return 0;
}

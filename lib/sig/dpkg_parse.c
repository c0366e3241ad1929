/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text formats of dpkg's database. */
#include "sig/dpkg_parse.h"

#include <string.h>
#include <strings.h>

#include "base/attr.h"
#include "base/hex.h"
#include "crypto/hash.h"

#define MD5_HEX (2 * DPKG_MD5_SIZE)

static const char *const state_names[] = {
	[DPKG_NOT_INSTALLED] = "not-installed",	      [DPKG_CONFIG_FILES] = "config-files",
	[DPKG_HALF_INSTALLED] = "half-installed",     [DPKG_UNPACKED] = "unpacked",
	[DPKG_HALF_CONFIGURED] = "half-configured",   [DPKG_TRIGGERS_AWAITED] = "triggers-awaited",
	[DPKG_TRIGGERS_PENDING] = "triggers-pending", [DPKG_INSTALLED] = "installed",
};

const char *dpkg_state_name(enum dpkg_state state)
{
	return state_names[state];
}

bool dpkg_line_next(struct rd *r, struct dpkg_span *ret_line)
{
	size_t len = r->left;
	const uint8_t *at;

	if (!r->left || !rd_ok(r))
		return false;
	at = memchr(r->at, '\n', r->left) ? rd_until(r, '\n', &len) : rd_bytes(r, len);
	*ret_line = (struct dpkg_span){ .at = (const char *)at, .len = len };
	return true;
}

static bool span_is(struct dpkg_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static struct dpkg_span span_trim(struct dpkg_span s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Cuts the next word, which ends at a space, off the front. */
static struct dpkg_span span_word(struct dpkg_span *s)
{
	const char *space;
	struct dpkg_span word;

	*s = span_trim(*s);
	space = s->len ? memchr(s->at, ' ', s->len) : NULL;
	word = (struct dpkg_span){ .at = s->at, .len = space ? (size_t)(space - s->at) : s->len };
	s->at += word.len;
	s->len -= word.len;
	return word;
}

/* "install ok installed": what is wanted, the flag, the state. */
static int status_parse(struct dpkg_span value, struct dpkg_stanza *ret, struct err *err)
{
	struct dpkg_span flag;
	struct dpkg_span state;

	(void)span_word(&value);
	flag = span_word(&value);
	state = span_word(&value);
	ret->broken = !span_is(flag, "ok");
	for (size_t i = 0; i < ARRAY_LEN(state_names); i++) {
		if (span_is(state, state_names[i])) {
			ret->state = (enum dpkg_state)i;
			return 0;
		}
	}
	return err_set(err, "unknown package state '%.*s'", (int)(state.len < 64 ? state.len : 64),
		       state.len ? state.at : "");
}

static bool field_is(struct dpkg_span name, const char *field)
{
	return name.len == strlen(field) && strncasecmp(name.at, field, name.len) == 0;
}

static int field_take(struct dpkg_span name, struct dpkg_span value, struct dpkg_stanza *ret,
		      bool *has_status, struct err *err)
{
	if (field_is(name, "Package")) {
		ret->name = value;
	} else if (field_is(name, "Version")) {
		ret->version = value;
	} else if (field_is(name, "Architecture")) {
		ret->arch = value;
	} else if (field_is(name, "Multi-Arch")) {
		ret->multi_arch = span_is(value, "same");
	} else if (field_is(name, "Status")) {
		*has_status = true;
		return status_parse(value, ret, err);
	}
	return 0;
}

static int field_parse(struct dpkg_span line, struct dpkg_stanza *ret, bool *ret_conffiles,
		       bool *has_status, struct err *err)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct dpkg_span name;
	struct dpkg_span value;

	if (!colon || colon == line.at)
		return err_set(err, "not a field");
	name = (struct dpkg_span){ .at = line.at, .len = (size_t)(colon - line.at) };
	value = span_trim((struct dpkg_span){ .at = colon + 1, .len = line.len - name.len - 1 });
	*ret_conffiles = field_is(name, "Conffiles");
	return field_take(name, value, ret, has_status, err);
}

/* A line that continues a field: kept for Conffiles, whose lines are one span of the text. */
static void continuation_take(struct dpkg_span line, bool in_conffiles, struct dpkg_stanza *ret)
{
	if (!in_conffiles)
		return;
	if (!ret->conffiles.len)
		ret->conffiles.at = line.at;
	ret->conffiles.len = (size_t)(line.at + line.len - ret->conffiles.at);
}

static bool name_is_plain(struct dpkg_span name)
{
	/* It becomes part of a file name. */
	return name.len && name.len < 256 && name.at[0] != '.' && !memchr(name.at, '/', name.len) &&
	       !memchr(name.at, '\0', name.len);
}

static int stanza_check(const struct dpkg_stanza *s, bool has_status, struct err *err)
{
	if (!s->name.len)
		return err_set(err, "a paragraph without a Package field");
	if (!name_is_plain(s->name) || (s->arch.len && !name_is_plain(s->arch)))
		return err_set(err, "a malformed package name");
	if (!has_status)
		return err_set(err, "a paragraph without a Status field");
	return 0;
}

int dpkg_stanza_next(struct rd *r, size_t *line, struct dpkg_stanza *ret_stanza, bool *ret_more,
		     struct err *err)
{
	struct dpkg_stanza s = { .state = DPKG_NOT_INSTALLED };
	struct dpkg_span text;
	bool any = false;
	bool in_conffiles = false;
	bool has_status = false;

	while (dpkg_line_next(r, &text)) {
		++*line;
		if (!span_trim(text).len) {
			if (any)
				break;
			continue;
		}
		if (any && (text.at[0] == ' ' || text.at[0] == '\t')) {
			continuation_take(text, in_conffiles, &s);
			continue;
		}
		any = true;
		if (field_parse(text, &s, &in_conffiles, &has_status, err) < 0)
			return -1;
	}
	*ret_more = any;
	if (any && stanza_check(&s, has_status, err) < 0)
		return -1;
	*ret_stanza = s;
	return 0;
}

static int md5_parse(struct dpkg_span hex, uint8_t ret_md5[static DPKG_MD5_SIZE], struct err *err)
{
	char text[MD5_HEX + 1];

	if (hex.len != MD5_HEX)
		return err_set(err, "not an MD5 digest");
	memcpy(text, hex.at, MD5_HEX);
	text[MD5_HEX] = '\0';
	return hex_parse(text, ret_md5, DPKG_MD5_SIZE, err);
}

/* "/usr/bin/x", "./usr/bin/x" and "usr/bin/x" are one. */
static struct dpkg_span path_strip(struct dpkg_span p)
{
	for (;;) {
		size_t skip = p.len >= 1 && p.at[0] == '/'		       ? 1
			      : p.len >= 2 && p.at[0] == '.' && p.at[1] == '/' ? 2
									       : 0;

		if (!skip)
			return p;
		p.at += skip;
		p.len -= skip;
	}
}

int dpkg_md5sums_parse(struct dpkg_span line, struct dpkg_digest *ret_digest, struct err *err)
{
	struct dpkg_digest d = { .has_md5 = true, .conffile = false };

	/* lib/dpkg/db-fsys-digests.c: 32 digits, two spaces, the name as it is. */
	if (line.len < MD5_HEX + 3 || line.at[MD5_HEX] != ' ')
		return err_set(err, "not a digest and a name");
	if (md5_parse((struct dpkg_span){ .at = line.at, .len = MD5_HEX }, d.md5, err) < 0)
		return -1;
	d.path = path_strip(
		(struct dpkg_span){ .at = line.at + MD5_HEX + 2, .len = line.len - MD5_HEX - 2 });
	if (!d.path.len || memchr(d.path.at, '\0', d.path.len))
		return err_set(err, "not a digest and a name");
	*ret_digest = d;
	return 0;
}

/* Cuts the last word off; dpkg reads the line from its end, as names may hold spaces. */
static struct dpkg_span span_last_word(struct dpkg_span *s)
{
	struct dpkg_span word;
	size_t at;

	*s = span_trim(*s);
	for (at = s->len; at > 0 && s->at[at - 1] != ' '; at--)
		;
	word = (struct dpkg_span){ .at = s->at + at, .len = s->len - at };
	s->len = at;
	return word;
}

int dpkg_conffile_parse(struct dpkg_span line, struct dpkg_digest *ret_digest, struct err *err)
{
	struct dpkg_digest d = { .has_md5 = false, .conffile = true };
	struct dpkg_span word = span_last_word(&line);

	while (span_is(word, "obsolete") || span_is(word, "remove-on-upgrade"))
		word = span_last_word(&line);
	if (!span_is(word, "newconffile")) {
		if (md5_parse(word, d.md5, err) < 0)
			return -1;
		d.has_md5 = true;
	}
	d.path = path_strip(span_trim(line));
	if (!d.path.len || memchr(d.path.at, '\0', d.path.len))
		return err_set(err, "a conffile without a name");
	*ret_digest = d;
	return 0;
}

int dpkg_diversion_next(struct rd *r, struct dpkg_diversion *ret_diversion, bool *ret_more,
			struct err *err)
{
	struct dpkg_diversion d;

	*ret_more = dpkg_line_next(r, &d.from);
	if (!*ret_more)
		return 0;
	if (!dpkg_line_next(r, &d.to) || !dpkg_line_next(r, &d.by))
		return err_set(err, "ends within a diversion");
	if (!d.from.len || d.from.at[0] != '/' || !d.to.len || d.to.at[0] != '/' || !d.by.len)
		return err_set(err, "a malformed diversion");
	if (span_is(d.by, ":"))
		d.by.len = 0;
	*ret_diversion = d;
	return 0;
}

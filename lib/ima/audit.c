/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integrity audit records. */
#include "ima/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

#define AUDIT_MS_PER_S 1000U

static const struct {
	enum audit_type type;
	const char *name; /* as auditd and journald write it */
} types[] = {
	{ AUDIT_TYPE_DATA, "INTEGRITY_DATA" },
	{ AUDIT_TYPE_METADATA, "INTEGRITY_METADATA" },
	{ AUDIT_TYPE_STATUS, "INTEGRITY_STATUS" },
	{ AUDIT_TYPE_HASH, "INTEGRITY_HASH" },
	{ AUDIT_TYPE_PCR, "INTEGRITY_PCR" },
	{ AUDIT_TYPE_RULE, "INTEGRITY_RULE" },
	{ AUDIT_TYPE_EVM_XATTR, "INTEGRITY_EVM_XATTR" },
	{ AUDIT_TYPE_POLICY_RULE, "INTEGRITY_POLICY_RULE" },
	{ AUDIT_TYPE_USERSPACE, "INTEGRITY_USERSPACE" },
};

/* Whole decimal number that ends at one of the characters of ends; moves *p behind it. */
static int take_number(const char **p, const char *ends, uint64_t *ret_value)
{
	uint64_t v = 0;
	const char *s = *p;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (UINT64_MAX - 9) / 10)
			return -1;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (*s == '\0' ? *ends != '\0' : !strchr(ends, *s))
		return -1;
	*p = s;
	*ret_value = v;
	return 0;
}

static enum audit_type type_of_number(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if ((uint64_t)types[i].type == number)
			return types[i].type;
	return AUDIT_TYPE_NONE;
}

/* A type as a number, a name, or "AUDIT1800"/"UNKNOWN[1800]"; moves *p behind it. */
static enum audit_type take_type(const char **p)
{
	static const char *const prefixes[] = { "AUDIT", "UNKNOWN[", "" };
	size_t n = strcspn(*p, " ");
	uint64_t number;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strlen(types[i].name) == n && strncmp(*p, types[i].name, n) == 0) {
			*p += n;
			return types[i].type;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t skip = strlen(prefixes[i]);
		const char *s = *p + skip;

		if (strncmp(*p, prefixes[i], skip) != 0 || take_number(&s, " ]", &number) < 0)
			continue;
		*p += n;
		return type_of_number(number);
	}
	return AUDIT_TYPE_NONE;
}

/* "audit(1700000000.123:45): " */
static int take_stamp(const char **p, struct audit_record *r)
{
	uint64_t seconds;
	uint64_t ms;

	*p += strlen("audit(");
	if (take_number(p, ".", &seconds) < 0 || seconds > UINT64_MAX / AUDIT_MS_PER_S - 1)
		return -1;
	++*p;
	if (take_number(p, ":", &ms) < 0 || ms >= AUDIT_MS_PER_S)
		return -1;
	++*p;
	if (take_number(p, ")", &r->serial) < 0 || strncmp(*p, "):", 2) != 0)
		return -1;
	*p += 2;
	r->time_ms = seconds * AUDIT_MS_PER_S + ms;
	return 0;
}

/*
 * audit_log_untrustedstring(): quoted, or hex digits when the string holds '"', blanks or bytes
 * outside of ASCII.  Decodes in place what is not quoted and consists of hex digits only.
 */
static int decode_hex(char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n % 2 != 0 || strspn(text, "0123456789ABCDEFabcdef") != n)
		return 0;
	for (size_t i = 0; i < n / 2; i++) {
		int byte = hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]);

		if (byte == 0)
			return -1;
		text[i] = (char)byte;
	}
	text[n / 2] = '\0';
	return 0;
}

static int store_number(const char *value, uint64_t max, uint64_t *ret_value)
{
	uint64_t v;

	if (take_number(&value, "", &v) < 0 || v > max)
		return -1;
	*ret_value = v;
	return 0;
}

static int store_error(const char *value, int32_t *ret_error)
{
	bool minus = *value == '-';
	uint64_t v;

	if (store_number(value + (minus ? 1 : 0), INT32_MAX, &v) < 0)
		return -1;
	*ret_error = minus ? -(int32_t)v : (int32_t)v;
	return 0;
}

static int store_id(const char *value, uint32_t *ret_id)
{
	uint64_t v;

	if (store_number(value, UINT32_MAX, &v) < 0)
		return -1;
	*ret_id = (uint32_t)v;
	return 0;
}

/* The fields that hold strings; untrusted ones may be hex. */
static const char **string_field(struct audit_record *r, const char *key, bool *ret_untrusted)
{
	*ret_untrusted = true;
	if (strcmp(key, "name") == 0 || strcmp(key, "file") == 0)
		return &r->name;
	if (strcmp(key, "comm") == 0)
		return &r->comm;
	if (strcmp(key, "dev") == 0)
		return &r->dev;
	if (strcmp(key, "exe") == 0)
		return &r->exe;
	*ret_untrusted = false;
	if (strcmp(key, "op") == 0)
		return &r->op;
	if (strcmp(key, "cause") == 0)
		return &r->cause;
	if (strcmp(key, "hash") == 0)
		return &r->hash;
	return NULL;
}

static int store_field(struct audit_record *r, const char *key, char *value, bool quoted)
{
	bool untrusted;
	const char **text = string_field(r, key, &untrusted);

	if (text) {
		if (**text)
			return 0; /* the first one stands */
		if (untrusted && !quoted && decode_hex(value) < 0)
			return -1;
		*text = value;
		return 0;
	}
	if (strcmp(key, "ino") == 0)
		return store_number(value, UINT64_MAX, &r->ino);
	if (strcmp(key, "pid") == 0)
		return store_id(value, &r->pid);
	if (strcmp(key, "uid") == 0)
		return store_id(value, &r->uid);
	if (strcmp(key, "errno") == 0)
		return store_error(value, &r->error);
	if (strcmp(key, "res") == 0)
		r->success = strcmp(value, "1") == 0;
	return 0;
}

/* cause=missing-hash is one word, but older kernels have causes with blanks; those go to "comm=".
 */
static char *end_of_cause(char *value)
{
	char *end = strstr(value, " comm=");

	return end ? end : value + strcspn(value, " ");
}

static int parse_field(struct audit_record *r, char **at)
{
	char *key = *at;
	char *value = key + strcspn(key, "= ");
	bool quoted;
	char *end;

	if (*value != '=') { /* a word without a value */
		*at = *value ? value + 1 : value;
		return 0;
	}
	*value++ = '\0';
	quoted = *value == '"';
	value += quoted ? 1 : 0;
	end = quoted			  ? strchr(value, '"')
	      : strcmp(key, "cause") == 0 ? end_of_cause(value)
					  : value + strcspn(value, " ");
	if (!end)
		return -1;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return store_field(r, key, value, quoted);
}

/* Moves *p behind the carrier's prefix; says what type of record follows. */
static enum audit_type parse_head(const char **p, struct audit_record *r, bool *ret_damaged)
{
	enum audit_type type;
	bool carried;

	*ret_damaged = false;
	if (strncmp(*p, "audit: ", 7) == 0)
		*p += 7;
	carried = strncmp(*p, "type=", 5) == 0;
	*p += carried ? 5 : 0;
	type = take_type(p);
	if (type == AUDIT_TYPE_NONE || !carried)
		return type;
	*p += **p == ' ' ? 1 : 0;
	if (strncmp(*p, "msg=", 4) == 0)
		*p += 4;
	*ret_damaged = strncmp(*p, "audit(", 6) != 0 || take_stamp(p, r) < 0;
	return type;
}

static int parse_body(const char *body, struct audit_record *r)
{
	char *at;

	r->memory = strdup(body);
	if (!r->memory)
		return -1;
	r->memory[strcspn(r->memory, "\n\x1d")] = '\0'; /* auditd's enriched fields follow \x1d */
	for (at = r->memory; *at;) {
		if (*at == ' ') {
			at++;
			continue;
		}
		if (parse_field(r, &at) < 0)
			return -1;
	}
	return 0;
}

int audit_line_parse(const char *line, size_t len, struct audit_record *ret_record, struct err *err)
{
	CLEANUP(audit_record_done)
	struct audit_record r = {
		.op = "", .cause = "", .comm = "", .name = "", .dev = "", .exe = "", .hash = ""
	};
	AUTO_STR copy = NULL;
	const char *p;
	bool damaged;

	if (len > AUDIT_LINE_MAX)
		return err_set(err, "audit record: longer than %d bytes", AUDIT_LINE_MAX);
	copy = strndup(line, len);
	if (!copy)
		return err_set(err, "out of memory");
	p = copy;
	r.type = parse_head(&p, &r, &damaged);
	if (r.type != AUDIT_TYPE_NONE && (damaged || parse_body(p, &r) < 0))
		return err_set(err, "audit record: damaged: %.80s", copy);
	*ret_record = r;
	r.memory = NULL;
	return 0;
}

void audit_record_done(struct audit_record *record)
{
	cleanup_str(&record->memory);
}

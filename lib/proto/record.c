/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing and writing the enforcement record. */
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/rd.h"
#include "sig/domain.h"

#define DIGEST_PREFIX "sha256:"
#define DIGEST_HEX_LEN 64
#define LINE_MAX_BYTES 2048

static int put_digest(const char *what, const struct digest *d, const char *name, struct buf *out,
		      struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];

	if (d->algo != HASH_SHA256 || d->len != hash_algo_size(HASH_SHA256))
		return err_set(err, "record: %s: not a SHA-256 digest", what);
	hex_format(d->data, d->len, hex);
	return buf_putf(out, err, "%s " DIGEST_PREFIX "%s%s%s\n", what, hex, *name ? " " : "",
			name);
}

static int put_settings(const struct settings *s, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < s->n_init; i++)
		if (buf_putf(out, err, "init %s\n", s->init[i]) < 0)
			return -1;
	return buf_putf(out, err,
			"lockdown %s\nmodule-signatures %s\nptrace-scope %u\nkexec-load %s\n"
			"unprivileged-bpf %s\n%s",
			settings_lockdown_name(s->lockdown), s->module_signatures ? "yes" : "no",
			s->ptrace_scope, s->kexec_load ? "yes" : "no",
			s->unprivileged_bpf ? "yes" : "no",
			s->deny_write_execute ? "memory-deny-write-execute yes\n" : "");
}

static int put_files(const char *what, const struct record_file *files, size_t n, struct buf *out,
		     struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (put_digest(what, &files[i].digest, files[i].name, out, err) < 0)
			return -1;
	return 0;
}

int record_format(const struct record *record, struct buf *out, struct err *err)
{
	const struct settings *s = &record->settings;

	if (buf_putf(out, err,
		     DOMAIN_RECORD_LINE
		     "\nmode %s\nprofile %s\nevm %s\nepoch %u\nlevel %s\npcr %u\n",
		     settings_mode_name(s->mode), settings_profile_name(s->profile),
		     settings_evm_name(s->evm), record->epoch, record->level, s->pcr) < 0)
		return -1;
	if (put_settings(s, out, err) < 0)
		return -1;
	if (put_digest("policy", &record->policy, "", out, err) < 0)
		return -1;
	if (put_files("cert", record->certs, record->n_certs, out, err) < 0)
		return -1;
	return put_files("keyring", record->keyrings, record->n_keyrings, out, err);
}

static int parse_digest(const char *text, struct digest *ret_digest, struct err *err)
{
	*ret_digest = (struct digest){ .algo = HASH_SHA256, .len = hash_algo_size(HASH_SHA256) };
	if (strncmp(text, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) != 0)
		return err_set(err, "not a sha256: digest");
	return hex_parse(text + strlen(DIGEST_PREFIX), ret_digest->data, ret_digest->len, err);
}

static int parse_file(const char *what, char *value, struct record_file *ret_file, struct err *err)
{
	char *name = strchr(value, ' ');

	if (!name || !name[1] || strlen(name + 1) >= RECORD_NAME_MAX || strchr(name + 1, '/') ||
	    name[1] == '.')
		return err_set(err, "%s: no digest and file name", what);
	*name++ = '\0';
	if (parse_digest(value, &ret_file->digest, err) < 0)
		return err_prepend(err, "%s", what);
	strcpy(ret_file->name, name);
	return 0;
}

static int parse_cert(struct record *r, char *value, struct err *err)
{
	if (r->n_certs == RECORD_CERTS_MAX)
		return err_set(err, "more than %d certificates", RECORD_CERTS_MAX);
	return parse_file("cert", value, &r->certs[r->n_certs++], err);
}

static int parse_keyring(struct record *r, char *value, struct err *err)
{
	if (r->n_keyrings == RECORD_KEYRINGS_MAX)
		return err_set(err, "more than %d keyrings", RECORD_KEYRINGS_MAX);
	return parse_file("keyring", value, &r->keyrings[r->n_keyrings++], err);
}

static int parse_level(struct record *r, const char *value, struct err *err)
{
	if (!*value || strlen(value) >= RECORD_LEVEL_MAX ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(value))
		return err_set(err, "level: '%s' is not a level's name", value);
	strcpy(r->level, value);
	return 0;
}

static int parse_epoch(struct record *r, const char *value, struct err *err)
{
	unsigned long v;
	char *end;

	v = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || v > UINT32_MAX)
		return err_set(err, "epoch: '%s' is not a number", value);
	r->epoch = (uint32_t)v;
	return 0;
}

static int parse_line(struct record *r, char *line, struct err *err)
{
	char *value = strchr(line, ' ');

	if (!value)
		return err_set(err, "'%s' has no value", line);
	*value++ = '\0';
	if (strcmp(line, "epoch") == 0)
		return parse_epoch(r, value, err);
	if (strcmp(line, "level") == 0)
		return parse_level(r, value, err);
	if (strcmp(line, "policy") == 0)
		return parse_digest(value, &r->policy, err);
	if (strcmp(line, "cert") == 0)
		return parse_cert(r, value, err);
	if (strcmp(line, "keyring") == 0)
		return parse_keyring(r, value, err);
	return settings_set(&r->settings, line, value, err);
}

static int parse_lines(struct rd *in, struct record *r, struct err *err)
{
	for (unsigned int n = 1; in->left; n++) {
		char line[LINE_MAX_BYTES];
		size_t len;
		const uint8_t *at = rd_until(in, '\n', &len);

		if (!at || len >= sizeof(line) || memchr(at, '\0', len))
			return err_set(err, "record: line %u: unfinished, too long or binary", n);
		memcpy(line, at, len);
		line[len] = '\0';
		if (n == 1 && strcmp(line, DOMAIN_RECORD_LINE) != 0)
			return err_set(err, "record: not an enforcement record of version 1");
		if (n > 1 && parse_line(r, line, err) < 0)
			return err_prepend(err, "record: line %u", n);
	}
	return 0;
}

static int check_whole(const struct record *r, struct err *err)
{
	if (r->settings.mode == MODE_OFF)
		return err_set(err, "record: mode off needs no record");
	if (r->settings.profile == PROFILE_AUTO)
		return err_set(err, "record: the profile must be decided");
	if (r->settings.n_init == 0 || r->n_certs == 0)
		return err_set(err, "record: names no %s", r->n_certs ? "init" : "certificate");
	return 0;
}

int record_parse(const char *text, size_t len, struct record *ret_record, struct err *err)
{
	AUTO_MEM struct record *r = calloc(1, sizeof(*r));
	AUTO_BUF again = BUF_INIT(RECORD_MAX);
	struct rd in = rd_init(text, len);

	if (!r)
		return err_set(err, "out of memory");
	if (len == 0 || len > RECORD_MAX)
		return err_set(err, "record: empty or larger than %d bytes", RECORD_MAX);
	settings_default(&r->settings);
	r->settings.n_init = 0;
	if (parse_lines(&in, r, err) < 0 || check_whole(r, err) < 0)
		return -1;
	if (record_format(r, &again, err) < 0)
		return -1;
	if (again.len != len || memcmp(again.data, text, len) != 0)
		return err_set(err, "record: not in its canonical form");
	*ret_record = *r;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and editing assay.conf, by libinih. */
#include "proto/config.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

struct parse {
	struct config config;
	struct err err;
	bool init_given;
};

void config_default(struct config *ret_config)
{
	settings_default(&ret_config->settings);
	strcpy(ret_config->signing, "/etc/assay/keys/signing.key");
	strcpy(ret_config->certificate, "/etc/assay/certs/signing.der");
	strcpy(ret_config->certificates, "/etc/assay/certs");
	strcpy(ret_config->keyrings, "/usr/share/keyrings/debian-archive-keyring.gpg");
}

static int set_text(char to[static SETTINGS_PATH_MAX], const char *name, const char *value,
		    struct err *err)
{
	if (!*value || strlen(value) >= SETTINGS_PATH_MAX)
		return err_set(err, "%s: empty or longer than %d bytes", name,
			       SETTINGS_PATH_MAX - 1);
	strcpy(to, value);
	return 0;
}

static int set_keys(struct config *c, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "signing") == 0)
		return set_text(c->signing, name, value, err);
	if (strcmp(name, "certificate") == 0)
		return set_text(c->certificate, name, value, err);
	if (strcmp(name, "certificates") == 0)
		return set_text(c->certificates, name, value, err);
	return err_set(err, "[keys] has nothing named '%s'", name);
}

static int set_packages(struct config *c, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "keyrings") != 0)
		return err_set(err, "[packages] has nothing named '%s'", name);
	if (set_text(c->keyrings, name, value, err) < 0)
		return -1;
	if (strcmp(value, "none") == 0)
		c->keyrings[0] = '\0';
	else if (value[0] != '/')
		return err_set(err, "keyrings: neither absolute paths nor 'none'");
	return 0;
}

static int set_init(struct parse *p, const char *value, struct err *err)
{
	AUTO_STR copy = strdup(value);
	char *rest = copy;

	if (!copy)
		return err_set(err, "out of memory");
	if (!p->init_given)
		p->config.settings.n_init = 0;
	p->init_given = true;
	for (char *one; (one = strtok_r(rest, " \t", &rest));)
		if (settings_set(&p->config.settings, "init", one, err) < 0)
			return -1;
	if (p->config.settings.n_init == 0)
		return err_set(err, "init: no path given");
	return 0;
}

static bool is_enforcement(const char *name)
{
	return strcmp(name, "mode") == 0 || strcmp(name, "profile") == 0 ||
	       strcmp(name, "evm") == 0;
}

/* libinih's handler: 1 is success. */
static int on_entry(void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;
	struct err *err = &p->err;
	int r;

	if (err->text[0])
		return 0;
	if (strcmp(section, "keys") == 0)
		r = set_keys(&p->config, name, value, err);
	else if (strcmp(section, "packages") == 0)
		r = set_packages(&p->config, name, value, err);
	else if (strcmp(section, "enforcement") == 0 && is_enforcement(name))
		r = settings_set(&p->config.settings, name, value, err);
	else if (strcmp(section, "boot") == 0 && strcmp(name, "init") == 0)
		r = set_init(p, value, err);
	else if (strcmp(section, "boot") == 0 && !is_enforcement(name))
		r = settings_set(&p->config.settings, name, value, err);
	else
		r = err_set(err, "[%s] has nothing named '%s'", section, name);
	return r == 0;
}

int config_parse(const char *text, size_t len, const char *name, struct config *ret_config,
		 struct err *err)
{
	AUTO_MEM struct parse *p = calloc(1, sizeof(*p));
	AUTO_STR copy = strndup(text, len);
	int line;

	if (!p || !copy)
		return err_set(err, "out of memory");
	if (strlen(copy) != len)
		return err_set(err, "%s: holds a NUL byte", name);
	config_default(&p->config);
	line = ini_parse_string(copy, on_entry, p);
	if (line < 0)
		return err_set(err, "%s: out of memory", name);
	if (line > 0)
		return err_set(err, "%s:%d: %s", name, line,
			       p->err.text[0] ? p->err.text
					      : "neither [section], name = value nor a comment");
	*ret_config = p->config;
	return 0;
}

int config_load(const char *path, struct config *ret_config, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONFIG_MAX);

	if (!io_exists(path)) {
		config_default(ret_config);
		return 0;
	}
	if (io_read_file(path, &text, err) < 0)
		return -1;
	return config_parse(buf_text(&text), text.len, path, ret_config, err);
}

static int put_below(char path[static SETTINGS_PATH_MAX], const char *root, struct err *err)
{
	size_t skip = strlen(root);
	size_t len = strlen(path);

	if (path[0] != '/')
		return 0;
	if (skip + len >= SETTINGS_PATH_MAX)
		return err_set(err, "%s%s: longer than %d bytes", root, path,
			       SETTINGS_PATH_MAX - 1);
	memmove(path + skip, path, len + 1);
	memcpy(path, root, skip);
	return 0;
}

int config_put_below(struct config *config, const char *root, struct err *err)
{
	if (put_below(config->signing, root, err) < 0 ||
	    put_below(config->certificate, root, err) < 0)
		return -1;
	return put_below(config->certificates, root, err);
}

/* The name at the start of a line of an INI file, blanks skipped: does it equal what is asked? */
static bool line_sets(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);
	size_t i = 0;

	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	if (len - i < n || memcmp(line + i, name, n) != 0)
		return false;
	for (i += n; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return line[i] == '=' || line[i] == ':';
	return false;
}

static bool line_is_section(const char *line, size_t len, const char *section)
{
	size_t n = strlen(section);

	return len >= n + 2 && line[0] == '[' && memcmp(line + 1, section, n) == 0 &&
	       line[n + 1] == ']';
}

int config_edit_mode(const struct buf *text, enum settings_mode mode, struct buf *out,
		     struct err *err)
{
	const char *p = buf_text(text);
	const char *end = p + text->len;
	const char *word = settings_mode_name(mode);
	bool inside = false;
	bool written = false;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl ? (size_t)(nl - p) : (size_t)(end - p);
		bool header = len > 0 && p[0] == '[';

		if (header && inside && !written) {
			written = true;
			if (buf_putf(out, err, "mode = %s\n", word) < 0)
				return -1;
		}
		if (header)
			inside = line_is_section(p, len, "enforcement");
		if (inside && line_sets(p, len, "mode")) {
			if (!written && buf_putf(out, err, "mode = %s\n", word) < 0)
				return -1;
			written = true;
		} else if (buf_put(out, p, len, err) < 0 || buf_put(out, "\n", 1, err) < 0) {
			return -1;
		}
		p += len + 1;
	}
	if (written)
		return 0;
	return buf_putf(out, err, "%smode = %s\n", inside ? "" : "[enforcement]\n", word);
}

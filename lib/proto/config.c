/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and editing assay.conf. */
#include "proto/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "proto/config_ini.h"

struct parse {
	struct config config;
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

static int set_path(char to[static SETTINGS_PATH_MAX], const char *name, const char *value,
		    struct err *err)
{
	if (*value && *value != '/')
		return err_set(err, "%s: '%s' is no absolute path", name, value);
	return set_text(to, name, value, err);
}

/* "x:y", but a file: without its whole path. */
static bool is_uri(const char *value)
{
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789+-.");

	return n > 0 && value[n] == ':' && (strncmp(value, "file:", 5) != 0 || value[5] == '/');
}

static int set_signing(struct config *c, const char *value, struct err *err)
{
	if (*value && *value != '/' && !is_uri(value))
		return err_set(err, "signing: '%s' is neither an absolute path nor a URI", value);
	return set_text(c->signing, "signing", value, err);
}

static int set_keys(struct config *c, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "signing") == 0)
		return set_signing(c, value, err);
	if (strcmp(name, "certificate") == 0)
		return set_path(c->certificate, name, value, err);
	if (strcmp(name, "certificates") == 0)
		return set_path(c->certificates, name, value, err);
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

static bool ends_in(const char *path, const char *const *endings)
{
	const char *dot = strrchr(path, '.');

	for (; dot && *endings; endings++)
		if (strcmp(dot, *endings) == 0)
			return true;
	return false;
}

bool config_is_cert(const char *path)
{
	static const char *const endings[] = { ".der", ".pem", ".crt", NULL };

	return ends_in(path, endings);
}

bool config_is_keyring(const char *path)
{
	static const char *const endings[] = { ".gpg", ".pgp", NULL };

	return ends_in(path, endings);
}

static int check_level_name(const char *name, struct err *err)
{
	if (!*name || strlen(name) >= CONFIG_LEVEL_NAME_MAX ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return err_set(err, "level: '%s': 1 to %d of a-z, 0-9 and '-' are a name", name,
			       CONFIG_LEVEL_NAME_MAX - 1);
	return 0;
}

static int check_level_paths(const char *name, const char *paths, struct err *err)
{
	AUTO_STR copy = strdup(paths);
	char *rest = copy;

	if (!copy)
		return err_set(err, "out of memory");
	for (char *one; (one = strtok_r(rest, " \t", &rest));)
		if (*one != '/' || (!config_is_cert(one) && !config_is_keyring(one)))
			return err_set(err,
				       "%s: '%s' is no absolute path of a certificate (.der, .pem, "
				       ".crt) or keyring (.gpg, .pgp)",
				       name, one);
	return 0;
}

static int set_level(struct config *c, const char *name, const char *paths, struct err *err)
{
	struct config_level *level = &c->levels[c->n_levels];

	if (check_level_name(name, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n_levels; i++)
		if (strcmp(c->levels[i].name, name) == 0)
			return err_set(err, "level: '%s' is there twice", name);
	if (c->n_levels == CONFIG_LEVELS_MAX)
		return err_set(err, "more than %d levels", CONFIG_LEVELS_MAX);
	if (set_text(level->paths, name, paths, err) < 0 || check_level_paths(name, paths, err) < 0)
		return -1;
	strcpy(level->name, name);
	c->n_levels++;
	return 0;
}

static int set_host_level(struct config *c, const char *name, struct err *err)
{
	if (check_level_name(name, err) < 0)
		return -1;
	strcpy(c->level, name);
	return 0;
}

/* The section that names it may come later. */
static int check_host_level(const struct config *c, struct err *err)
{
	for (size_t i = 0; i < c->n_levels; i++)
		if (strcmp(c->levels[i].name, c->level) == 0)
			return 0;
	return *c->level ? err_set(err, "level: '%s' is not one that [levels] names", c->level) : 0;
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

static int set_enforcement(struct config *c, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "level") == 0)
		return set_host_level(c, value, err);
	if (is_enforcement(name))
		return settings_set(&c->settings, name, value, err);
	return err_set(err, "[enforcement] has nothing named '%s'", name);
}

static int set_boot(struct parse *p, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "init") == 0)
		return set_init(p, value, err);
	if (is_enforcement(name))
		return err_set(err, "[boot] has nothing named '%s'", name);
	return settings_set(&p->config.settings, name, value, err);
}

static int on_entry(void *ctx, const char *section, const char *name, const char *value,
		    struct err *err)
{
	struct parse *p = ctx;

	if (strcmp(section, "keys") == 0)
		return set_keys(&p->config, name, value, err);
	if (strcmp(section, "packages") == 0)
		return set_packages(&p->config, name, value, err);
	if (strcmp(section, "levels") == 0)
		return set_level(&p->config, name, value, err);
	if (strcmp(section, "enforcement") == 0)
		return set_enforcement(&p->config, name, value, err);
	if (strcmp(section, "boot") == 0)
		return set_boot(p, name, value, err);
	if (!*section)
		return err_set(err, "'%s' stands before any [section]", name);
	return err_set(err, "no section is named [%s]", section);
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

/* The number of the line that names the host's level; 0: none does. */
static int level_line(const char *text)
{
	bool inside = false;
	int number = 1;

	for (const char *line = text; *line; number++) {
		size_t len = strcspn(line, "\n");

		if (*line == '[')
			inside = line_is_section(line, len, "enforcement");
		if (inside && line_sets(line, len, "level"))
			return number;
		line += len + (line[len] ? 1 : 0);
	}
	return 0;
}

int config_parse(const char *text, size_t len, const char *name, struct config *ret_config,
		 struct err *err)
{
	AUTO_MEM struct parse *p = calloc(1, sizeof(*p));
	AUTO_STR copy = strndup(text, len);
	const struct config_ini to = { .fn = on_entry, .ctx = p, .adds_up = "init" };

	if (!p || !copy)
		return err_set(err, "out of memory");
	config_default(&p->config);
	if (config_ini_parse(text, len, name, &to, err) < 0)
		return -1;
	if (check_host_level(&p->config, err) < 0)
		return err_prepend(err, "%s:%d", name, level_line(copy));
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

int config_load_given(const char *given, struct config *ret_config, struct err *err)
{
	if (given && !io_exists(given))
		return err_errno(err, "open: %s", given);
	return config_load(given ? given : CONFIG_PATH, ret_config, err);
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

static int put_words_below(char paths[static SETTINGS_PATH_MAX], const char *root, struct err *err)
{
	AUTO_STR copy = strdup(paths);
	AUTO_BUF out = BUF_INIT(SETTINGS_PATH_MAX - 1);
	char *rest = copy;

	if (!copy)
		return err_set(err, "out of memory");
	for (char *one; (one = strtok_r(rest, " \t", &rest));)
		if (buf_putf(&out, err, "%s%s%s", out.len ? " " : "", root, one) < 0)
			return err_prepend(err, "%s%s", root, one);
	strcpy(paths, buf_text(&out));
	return 0;
}

int config_put_below(struct config *config, const char *root, struct err *err)
{
	for (size_t i = 0; i < config->n_levels; i++)
		if (put_words_below(config->levels[i].paths, root, err) < 0)
			return -1;
	if (put_words_below(config->keyrings, root, err) < 0 ||
	    put_below(config->signing, root, err) < 0 ||
	    put_below(config->certificate, root, err) < 0)
		return -1;
	return put_below(config->certificates, root, err);
}

int config_edit(const struct buf *text, const char *name, const char *value, struct buf *out,
		struct err *err)
{
	const char *p = buf_text(text);
	const char *end = p + text->len;
	bool inside = false;
	bool written = false;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl ? (size_t)(nl - p) : (size_t)(end - p);
		bool header = len > 0 && p[0] == '[';

		if (header && inside && !written) {
			written = true;
			if (buf_putf(out, err, "%s = %s\n", name, value) < 0)
				return -1;
		}
		if (header)
			inside = line_is_section(p, len, "enforcement");
		if (inside && line_sets(p, len, name)) {
			if (!written && buf_putf(out, err, "%s = %s\n", name, value) < 0)
				return -1;
			written = true;
		} else if (buf_put(out, p, len, err) < 0 || buf_put(out, "\n", 1, err) < 0) {
			return -1;
		}
		p += len + 1;
	}
	if (written)
		return 0;
	return buf_putf(out, err, "%s%s = %s\n", inside ? "" : "[enforcement]\n", name, value);
}

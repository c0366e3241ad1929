/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attest.conf, read and written. */
#include "attest/client/conf.h"

#include <ctype.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/io.h"

#define HTTPS "https://"
#define CONF_MODE 0644

int conf_set_verifier(struct conf *conf, const char *url, struct err *err)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	if (len >= sizeof(conf->verifier))
		return err_set(err, "the URL is longer than %d bytes", CONF_URL_MAX - 1);
	if (strncmp(url, HTTPS, strlen(HTTPS)) != 0 || len <= strlen(HTTPS))
		return err_set(err, "'%s' is no URL that begins with " HTTPS, url);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)url[i]) || strchr("@?#\"\\", url[i]))
			return err_set(err,
				       "'%s': a verifier's URL has no user, query, fragment "
				       "or blank",
				       url);
	memcpy(conf->verifier, url, len);
	conf->verifier[len] = '\0';
	return 0;
}

static int set_ca(struct conf *conf, const char *value, struct err *err)
{
	if (value[0] != '/' || strlen(value) >= sizeof(conf->ca))
		return err_set(err, "'%s' is no absolute path, or too long", value);
	memcpy(conf->ca, value, strlen(value) + 1);
	return 0;
}

/* "name = value" */
static int take_line(struct conf *conf, char *line, struct err *err)
{
	char *value = strstr(line, " = ");

	if (line[0] == '#')
		return 0;
	if (!value)
		return err_set(err, "'%s' is not NAME = VALUE", line);
	*value = '\0';
	value += strlen(" = ");
	if (strcmp(line, "verifier") == 0)
		return conf_set_verifier(conf, value, err);
	if (strcmp(line, "ca") == 0)
		return set_ca(conf, value, err);
	if (strcmp(line, "host") == 0)
		return hex_parse(value, conf->host, sizeof(conf->host), err);
	return err_set(err, "no setting is named '%s'", line);
}

static int parse(struct buf *text, struct conf *ret_conf, struct err *err)
{
	static const uint8_t none[EVIDENCE_HOST_SIZE];
	char *state = NULL;
	char *line;

	memset(ret_conf, 0, sizeof(*ret_conf));
	while ((line = buf_line(text, &state)))
		if (take_line(ret_conf, line, err) < 0)
			return -1;
	if (!ret_conf->verifier[0] || !ret_conf->ca[0] ||
	    memcmp(ret_conf->host, none, sizeof(none)) == 0)
		return err_set(err, "names no verifier, ca or host; enrol again");
	return 0;
}

int conf_load(const char *path, struct conf *ret_conf, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONF_MAX);

	if (!io_exists(path))
		return err_set(err,
			       "%s: is not there: this host is not enrolled; see "
			       "'assay attest enrol --help'",
			       path);
	if (io_read_file(path, &text, err) < 0)
		return -1;
	return parse(&text, ret_conf, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

/* The directory must be there: it is named in full, so that a service finds it. */
static int save_ca(const char *path, struct conf *conf, const struct buf *ca, struct err *err)
{
	AUTO_STR copy = strdup(path);
	AUTO_STR dir = NULL;

	if (!copy)
		return err_set(err, "out of memory");
	dir = realpath(dirname(copy), NULL);
	if (!dir)
		return err_errno(err, "%s", path);
	if (strchr(dir, '\n') ||
	    snprintf(conf->ca, sizeof(conf->ca), "%s/" CONF_CA_NAME, dir) >= (int)sizeof(conf->ca))
		return err_set(err, "%s: the name is too long, or has a newline", path);
	return io_replace_file(conf->ca, ca, CONF_MODE, err);
}

int conf_save(const char *path, struct conf *conf, const struct buf *ca, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONF_MAX);
	char host[2 * EVIDENCE_HOST_SIZE + 1];

	hex_format(conf->host, sizeof(conf->host), host);
	if (save_ca(path, conf, ca, err) < 0 ||
	    buf_putf(&text, err,
		     "# Written by assay attest enrol; assay-attest(8).\n"
		     "verifier = %s\nca = %s\nhost = %s\n",
		     conf->verifier, conf->ca, host) < 0)
		return -1;
	return io_replace_file(path, &text, CONF_MODE, err);
}

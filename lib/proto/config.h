/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's configuration, /etc/assay/assay.conf; see assay.conf(5). */
#ifndef ASSAY_PROTO_CONFIG_H
#define ASSAY_PROTO_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/settings.h"

#define CONFIG_PATH "/etc/assay/assay.conf"
#define CONFIG_MAX 65536	 /* bytes */
#define CONFIG_LEVELS_MAX 8	 /* acceptance levels */
#define CONFIG_LEVEL_NAME_MAX 32 /* bytes of a level's name, NUL included */

/* One acceptance level: certificates and archives' keyrings, paths separated by blanks. */
struct config_level {
	char name[CONFIG_LEVEL_NAME_MAX];
	char paths[SETTINGS_PATH_MAX];
};

struct config {
	struct settings settings;
	char signing[SETTINGS_PATH_MAX];      /* path or OSSL_STORE URI of the private key */
	char certificate[SETTINGS_PATH_MAX];  /* its certificate */
	char certificates[SETTINGS_PATH_MAX]; /* directory of all that is trusted */
	char keyrings[SETTINGS_PATH_MAX];  /* of archives that packages may come from; "": none */
	char level[CONFIG_LEVEL_NAME_MAX]; /* what the host accepts; "": every level */
	struct config_level levels[CONFIG_LEVELS_MAX]; /* the most trusted first; proto/level.h */
	size_t n_levels;
};

/* What a path's last letters say: a certificate, or a keyring of an archive. */
bool config_is_cert(const char *path);
bool config_is_keyring(const char *path);

void config_default(struct config *ret_config);

/* Parses the text over the defaults; name is for errors: "assay.conf:12: ...". */
MUST_USE int config_parse(const char *text, size_t len, const char *name, struct config *ret_config,
			  struct err *err);

/* Reads path; a file that does not exist gives the defaults. */
MUST_USE int config_load(const char *path, struct config *ret_config, struct err *err);

/* What an option names must be there; NULL: CONFIG_PATH, as by config_load. */
MUST_USE int config_load_given(const char *given, struct config *ret_config, struct err *err);

/* Puts root before the paths that the configuration names; a key's URI is no path and stays. */
MUST_USE int config_put_below(struct config *config, const char *root, struct err *err);

/*
 * Rewrites "NAME = ..." in [enforcement] of the text and nothing else, adding section or line where
 * they are missing; out gets the whole new text.
 */
MUST_USE int config_edit(const struct buf *text, const char *name, const char *value,
			 struct buf *out, struct err *err);

#endif

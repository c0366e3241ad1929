/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which key signs, which certificates are trusted. */
#include "cli/keys.h"

#include <string.h>

#include "base/io.h"
#include "cli/passphrase.h"
#include "proto/level.h"
#include "trust/signing.h"

/* SHA-1 is for reading old signatures, not for new ones. */
int keys_parse_digest(const char *name, enum hash_algo *ret_algo, struct err *err)
{
	if (strcmp(name, "sha1") == 0)
		return err_set(err, "sha1 is no longer safe (sha256, sha384, sha512)");
	if (hash_algo_parse(name, ret_algo, NULL) < 0)
		return err_set(err, "no digest is named '%s' (sha256, sha384, sha512)", name);
	return 0;
}

int keys_add_cert(struct keys *keys, const char *path, struct err *err)
{
	if (keys->n_certs == CERT_SET_MAX)
		return err_set(err, "more than %d certificates", CERT_SET_MAX);
	keys->certs[keys->n_certs++] = path;
	return 0;
}

static const char *root_option(const struct keys *keys)
{
	return keys->root && *keys->root ? " --root " : "";
}

static const char *root_value(const struct keys *keys)
{
	return keys->root ? keys->root : "";
}

/* A file, and no URI: below --root, which may be a relative path. */
static bool is_file(const struct keys *keys, const char *uri)
{
	const char *root = root_value(keys);

	return uri[0] == '/' || (*root && strncmp(uri, root, strlen(root)) == 0);
}

/* The configured key is what keygen makes; one that --key names may be anybody's. */
int keys_load_signing(const struct keys *keys, struct key **ret_key, struct err *err)
{
	const char *uri = keys->key ? keys->key : keys->config->signing;

	if (!keys->key && is_file(keys, uri) && !io_exists(uri))
		return err_set(err, "there is no signing key at %s; run 'assay keygen%s%s'", uri,
			       root_option(keys), root_value(keys));
	return key_load(uri, passphrase_ask, ret_key, err);
}

int keys_find_id(const struct keys *keys, const struct key *key, uint32_t *ret_keyid,
		 struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	const char *configured = keys->config->certificate;

	if (!keys->n_certs && !keys->key)
		return signing_keyid(keys->config, key, ret_keyid, err);
	for (size_t i = 0; i < keys->n_certs; i++)
		if (cert_set_add_file(&set, keys->certs[i], err) < 0)
			return -1;
	if (!keys->n_certs && io_exists(configured) && cert_set_add_file(&set, configured, err) < 0)
		return -1;
	for (size_t i = 0; i < set.n; i++) {
		if (key_matches(key, set.cert[i], err) == 0) {
			*ret_keyid = cert_keyid(set.cert[i]);
			return 0;
		}
	}
	return keys->n_certs ? -1 : key_keyid(key, ret_keyid, err);
}

int keys_load_trusted(const struct keys *keys, struct cert_set *set, struct err *err)
{
	const char *dir = keys->config->certificates;

	for (size_t i = 0; i < keys->n_certs; i++)
		if (cert_set_add_file(set, keys->certs[i], err) < 0)
			return -1;
	if (!keys->n_certs && io_exists(dir) && level_load_trusted(keys->config, set, err) < 0)
		return -1;
	if (!set->n)
		return err_set(
			err, "there is no certificate in %s; run 'assay keygen%s%s' or give --cert",
			dir, root_option(keys), root_value(keys));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading the configured key. */
#include "trust/signing.h"

#include "base/io.h"

int signing_keyid(const struct config *config, const struct key *key, uint32_t *ret_keyid,
		  struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;

	if (!io_exists(config->certificate))
		return key_keyid(key, ret_keyid, err);
	if (cert_set_add_file(&set, config->certificate, err) < 0)
		return -1;
	if (key_matches(key, set.cert[0], err) < 0)
		return err_prepend(err, "certificate: %s", config->certificate);
	*ret_keyid = cert_keyid(set.cert[0]);
	return 0;
}

/* A new key's signatures would be denied until the next boot. */
static bool is_known(const struct trust *trust, uint32_t keyid)
{
	size_t pos = 0;

	return !trust->in_force || cert_set_find(&trust->certs, keyid, &pos);
}

static void put_away(const struct trust *trust, struct signing *signing)
{
	key_free(signing->key);
	signing->key = NULL;
	signing->unknown = true;
	(void)err_set(&signing->why,
		      "%s: this boot's kernel does not know this key: reboot before packages are "
		      "installed",
		      trust->config->signing);
}

int signing_load(const struct trust *trust, struct signing *ret, struct err *err)
{
	const struct settings *settings = &trust->settings;
	struct package_signing *how = &ret->how;

	*ret = (struct signing){ .key = NULL };
	if (key_load(trust->config->signing, NULL, &ret->key, &ret->why) < 0)
		return 0;
	if (signing_keyid(trust->config, ret->key, &how->keyid, err) < 0)
		return -1;
	if (!is_known(trust, how->keyid)) {
		put_away(trust, ret);
		return 0;
	}
	*how = (struct package_signing){ .key = ret->key,
					 .keyid = how->keyid,
					 .algo = HASH_SHA256,
					 .profiles = { settings->profile != PROFILE_VERITY,
						       settings->profile != PROFILE_SIGNATURE },
					 .evm = settings->evm != EVM_OFF };
	return signer_new(ret->key, &how->signer, err);
}

void signing_done(struct signing *signing)
{
	signer_free(signing->how.signer);
	key_free(signing->key);
	*signing = (struct signing){ .key = NULL };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keyrings by the digests of the record in force. */
#include "trust/trust.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hex.h"
#include "base/io.h"

#define TRUST_PATH_MAX 256
#define KEYRING_FD_MIN 64

/* *text is the file, found by what the record says of it, and nothing else. */
static int read_named(const struct record_file *file, char ret_path[static TRUST_PATH_MAX],
		      struct buf *text, struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest got;

	hex_format(file->digest.data, file->digest.len, hex);
	(void)snprintf(ret_path, TRUST_PATH_MAX, RECORD_TRUST_DIR "/%s", hex);
	if (io_read_file(ret_path, text, err) < 0 ||
	    hash_bytes(file->digest.algo, text->data, text->len, &got, err) < 0)
		return err_prepend(err, "%s", file->name);
	if (got.len != file->digest.len || memcmp(got.data, file->digest.data, got.len) != 0)
		return err_set(err,
			       "%s: is not what its name says; put %s back as it was at the last "
			       "'assay enable'",
			       ret_path, file->name);
	return 0;
}

/*
 * gpgv reads the very bytes that were verified, from a file without a name that nobody changes.  It
 * inherits the descriptor, under which it finds them.
 */
static int add_keyring(struct trust *t, const struct buf *text, struct err *err)
{
	AUTO_FD low = memfd_create("keyring", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	/* Out of the way of those that gpgv is given by their numbers. */
	int fd = low < 0 ? -1 : fcntl(low, F_DUPFD, KEYRING_FD_MIN);
	size_t at = 0;

	while (at < RECORD_KEYRINGS_MAX && t->keyring[at] >= 0)
		at++;
	if (fd < 0 || at == RECORD_KEYRINGS_MAX) {
		cleanup_fd(&fd);
		return err_set(err, "no room for a keyring");
	}
	t->keyring[at] = fd;
	if (io_write_all(fd, text->data, text->len, err) < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_errno(err, "seal a keyring");
	return buf_putf(&t->keyrings, err, "%s/proc/self/fd/%d", t->keyrings.len ? " " : "", fd);
}

static int by_record(struct trust *t, struct err *err)
{
	char path[TRUST_PATH_MAX];

	for (size_t i = 0; i < t->record.n_certs; i++) {
		AUTO_BUF der = BUF_INIT(RECORD_TRUST_MAX);

		if (read_named(&t->record.certs[i], path, &der, err) < 0 ||
		    cert_parse(der.data, der.len, &t->certs.cert[t->certs.n], err) < 0)
			return -1;
		t->certs.n++;
	}
	for (size_t i = 0; i < t->record.n_keyrings; i++) {
		AUTO_BUF text = BUF_INIT(RECORD_TRUST_MAX);

		if (read_named(&t->record.keyrings[i], path, &text, err) < 0 ||
		    add_keyring(t, &text, err) < 0)
			return -1;
	}
	/* The record has the root's profile; other file systems may have the other one. */
	t->settings = t->record.settings;
	t->settings.profile = t->config->settings.profile;
	return 0;
}

static int by_config(struct trust *t, struct err *err)
{
	t->settings = t->config->settings;
	if (io_exists(t->config->certificates) && level_load_trusted(t->config, &t->certs, err) < 0)
		return -1;
	return level_accepted_keyrings(t->config, &t->keyrings, err);
}

static int load(struct trust *t, struct err *err)
{
	if (config_load(CONFIG_PATH, t->config, err) < 0 ||
	    record_in_force(&t->record, &t->in_force, err) < 0)
		return -1;
	return t->in_force ? by_record(t, err) : by_config(t, err);
}

int trust_open(struct trust **ret_trust, struct err *err)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t)
		t->config = calloc(1, sizeof(*t->config));
	if (!t || !t->config) {
		trust_free(t);
		return err_set(err, "out of memory");
	}
	t->keyrings.max = CONFIG_LEVELS_MAX * SETTINGS_PATH_MAX;
	for (size_t i = 0; i < RECORD_KEYRINGS_MAX; i++)
		t->keyring[i] = -1;
	if (load(t, err) < 0) {
		trust_free(t);
		return -1;
	}
	*ret_trust = t;
	return 0;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	cert_set_done(&trust->certs);
	buf_done(&trust->keyrings);
	for (size_t i = 0; i < CONFIG_LEVELS_MAX; i++)
		apt_free(trust->archives[i]);
	for (size_t i = 0; trust->config && i < RECORD_KEYRINGS_MAX; i++)
		cleanup_fd(&trust->keyring[i]);
	free(trust->config);
	free(trust);
}

bool trust_unsigned_accepted(void)
{
	const char *word = getenv("ASSAY_UNSIGNED");

	return word && strcmp(word, "accept") == 0;
}

bool trust_refuses(const struct trust *trust)
{
	return trust->in_force && trust->settings.mode == MODE_ENFORCE &&
	       !trust_unsigned_accepted();
}

enum attach_profile trust_profile(const struct trust *trust)
{
	switch (trust->config->settings.profile) {
	case PROFILE_AUTO:
		return ATTACH_AUTO;
	case PROFILE_SIGNATURE:
		return ATTACH_SIGNATURE;
	case PROFILE_VERITY:
		return ATTACH_VERITY;
	}
	return ATTACH_AUTO;
}

const char *trust_level(const struct trust *trust)
{
	return trust->in_force ? trust->record.level
			       : level_name(trust->config, level_of_host(trust->config));
}

int trust_accepts(const struct trust *t, const struct cert *by, struct err *err)
{
	size_t taken = 0;
	size_t level;

	if (!t->config->n_levels && strcmp(trust_level(t), LEVEL_ONLY) == 0)
		return 0;
	if (level_of_cert(t->config, by, &level, err) < 0)
		return -1;
	while (taken < t->config->n_levels &&
	       strcmp(level_name(t->config, taken), trust_level(t)) != 0)
		taken++;
	if (taken == t->config->n_levels)
		return err_set(
			err,
			"signed by %s; this boot takes level '%s' and above, which assay.conf "
			"does not name any more",
			cert_subject(by), trust_level(t));
	if (level <= taken)
		return 0;
	return err_set(err, "signed by %s, which is of no level that this host takes",
		       cert_subject(by));
}

static int add_cert(void *ctx, const char *path, struct err *err)
{
	return cert_set_add_file(ctx, path, err);
}

static bool signed_at(const struct trust *t, size_t level, const struct buf *text,
		      char ret_subject[static ERR_TEXT_MAX])
{
	CLEANUP(package_free) struct package *package = calloc(1, sizeof(*package));
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	const struct cert *by;

	if (!text->len || !package || package_init(package, NULL) < 0 ||
	    level_certs(t->config, level, add_cert, &set, NULL) < 0 ||
	    package_verify(text, &set, package, &by, NULL) < 0)
		return false;
	(void)snprintf(ret_subject, ERR_TEXT_MAX, "signed by %s", cert_subject(by));
	return true;
}

static bool too_low(const struct trust *t, size_t level, const char *how, struct err *err)
{
	if (strcmp(level_name(t->config, level), trust_level(t)) == 0)
		return false;
	(void)err_set(err, "%s, which is of level '%s'; this host takes '%s' and above", how,
		      level_name(t->config, level), trust_level(t));
	return true;
}

bool trust_explain_signed(const struct trust *t, const struct buf *text, struct err *err)
{
	char how[ERR_TEXT_MAX];

	for (size_t i = 0; i < t->config->n_levels; i++)
		if (signed_at(t, i, text, how))
			return too_low(t, i, how, err);
	return false;
}

static bool vouched_at(struct trust *t, size_t level, const struct digest *deb)
{
	AUTO_BUF words = BUF_INIT(SETTINGS_PATH_MAX);

	if (!t->archives[level] &&
	    (level_add_keyrings(t->config, level, &words, NULL) < 0 || !words.len ||
	     apt_load(APT_LISTS, buf_text(&words), &t->archives[level], NULL) < 0))
		return false;
	return apt_has(t->archives[level], deb);
}

bool trust_explain_vouched(struct trust *t, const struct digest *deb, struct err *err)
{
	for (size_t i = 0; i < t->config->n_levels; i++)
		if (vouched_at(t, i, deb))
			return too_low(t, i, "in an archive", err);
	return false;
}

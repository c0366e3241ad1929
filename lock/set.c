/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting a lock, step by step. */
#include "lock/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/random.h"
#include "cli/cmd.h"
#include "cli/passphrase.h"
#include "lock/credential.h"
#include "lock/seal.h"
#include "tpm/nv.h"

void set_done(struct set *s)
{
	for (size_t i = 0; i < s->n_volumes; i++) {
		luks_free(s->volumes[i].luks);
		buf_wipe(&s->volumes[i].key);
	}
	for (size_t i = 0; i < s->n_credentials; i++)
		buf_wipe(&s->credentials[i].data);
	lock_authority_free(s->authority);
	lock_blob_free(s->blob);
	explicit_bzero(s->secret, sizeof(s->secret));
}

static int ask_volume(const char *device, struct buf *key, struct err *err)
{
	char prompt[256];
	char text[PASSPHRASE_MAX];
	int rc;

	(void)snprintf(prompt, sizeof(prompt), "passphrase that opens %s", device);
	rc = cmd_ask_secret(prompt, "--luks-key-file", text, sizeof(text), err);
	if (rc == 0)
		rc = buf_put(key, text, strlen(text), err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

static int add_hang(struct lock_blob *blob, enum lock_hang_kind kind, const char *name,
		    struct err *err)
{
	struct lock_hang *hang = &blob->hangs[blob->n_hangs];

	for (size_t i = 0; i < blob->n_hangs; i++)
		if (blob->hangs[i].kind == kind && strcmp(blob->hangs[i].name, name) == 0)
			return err_set(err, "%s %s: named twice", lock_hang_name(kind), name);
	if (strlen(name) >= sizeof(hang->name))
		return err_set(err, "%s %s: too long a name", lock_hang_name(kind), name);
	hang->kind = kind;
	strcpy(hang->name, name);
	blob->n_hangs++;
	return 0;
}

static int open_volume(struct set *s, struct set_volume *v, struct err *err)
{
	v->key = (struct buf)BUF_INIT(SET_KEY_MAX);
	if (luks_load(v->device, &v->luks, err) < 0)
		return -1;
	if (s->luks_key_file ? io_read_file(s->luks_key_file, &v->key, err) < 0
			     : ask_volume(v->device, &v->key, err) < 0)
		return -1;
	return add_hang(s->blob, LOCK_HANG_LUKS, luks_uuid(v->luks), err);
}

static int open_authority(struct set *s, struct err *err)
{
	const char *uri = s->authority_uri ? s->authority_uri : LOCK_SOURCE_TPM;

	if (!s->authority_uri && !io_exists(LOCK_HELD_PATH))
		return err_set(err, "who approves is not known: 'assay lock authority init', or "
				    "--authority URI");
	if (strlen(uri) >= sizeof(s->blob->source))
		return err_set(err, "--authority: longer than %zu bytes",
			       sizeof(s->blob->source) - 1);
	if (lock_authority_open(uri, LOCK_HELD_PATH, passphrase_ask, &s->authority, err) < 0)
		return -1;
	strcpy(s->blob->source, uri);
	s->blob->authority = *lock_authority_public(s->authority);
	s->blob->mode = lock_authority_mode(s->authority);
	return 0;
}

int set_open(struct set *s, struct err *err)
{
	if (open_authority(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n_volumes; i++)
		if (open_volume(s, &s->volumes[i], err) < 0)
			return -1;
	for (size_t i = 0; i < s->n_credentials; i++) {
		struct set_credential *c = &s->credentials[i];

		c->data = (struct buf)BUF_INIT(CREDENTIAL_MAX);
		if (io_read_file(c->path, &c->data, err) < 0 ||
		    add_hang(s->blob, LOCK_HANG_CREDENTIAL, c->name, err) < 0)
			return -1;
	}
	return 0;
}

static int seal(struct set *s, struct err *err)
{
	AUTO_MEM struct lock_approval *approval = calloc(1, sizeof(*approval));
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	uint32_t dropped;

	if (!approval || !pcrs)
		return err_set(err, "out of memory");
	if (tpm_counter_make(&s->blob->counter, err) < 0)
		return -1;
	s->has_counter = true;
	if (lock_seal(s->blob, s->secret, err) < 0 || next_pcrs(&s->next, s->blob, pcrs, err) < 0 ||
	    work_approval(s->blob, NULL, pcrs, approval, err) < 0)
		return -1;
	s->blob->next_id = 1;
	if (work_approve(s->blob, s->authority, approval, &dropped, err) < 0)
		return -1;
	return lock_would_unseal(s->blob, 0, err);
}

static int hang(struct set *s, struct err *err)
{
	for (size_t i = 0; i < s->n_credentials; i++) {
		if (work_hang_credential(CREDENTIAL_DIR, s->credentials[i].name,
					 &s->credentials[i].data, s->secret, err) < 0)
			return -1;
		s->credentials[i].hung = true;
	}
	for (size_t i = 0; i < s->n_volumes; i++) {
		struct set_volume *v = &s->volumes[i];
		struct luks_secret by = { .data = v->key.data, .len = v->key.len };

		if (work_note_volume(luks_uuid(v->luks), v->device, err) < 0 ||
		    work_hang_volume(v->luks, by, s->secret, s->blob, err) < 0)
			return err_prepend(err, "%s", v->device);
		v->hung = true;
	}
	return 0;
}

/* What can't be undone is left, and harms nothing: a keyslot that nobody has the key of. */
static void undo(struct set *s)
{
	char path[sizeof(CREDENTIAL_DIR) + LOCK_HANG_NAME_MAX + 1];

	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i].hung && work_unhang_volume(s->volumes[i].luks, NULL) < 0)
			continue;
	for (size_t i = 0; i < s->n_credentials; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", CREDENTIAL_DIR, s->credentials[i].name);
		if (s->credentials[i].hung)
			(void)unlink(path);
	}
	if (s->recovery_out)
		(void)unlink(s->recovery_out);
	if (s->has_counter && tpm_counter_remove(&s->blob->counter, NULL) < 0)
		return;
}

int set_make(struct set *s, struct err *err)
{
	if (random_bytes(s->blob->id, sizeof(s->blob->id), err) < 0 ||
	    lock_secret_make(s->secret, err) < 0 ||
	    work_new_recovery(s->blob, s->secret, s->recovery_out, err) < 0)
		return -1;
	if (io_make_dirs(LOCK_DIR, err) == 0 && seal(s, err) == 0 && hang(s, err) == 0 &&
	    lock_blob_save(LOCK_BLOB_PATH, s->blob, err) == 0)
		return 0;
	undo(s);
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Approving: the signature, by whichever key, and its check. */
#include "lock/authority.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "crypto/key_public.h"

#define PASSPHRASE_MAX_BYTES 1024

struct lock_authority {
	struct key *key;	   /* NULL: the TPM's */
	struct key_public public;  /* of key */
	struct tpm_authority form; /* in the TPM's form */
	struct lock_held held;
	char passphrase[PASSPHRASE_MAX_BYTES];
};

void lock_authority_free(struct lock_authority *authority)
{
	if (!authority)
		return;
	key_free(authority->key);
	explicit_bzero(authority, sizeof(*authority));
	free(authority);
}

void cleanup_lock_authority(struct lock_authority **authority)
{
	lock_authority_free(*authority);
	*authority = NULL;
}

static void cleanup_signer(struct signer **signer)
{
	signer_free(*signer);
}

static int open_held(struct lock_authority *a, const char *path, key_ask_fn ask, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_HELD_MAX);

	if (io_read_file(path, &data, err) < 0)
		return -1;
	if (lock_held_decode(data.data, data.len, &a->held, err) < 0)
		return err_prepend(err, "%s", path);
	a->form = a->held.key.authority;
	if (!a->held.passphrase)
		return 0;
	if (!ask)
		return err_set(err, "authority: the TPM's key needs a passphrase, and none was "
				    "given");
	return ask("the lock authority in this TPM", 0, a->passphrase, sizeof(a->passphrase), err);
}

static int open_key(struct lock_authority *a, const char *uri, key_ask_fn ask, struct err *err)
{
	if (key_load(uri, ask, &a->key, err) < 0 || key_public_of(a->key, &a->public, err) < 0)
		return -1;
	return tpm_authority_from_key(&a->public, &a->form, err);
}

int lock_authority_open(const char *source, const char *held_path, key_ask_fn ask,
			struct lock_authority **ret_authority, struct err *err)
{
	AUTO_LOCK_AUTHORITY a = calloc(1, sizeof(*a));

	if (!a)
		return err_set(err, "out of memory");
	if (strcmp(source, LOCK_SOURCE_TPM) == 0 ? open_held(a, held_path, ask, err) < 0
						 : open_key(a, source, ask, err) < 0)
		return -1;
	*ret_authority = take_ptr(&a);
	return 0;
}

const struct tpm_authority *lock_authority_public(const struct lock_authority *authority)
{
	return &authority->form;
}

enum lock_mode lock_authority_mode(const struct lock_authority *authority)
{
	if (authority->key)
		return LOCK_OFFLINE;
	return authority->held.passphrase ? LOCK_ATTENDED : LOCK_AUTOMATIC;
}

static int sign_by_key(const struct lock_authority *a, const struct digest *digest,
		       struct key_sig *ret_sig, struct err *err)
{
	CLEANUP(cleanup_signer) struct signer *signer = NULL;
	uint8_t sig[KEY_SIG_MAX];
	size_t len;

	if (signer_new(a->key, &signer, err) < 0 || signer_sign(signer, digest, sig, &len, err) < 0)
		return -1;
	return key_public_sig_to_raw(&a->public, sig, len, ret_sig, err);
}

int lock_authority_verify(const struct lock_blob *blob, const struct lock_approval *approval,
			  struct err *err)
{
	struct key_public key;
	struct digest digest;

	if (tpm_authority_to_key(&blob->authority, &key, err) < 0 ||
	    lock_approval_to_sign(approval, &blob->counter, blob->id, &digest, err) < 0)
		return -1;
	if (key_public_verify_raw(&key, &digest, approval->sig, approval->sig_len, err) == 0)
		return 0;
	return err_set(err, "approval %u: not signed by the lock authority, or for another lock",
		       approval->id);
}

int lock_authority_sign(const struct lock_authority *authority, const struct lock_blob *blob,
			struct lock_approval *approval, struct err *err)
{
	struct key_sig sig = { .len = 0 };
	struct digest digest;

	if (memcmp(authority->form.name, blob->authority.name, TPM_NAME_SIZE) != 0)
		return err_set(err, "authority: not the key of this lock");
	if (lock_approval_to_sign(approval, &blob->counter, blob->id, &digest, err) < 0)
		return -1;
	if (authority->key ? sign_by_key(authority, &digest, &sig, err) < 0
			   : tpm_held_key_sign(&authority->held.key, authority->passphrase,
					       digest.data, &sig, err) < 0)
		return -1;
	if (sig.len > sizeof(approval->sig))
		return err_set(err, "authority: its signatures are too long");
	memcpy(approval->sig, sig.data, sig.len);
	approval->sig_len = sig.len;
	return lock_authority_verify(blob, approval, err);
}

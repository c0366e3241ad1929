/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypting and decrypting credentials. */
#include "lock/credential.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/rd.h"
#include "crypto/aead.h"

#define VERSION 1
#define AAD_MAX (CREDENTIAL_NAME_MAX + 32)
#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

bool credential_is_name(const char *name)
{
	return *name && *name != '.' && strlen(name) < CREDENTIAL_NAME_MAX &&
	       strspn(name, NAME_BYTES) == strlen(name);
}

static int make_aad(const char *name, char ret_aad[static AAD_MAX], struct err *err)
{
	if (!credential_is_name(name))
		return err_set(err, "credential: '%s' is no name of one", name);
	(void)snprintf(ret_aad, AAD_MAX, "assay credential %d %s", VERSION, name);
	return 0;
}

int credential_seal(const struct credential_key *by, const void *data, size_t len, struct buf *out,
		    struct err *err)
{
	uint8_t nonce[AES256GCM_NONCE_LEN];
	char aad[AAD_MAX];
	struct aes256gcm with = { by->key, nonce, aad, 0 };

	if (make_aad(by->name, aad, err) < 0)
		return -1;
	if (len > CREDENTIAL_MAX)
		return err_set(err, "credential: %s: larger than %d bytes", by->name,
			       CREDENTIAL_MAX);
	with.aad_len = strlen(aad);
	if (random_bytes(nonce, sizeof(nonce), err) < 0 || buf_put_u8(out, VERSION, err) < 0 ||
	    buf_put(out, nonce, sizeof(nonce), err) < 0)
		return -1;
	return aes256gcm_seal(&with, data, len, out, err);
}

int credential_open(const struct credential_key *by, const void *sealed, size_t len,
		    struct buf *out, struct err *err)
{
	struct rd in = rd_init(sealed, len);
	uint8_t version = rd_u8(&in);
	char aad[AAD_MAX];
	struct aes256gcm with = { by->key, rd_bytes(&in, AES256GCM_NONCE_LEN), aad, 0 };

	if (make_aad(by->name, aad, err) < 0)
		return -1;
	if (!rd_ok(&in) || version != VERSION || len > CREDENTIAL_SEALED_MAX)
		return err_set(err, "credential: %s: damaged, or of another version", by->name);
	with.aad_len = strlen(aad);
	if (aes256gcm_open(&with, in.at, in.left, out, NULL) < 0)
		return err_set(
			err, "credential: %s: not sealed by this lock under this name, or damaged",
			by->name);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a volume opens that hangs on a lock: lock_volume VOLUME [RECOVERY-KEY-FILE...]  prints "self"
 * where the TPM unseals what its token says, and "recovery FILE" for each key that opens it. */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "lock/luks.h"
#include "lock/recovery.h"
#include "lock/unseal.h"

struct volume {
	struct luks *luks;
	struct token token;
	struct lock_blob *blob;
};

static int opens(const struct volume *v, const uint8_t *secret, struct err *err)
{
	AUTO_SECRET(key) = { 0 };

	if (lock_secret_derive(secret, "luks", luks_uuid(v->luks), key, err) < 0)
		return -1;
	return luks_slot_check(v->luks, v->token.keyslot, key, err);
}

static int open_volume(const char *path, struct volume *v, struct err *err)
{
	bool there = false;

	v->token = (struct token)TOKEN_INIT;
	v->blob = lock_blob_new();
	if (!v->blob || luks_load(path, &v->luks, err) < 0 ||
	    luks_token_load(v->luks, &v->token, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "no token");
	return lock_blob_decode(v->token.blob.data, v->token.blob.len, v->blob, err);
}

static int by_recovery(const struct volume *v, const char *path, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };
	AUTO_BUF text = BUF_INIT(RECOVERY_INPUT_MAX);
	struct recovery_key key;

	if (io_read_file(path, &text, err) < 0)
		return -1;
	text.data[strcspn((char *)text.data, "\n")] = '\0';
	if (recovery_parse(buf_text(&text), &key, err) < 0 ||
	    recovery_unwrap(&key, v->blob->id,
			    (struct recovery_wrapped){ v->blob->recovery, v->blob->recovery_len },
			    secret, err) < 0)
		return -1;
	return opens(v, secret, err);
}

int main(int argc, char **argv)
{
	AUTO_SECRET(secret) = { 0 };
	struct volume v = { .luks = NULL };
	struct err err = ERR_INIT;
	size_t approval;

	if (argc < 2 || open_volume(argv[1], &v, &err) < 0) {
		(void)fprintf(stderr, "lock_volume: %s\n", err.text);
		return 2;
	}
	if (lock_unseal(v.blob, secret, &approval, &err) == 0 && opens(&v, secret, &err) == 0)
		(void)puts("self");
	else
		(void)fprintf(stderr, "%s\n", err.text);
	for (int i = 2; i < argc; i++)
		if (by_recovery(&v, argv[i], &err) == 0)
			(void)printf("recovery %s\n", argv[i]);
	return 0;
}

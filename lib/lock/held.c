/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the key that this TPM holds: it is of use to no other TPM. */
#include <string.h>

#include "base/io.h"
#include "lock/authority.h"
#include "lock/wire.h"

#define HELD_MAGIC "assay-lock authority 1\n"

int lock_held_encode(const struct lock_held *held, struct buf *out, struct err *err)
{
	const struct tpm_sealed *o = &held->key.object;

	if (buf_put(out, HELD_MAGIC, sizeof(HELD_MAGIC) - 1, err) < 0 ||
	    buf_put_u8(out, held->passphrase, err) < 0 ||
	    buf_put(out, o->parent, sizeof(o->parent), err) < 0 ||
	    wire_put_bytes(out, o->public, o->public_len, err) < 0)
		return -1;
	return wire_put_bytes(out, o->private, o->private_len, err);
}

int lock_held_decode(const void *data, size_t len, struct lock_held *ret_held, struct err *err)
{
	struct rd in = rd_init(data, len);
	const uint8_t *magic = rd_bytes(&in, sizeof(HELD_MAGIC) - 1);
	struct lock_held held = { .passphrase = false };
	struct tpm_sealed *o = &held.key.object;
	const uint8_t *parent;
	uint8_t passphrase;

	if (!magic || memcmp(magic, HELD_MAGIC, sizeof(HELD_MAGIC) - 1) != 0)
		return err_set(err, "authority: not a key of version 1");
	passphrase = rd_u8(&in);
	parent = rd_bytes(&in, sizeof(o->parent));
	o->public_len = wire_bytes(&in, o->public, sizeof(o->public));
	o->private_len = wire_bytes(&in, o->private, sizeof(o->private));
	if (!rd_done(&in) || !parent || passphrase > 1)
		return err_set(err, "authority: cut short, or there is more after its end");
	memcpy(o->parent, parent, sizeof(o->parent));
	held.passphrase = passphrase;
	if (tpm_authority_decode(o->public, o->public_len, &held.key.authority, err) < 0)
		return -1;
	*ret_held = held;
	return 0;
}

int lock_held_make(const char *path, const char *passphrase, struct err *err)
{
	struct lock_held held = { .passphrase = *passphrase != '\0' };
	AUTO_BUF out = BUF_INIT(LOCK_HELD_MAX);

	if (io_exists(path))
		return err_set(err, "authority: %s: exists already", path);
	if (tpm_held_key_make(passphrase, &held.key, err) < 0 ||
	    lock_held_encode(&held, &out, err) < 0)
		return -1;
	return io_create_file(path, &out, 0600, err);
}

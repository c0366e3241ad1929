/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recovery keys as text, and what they wrap. */
#include "lock/recovery.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"
#include "base/rd.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"

#define CHECK_MODULUS 11
#define DIGITS (RECOVERY_GROUPS * RECOVERY_GROUP_DIGITS)
#define VERSION 1

void recovery_wipe(struct recovery_key *key)
{
	explicit_bzero(key, sizeof(*key));
}

int recovery_new(struct recovery_key *ret_key, struct err *err)
{
	return random_bytes(ret_key->data, sizeof(ret_key->data), err);
}

void recovery_format(const struct recovery_key *key, char ret_text[static RECOVERY_TEXT_MAX])
{
	char *at = ret_text;

	for (unsigned int i = 0; i < RECOVERY_GROUPS; i++) {
		unsigned int v = (unsigned int)key->data[2 * i] << 8 | key->data[2 * i + 1];
		unsigned int group = CHECK_MODULUS * v + i + 1;

		for (int d = RECOVERY_GROUP_DIGITS - 1; d >= 0; d--, group /= 10)
			at[d] = (char)('0' + group % 10);
		at += RECOVERY_GROUP_DIGITS;
		*at++ = '-';
	}
	at[-1] = '\0';
}

/* The digits alone, DIGITS of them. */
static int take_digits(const char *text, char digits[static DIGITS], struct err *err)
{
	size_t n = 0;

	for (const char *at = text; *at; at++) {
		if (strchr(" \t\r\n-", *at))
			continue;
		if (*at < '0' || *at > '9')
			return err_set(err,
				       "recovery key: group %zu has a character that is no digit",
				       n / RECOVERY_GROUP_DIGITS + 1);
		if (n == DIGITS)
			return err_set(err, "recovery key: more than %d digits", DIGITS);
		digits[n++] = *at;
	}
	if (n != DIGITS)
		return err_set(err, "recovery key: %zu digits, of %d in %d groups", n, DIGITS,
			       RECOVERY_GROUPS);
	return 0;
}

static int take_group(const char *digits, unsigned int place, uint8_t ret_bytes[static 2],
		      struct err *err)
{
	unsigned int group = 0, rest;

	for (int d = 0; d < RECOVERY_GROUP_DIGITS; d++)
		group = 10 * group + (unsigned int)(digits[d] - '0');
	rest = group % CHECK_MODULUS;
	if (group / CHECK_MODULUS > UINT16_MAX || rest == 0 || rest > RECOVERY_GROUPS)
		return err_set(err, "recovery key: group %u is mistyped", place);
	if (rest != place)
		return err_set(err, "recovery key: group %u is mistyped, or is group %u", place,
			       rest);
	ret_bytes[0] = (uint8_t)(group / CHECK_MODULUS >> 8);
	ret_bytes[1] = (uint8_t)(group / CHECK_MODULUS);
	return 0;
}

int recovery_parse(const char *text, struct recovery_key *ret_key, struct err *err)
{
	AUTO_RECOVERY key = { .data = { 0 } };
	char digits[DIGITS];
	int result = take_digits(text, digits, err);

	for (unsigned int i = 0; result == 0 && i < RECOVERY_GROUPS; i++)
		result = take_group(digits + (size_t)i * RECOVERY_GROUP_DIGITS, i + 1,
				    key.data + 2 * (size_t)i, err);
	explicit_bzero(digits, sizeof(digits));
	if (result == 0)
		*ret_key = key;
	return result;
}

int recovery_id(const struct recovery_key *key, char ret_id[static RECOVERY_ID_TEXT],
		struct err *err)
{
	struct hkdf from = { .secret = key->data,
			     .secret_len = sizeof(key->data),
			     .info = "assay recovery id 1" };
	uint8_t id[RECOVERY_ID_LEN];

	if (hkdf_sha256(&from, id, sizeof(id), err) < 0)
		return -1;
	hex_format(id, sizeof(id), ret_id);
	return 0;
}

static void wipe_wrapping_key(uint8_t (*key)[AES256GCM_KEY_LEN])
{
	explicit_bzero(key, sizeof(*key));
}
#define AUTO_WRAPPING_KEY(name) CLEANUP(wipe_wrapping_key) uint8_t name[AES256GCM_KEY_LEN]

static int wrapping_key(const struct recovery_key *key, const uint8_t *lock_id,
			uint8_t ret_key[static AES256GCM_KEY_LEN], struct err *err)
{
	struct hkdf from = { .secret = key->data,
			     .secret_len = sizeof(key->data),
			     .salt = lock_id,
			     .salt_len = RECOVERY_LOCK_ID_LEN,
			     .info = "assay recovery wrap 1" };

	return hkdf_sha256(&from, ret_key, AES256GCM_KEY_LEN, err);
}

struct aad {
	uint8_t bytes[1 + RECOVERY_LOCK_ID_LEN];
};

static struct aad make_aad(const uint8_t *lock_id)
{
	struct aad aad = { .bytes = { VERSION } };

	memcpy(aad.bytes + 1, lock_id, RECOVERY_LOCK_ID_LEN);
	return aad;
}

int recovery_wrap(const struct recovery_key *key,
		  const uint8_t lock_id[static RECOVERY_LOCK_ID_LEN],
		  const uint8_t secret[static RECOVERY_SECRET_LEN],
		  uint8_t ret_wrapped[static RECOVERY_WRAPPED_LEN], struct err *err)
{
	AUTO_WRAPPING_KEY(with_key);
	AUTO_BUF out = BUF_INIT(RECOVERY_WRAPPED_LEN);
	struct aad aad = make_aad(lock_id);
	uint8_t nonce[AES256GCM_NONCE_LEN];
	struct aes256gcm with = { with_key, nonce, aad.bytes, sizeof(aad.bytes) };

	if (wrapping_key(key, lock_id, with_key, err) < 0 ||
	    random_bytes(nonce, sizeof(nonce), err) < 0 || buf_put_u8(&out, VERSION, err) < 0 ||
	    buf_put(&out, nonce, sizeof(nonce), err) < 0 ||
	    aes256gcm_seal(&with, secret, RECOVERY_SECRET_LEN, &out, err) < 0)
		return err_prepend(err, "recovery key");
	memcpy(ret_wrapped, out.data, RECOVERY_WRAPPED_LEN);
	return 0;
}

/* The secret passes through memory of its own, which is wiped. */
static int open_secret(const struct aes256gcm *with, struct rd sealed, uint8_t *ret_secret,
		       struct err *err)
{
	struct buf out = BUF_INIT(RECOVERY_SECRET_LEN);
	int result = aes256gcm_open(with, sealed.at, sealed.left, &out, NULL);

	if (result == 0 && out.len == RECOVERY_SECRET_LEN)
		memcpy(ret_secret, out.data, RECOVERY_SECRET_LEN);
	else
		result = err_set(err, "recovery key: it is not the one of this lock");
	buf_wipe(&out);
	return result;
}

int recovery_unwrap(const struct recovery_key *key,
		    const uint8_t lock_id[static RECOVERY_LOCK_ID_LEN],
		    struct recovery_wrapped wrapped, uint8_t ret_secret[static RECOVERY_SECRET_LEN],
		    struct err *err)
{
	AUTO_WRAPPING_KEY(with_key);
	struct aad aad = make_aad(lock_id);
	struct rd in = rd_init(wrapped.data, wrapped.len);
	uint8_t version = rd_u8(&in);
	struct aes256gcm with = { with_key, rd_bytes(&in, AES256GCM_NONCE_LEN), aad.bytes,
				  sizeof(aad.bytes) };

	if (!rd_ok(&in) || wrapped.len != RECOVERY_WRAPPED_LEN)
		return err_set(err, "recovery: the wrapped secret is damaged (%zu bytes of %d)",
			       wrapped.len, RECOVERY_WRAPPED_LEN);
	if (version != VERSION)
		return err_set(err, "recovery: a wrapped secret of version %u is not known here",
			       version);
	if (wrapping_key(key, lock_id, with_key, err) < 0)
		return err_prepend(err, "recovery key");
	return open_secret(&with, in, ret_secret, err);
}

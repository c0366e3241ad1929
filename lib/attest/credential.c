/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPM2_MakeCredential in software: part 1, 24 and B.10.3, C.6.1; part 3, 12.6. */
#include <string.h>

#include "attest/enrol.h"
#include "crypto/aead.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "crypto/pubkey.h"

#define IDENTITY "IDENTITY"
#define SECRET_FIELD (2 + EVIDENCE_SECRET_MAX) /* TPM2B_DIGEST of the secret */

static void cleanup_pubkey(struct pubkey **key)
{
	pubkey_free(*key);
	*key = NULL;
}

static void wipe_digest(struct digest *digest)
{
	explicit_bzero(digest, sizeof(*digest));
}

static size_t name_bits(const struct tpm_public *ek)
{
	return 8 * hash_algo_size(ek->name_algo);
}

static int put_2b(struct buf *out, const void *data, size_t len, struct err *err)
{
	return buf_put_be16(out, (uint16_t)len, err) < 0 ? -1 : buf_put(out, data, len, err);
}

static int seed_for_rsa(const struct tpm_public *ek, const struct pubkey *key,
			struct digest *ret_seed, struct buf *out, struct err *err)
{
	struct pubkey_oaep how = { .hash = ek->name_algo,
				   .label = IDENTITY,
				   .label_len = sizeof(IDENTITY) };

	ret_seed->algo = ek->name_algo;
	ret_seed->len = hash_algo_size(ek->name_algo);
	if (random_bytes(ret_seed->data, ret_seed->len, err) < 0)
		return -1;
	return pubkey_encrypt(key, &how, ret_seed, out, err);
}

static int derive_seed(const struct tpm_public *ek, const struct pubkey_shared *shared,
		       struct digest *ret_seed, struct err *err)
{
	uint8_t x[PUBKEY_COORD_MAX] = { 0 };
	struct kdf kdf = {
		.hash = ek->name_algo,
		.key = shared->z,
		.key_len = shared->len,
		.label = IDENTITY,
		.u = shared->x,
		.u_len = shared->len,
		.v = x,
		.v_len = shared->len,
		.bits = name_bits(ek),
	};

	if (ek->x_len > shared->len)
		return err_set(err, "not a point of its curve");
	memcpy(x + shared->len - ek->x_len, ek->x, ek->x_len);
	ret_seed->algo = ek->name_algo;
	ret_seed->len = hash_algo_size(ek->name_algo);
	return kdf_e(&kdf, ret_seed->data, err);
}

static int seed_for_ecc(const struct tpm_public *ek, const struct pubkey *key,
			struct digest *ret_seed, struct buf *out, struct err *err)
{
	struct pubkey_shared shared;
	int status = pubkey_agree(key, &shared, err);

	if (status == 0)
		status = derive_seed(ek, &shared, ret_seed, err);
	explicit_bzero(shared.z, sizeof(shared.z));
	if (status < 0 || put_2b(out, shared.x, shared.len, err) < 0)
		return -1;
	return put_2b(out, shared.y, shared.len, err);
}

static int make_seed(const struct tpm_public *ek, struct digest *ret_seed, struct buf *out,
		     struct err *err)
{
	CLEANUP(cleanup_pubkey) struct pubkey *key = NULL;

	if (public_key(ek, &key, err) < 0)
		return -1;
	return ek->type == PUBLIC_RSA ? seed_for_rsa(ek, key, ret_seed, out, err)
				      : seed_for_ecc(ek, key, ret_seed, out, err);
}

/* The TPM2B_DIGEST of the secret, encrypted with its length. */
static int encrypt(const struct tpm_public *ek, const struct tpm_public *ak,
		   const struct digest *seed, uint8_t field[static SECRET_FIELD], struct err *err)
{
	uint8_t key[HASH_SIZE_MAX];
	struct kdf kdf = {
		.hash = ek->name_algo,
		.key = seed->data,
		.key_len = seed->len,
		.label = "STORAGE",
		.u = ak->name,
		.u_len = ak->name_len,
		.bits = ek->symmetric_bits,
	};
	int status = kdf_a(&kdf, key, err);

	if (status == 0)
		status = cfb_encrypt(key, kdf.bits / 8, field, SECRET_FIELD, err);
	explicit_bzero(key, sizeof(key));
	return status;
}

/* outerHMAC over what was encrypted and whom it is about. */
static int protect(const struct tpm_public *ek, const struct tpm_public *ak,
		   const struct digest *seed, const uint8_t field[static SECRET_FIELD],
		   struct digest *ret_mac, struct err *err)
{
	AUTO_BUF text = BUF_INIT(SECRET_FIELD + PUBLIC_NAME_MAX);
	uint8_t raw[HASH_SIZE_MAX];
	struct kdf kdf = {
		.hash = ek->name_algo,
		.key = seed->data,
		.key_len = seed->len,
		.label = "INTEGRITY",
		.bits = name_bits(ek),
	};
	struct hmac_key key = { .hash = ek->name_algo, .data = raw, .len = kdf.bits / 8 };

	if (buf_put(&text, field, SECRET_FIELD, err) < 0 ||
	    buf_put(&text, ak->name, ak->name_len, err) < 0 || kdf_a(&kdf, raw, err) < 0)
		return -1;
	return hmac_bytes(&key, text.data, text.len, ret_mac, err);
}

static int put_blob(const struct digest *mac, const uint8_t field[static SECRET_FIELD],
		    struct buf *out, struct err *err)
{
	if (buf_put_be16(out, (uint16_t)(2 + mac->len + SECRET_FIELD), err) < 0 ||
	    put_2b(out, mac->data, mac->len, err) < 0)
		return -1;
	return buf_put(out, field, SECRET_FIELD, err);
}

int credential_make(const struct tpm_public *ek, const struct tpm_public *ak,
		    const uint8_t secret[static EVIDENCE_SECRET_MAX],
		    struct credential *ret_credential, struct err *err)
{
	uint8_t field[SECRET_FIELD] = { 0, EVIDENCE_SECRET_MAX };
	CLEANUP(wipe_digest) struct digest seed = { .len = 0 };
	AUTO_BUF encrypted = BUF_INIT(EVIDENCE_BLOB_MAX);
	AUTO_BUF blob = BUF_INIT(EVIDENCE_BLOB_MAX);
	AUTO_BUF framed = BUF_INIT(EVIDENCE_BLOB_MAX);
	struct digest mac;

	memcpy(field + 2, secret, EVIDENCE_SECRET_MAX);
	if (public_check_ek(ek, err) < 0 || make_seed(ek, &seed, &encrypted, err) < 0 ||
	    encrypt(ek, ak, &seed, field, err) < 0 || protect(ek, ak, &seed, field, &mac, err) < 0)
		return err_prepend(err, "make credential");
	if (put_blob(&mac, field, &blob, err) < 0 ||
	    put_2b(&framed, encrypted.data, encrypted.len, err) < 0)
		return -1;
	ret_credential->blob = blob;
	ret_credential->secret = framed;
	blob = (struct buf)BUF_INIT(0);
	framed = (struct buf)BUF_INIT(0);
	return 0;
}

void credential_done(struct credential *credential)
{
	buf_done(&credential->blob);
	buf_done(&credential->secret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPM2_MakeCredential in software: part 1, 24 and B.10.3, C.6.1; part 3, 12.6. */
#include <string.h>

#include "attest/enrol.h"
#include "base/random.h"
#include "crypto/cfb.h"
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

/* What the credential is made of; the seed is secret, and so is the field until it is encrypted. */
struct making {
	const struct tpm_public *ek, *ak;
	struct digest seed;
	uint8_t field[SECRET_FIELD]; /* the TPM2B_DIGEST of the secret, encrypted with its length */
	struct digest mac;	     /* outerHMAC, over the field and the name that it is about */
};

static void wipe_making(struct making *m)
{
	explicit_bzero(m, sizeof(*m));
}

static int encrypt(struct making *m, struct err *err)
{
	uint8_t key[HASH_SIZE_MAX];
	struct kdf kdf = {
		.hash = m->ek->name_algo,
		.key = m->seed.data,
		.key_len = m->seed.len,
		.label = "STORAGE",
		.u = m->ak->name,
		.u_len = m->ak->name_len,
		.bits = m->ek->symmetric_bits,
	};
	int status = kdf_a(&kdf, key, err);

	if (status == 0)
		status = cfb_encrypt(key, kdf.bits / 8, m->field, SECRET_FIELD, err);
	explicit_bzero(key, sizeof(key));
	return status;
}

static int protect(struct making *m, struct err *err)
{
	AUTO_BUF text = BUF_INIT(SECRET_FIELD + PUBLIC_NAME_MAX);
	uint8_t raw[HASH_SIZE_MAX];
	struct kdf kdf = {
		.hash = m->ek->name_algo,
		.key = m->seed.data,
		.key_len = m->seed.len,
		.label = "INTEGRITY",
		.bits = name_bits(m->ek),
	};
	struct hmac_key key = { .hash = kdf.hash, .data = raw, .len = kdf.bits / 8 };
	int status;

	if (buf_put(&text, m->field, SECRET_FIELD, err) < 0 ||
	    buf_put(&text, m->ak->name, m->ak->name_len, err) < 0 || kdf_a(&kdf, raw, err) < 0)
		return -1;
	status = hmac_bytes(&key, text.data, text.len, &m->mac, err);
	explicit_bzero(raw, sizeof(raw));
	return status;
}

static int put_blob(const struct making *m, struct buf *out, struct err *err)
{
	if (buf_put_be16(out, (uint16_t)(2 + m->mac.len + SECRET_FIELD), err) < 0 ||
	    put_2b(out, m->mac.data, m->mac.len, err) < 0)
		return -1;
	return buf_put(out, m->field, SECRET_FIELD, err);
}

int credential_make(const struct tpm_public *ek, const struct tpm_public *ak,
		    const uint8_t secret[static EVIDENCE_SECRET_MAX],
		    struct credential *ret_credential, struct err *err)
{
	CLEANUP(wipe_making) struct making m = { .ek = ek, .ak = ak };
	AUTO_BUF encrypted = BUF_INIT(EVIDENCE_BLOB_MAX);
	AUTO_BUF blob = BUF_INIT(EVIDENCE_BLOB_MAX);
	AUTO_BUF framed = BUF_INIT(EVIDENCE_BLOB_MAX);

	m.field[1] = EVIDENCE_SECRET_MAX;
	memcpy(m.field + 2, secret, EVIDENCE_SECRET_MAX);
	if (public_check_ek(ek, err) < 0 || make_seed(ek, &m.seed, &encrypted, err) < 0 ||
	    encrypt(&m, err) < 0 || protect(&m, err) < 0 || put_blob(&m, &blob, err) < 0 ||
	    put_2b(&framed, encrypted.data, encrypted.len, err) < 0)
		return err_prepend(err, "make credential");
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

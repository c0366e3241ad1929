/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a verifier gives away and takes back, so that it need not remember it:
 * docs/PROTOCOL.attest, 5.
 */
#include <string.h>

#include "attest/enrol.h"
#include "base/random.h"
#include "base/rd.h"
#include "crypto/aead.h"
#include "crypto/hmac.h"

#define CHALLENGE_DOMAIN "assay-attest 1 challenge\n"
#define NONCE_DOMAIN "assay-attest 1 nonce\n"
#define NONCE_TIMES 16 /* bytes */
#define NONCE_RANDOM 8
#define NONCE_MAC (NONCE_SIZE - NONCE_TIMES - NONCE_RANDOM)

static int put_be64(struct buf *out, uint64_t value, struct err *err)
{
	if (buf_put_be32(out, (uint32_t)(value >> 32), err) < 0)
		return -1;
	return buf_put_be32(out, (uint32_t)value, err);
}

/* A key for each use, so that what one makes never counts for another. */
static int subkey(const uint8_t key[static TOKEN_KEY_SIZE], const char *domain,
		  struct digest *ret_key, struct err *err)
{
	struct hmac_key from = { .hash = HASH_SHA256, .data = key, .len = TOKEN_KEY_SIZE };

	return hmac_bytes(&from, domain, strlen(domain), ret_key, err);
}

static void wipe_digest(struct digest *digest)
{
	explicit_bzero(digest, sizeof(*digest));
}
#define AUTO_SUBKEY CLEANUP(wipe_digest) struct digest

static int put_challenge(const struct challenge *c, struct buf *text, struct err *err)
{
	size_t name_len = strnlen(c->name, sizeof(c->name));

	if (c->ak_len > PUBLIC_MAX || name_len == sizeof(c->name))
		return err_set(err, "challenge: a key or a name that is too long");
	if (put_be64(text, (uint64_t)c->time, err) < 0 ||
	    buf_put(text, c->host, sizeof(c->host), err) < 0 ||
	    buf_put(text, c->secret, sizeof(c->secret), err) < 0 ||
	    buf_put_u8(text, c->certified, err) < 0 ||
	    buf_put(text, c->ca, sizeof(c->ca), err) < 0 ||
	    buf_put_be16(text, (uint16_t)name_len, err) < 0 ||
	    buf_put(text, c->name, name_len, err) < 0 ||
	    buf_put_be16(text, (uint16_t)c->ak_len, err) < 0)
		return -1;
	return buf_put(text, c->ak, c->ak_len, err);
}

int challenge_seal(const uint8_t key[static TOKEN_KEY_SIZE], const struct challenge *challenge,
		   struct buf *out, struct err *err)
{
	struct buf text = BUF_INIT(EVIDENCE_CHALLENGE_MAX - AEAD_EXTRA);
	struct aead aead = { .domain = CHALLENGE_DOMAIN };
	AUTO_SUBKEY used = { .len = 0 };
	int status = subkey(key, CHALLENGE_DOMAIN, &used, err);

	aead.key = used.data;
	if (status == 0)
		status = put_challenge(challenge, &text, err);
	if (status == 0)
		status = aead_seal(&aead, text.data, text.len, out, err);
	buf_wipe(&text);
	return status;
}

static bool take(struct rd *in, void *ret_data, size_t len)
{
	const uint8_t *at = rd_bytes(in, len);

	if (at && len)
		memcpy(ret_data, at, len);
	return at != NULL;
}

static int take_challenge(const struct buf *text, struct challenge *c, struct err *err)
{
	struct rd in = rd_init(text->data, text->len);
	uint8_t certified;
	size_t name_len;

	c->time = (int64_t)rd_be64(&in);
	(void)take(&in, c->host, sizeof(c->host));
	(void)take(&in, c->secret, sizeof(c->secret));
	certified = rd_u8(&in);
	c->certified = certified == 1;
	(void)take(&in, c->ca, sizeof(c->ca));
	name_len = rd_be16(&in);
	if (!rd_ok(&in) || certified > 1 || name_len >= sizeof(c->name))
		return err_set(err, "of another version");
	(void)take(&in, c->name, name_len);
	c->ak_len = rd_be16(&in);
	if (!rd_ok(&in) || c->ak_len > PUBLIC_MAX)
		return err_set(err, "of another version");
	(void)take(&in, c->ak, c->ak_len);
	return rd_done(&in) ? 0 : err_set(err, "of another version");
}

int challenge_open(const uint8_t key[static TOKEN_KEY_SIZE], const void *token, size_t len,
		   struct challenge *ret_challenge, struct err *err)
{
	struct buf text = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct aead aead = { .domain = CHALLENGE_DOMAIN };
	AUTO_SUBKEY used = { .len = 0 };
	struct challenge c = { .time = 0 };
	int status = subkey(key, CHALLENGE_DOMAIN, &used, err);

	aead.key = used.data;
	if (status == 0)
		status = aead_open(&aead, token, len, &text, err);
	if (status == 0)
		status = take_challenge(&text, &c, err);
	buf_wipe(&text);
	if (status == 0)
		*ret_challenge = c;
	explicit_bzero(&c, sizeof(c));
	return status < 0 ? err_prepend(err, "challenge") : 0;
}

static int nonce_mac(const uint8_t key[static TOKEN_KEY_SIZE],
		     const uint8_t host[static EVIDENCE_HOST_SIZE], const uint8_t *head,
		     struct digest *ret_mac, struct err *err)
{
	AUTO_BUF text = BUF_INIT(EVIDENCE_HOST_SIZE + NONCE_TIMES + NONCE_RANDOM);
	AUTO_SUBKEY used = { .len = 0 };
	struct hmac_key with = { .hash = HASH_SHA256, .data = used.data };

	if (subkey(key, NONCE_DOMAIN, &used, err) < 0 ||
	    buf_put(&text, host, EVIDENCE_HOST_SIZE, err) < 0 ||
	    buf_put(&text, head, NONCE_TIMES + NONCE_RANDOM, err) < 0)
		return -1;
	with.len = used.len;
	return hmac_bytes(&with, text.data, text.len, ret_mac, err);
}

int nonce_make(const uint8_t key[static TOKEN_KEY_SIZE],
	       const uint8_t host[static EVIDENCE_HOST_SIZE], const struct nonce_times *times,
	       uint8_t ret_nonce[static NONCE_SIZE], struct err *err)
{
	AUTO_BUF nonce = BUF_INIT(NONCE_SIZE);
	uint8_t random[NONCE_RANDOM];
	struct digest mac;

	if (times->order < 0 || times->made < 0)
		return err_set(err, "nonce: a time before 1970");
	if (random_bytes(random, sizeof(random), err) < 0 ||
	    put_be64(&nonce, (uint64_t)times->order, err) < 0 ||
	    put_be64(&nonce, (uint64_t)times->made, err) < 0 ||
	    buf_put(&nonce, random, sizeof(random), err) < 0 ||
	    nonce_mac(key, host, nonce.data, &mac, err) < 0 ||
	    buf_put(&nonce, mac.data, NONCE_MAC, err) < 0)
		return -1;
	memcpy(ret_nonce, nonce.data, NONCE_SIZE);
	return 0;
}

int nonce_open(const uint8_t key[static TOKEN_KEY_SIZE],
	       const uint8_t host[static EVIDENCE_HOST_SIZE], const void *nonce, size_t len,
	       struct nonce_times *ret_times, struct err *err)
{
	struct rd in = rd_init(nonce, len);
	const uint8_t *head = nonce;
	uint64_t order = rd_be64(&in);
	uint64_t made = rd_be64(&in);
	const uint8_t *mac;
	struct digest want;

	(void)rd_bytes(&in, NONCE_RANDOM);
	mac = rd_bytes(&in, NONCE_MAC);
	if (!mac || !rd_done(&in))
		return err_set(err, "nonce: not %d bytes", NONCE_SIZE);
	if (nonce_mac(key, host, head, &want, err) < 0)
		return -1;
	if (!hmac_equal(mac, want.data, NONCE_MAC) || order > INT64_MAX || made > INT64_MAX)
		return err_set(err, "nonce: not ours, or another host's");
	*ret_times = (struct nonce_times){ .order = (int64_t)order, .made = (int64_t)made };
	return 0;
}

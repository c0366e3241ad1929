/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KDFa and KDFe, of which one round is always enough here. */
#include "crypto/kdf.h"

#include <string.h>

#include "base/buf.h"
#include "crypto/hmac.h"

#define TEXT_MAX 512 /* bytes that one round hashes */
#define FIRST 1	     /* the counter of the first round */

static int check(const struct kdf *kdf, struct err *err)
{
	if (kdf->bits == 0 || kdf->bits % 8 || kdf->bits > 8 * hash_algo_size(kdf->hash) ||
	    kdf->u_len > KDF_INFO_MAX || kdf->v_len > KDF_INFO_MAX)
		return err_set(err, "key derivation: %zu bits by %s", kdf->bits,
			       hash_algo_name(kdf->hash));
	return 0;
}

static int put_info(const struct kdf *kdf, struct buf *text, struct err *err)
{
	if (buf_put(text, kdf->label, strlen(kdf->label) + 1, err) < 0 ||
	    buf_put(text, kdf->u, kdf->u_len, err) < 0)
		return -1;
	return buf_put(text, kdf->v, kdf->v_len, err);
}

static void give(const struct kdf *kdf, struct digest *made, uint8_t *ret_key)
{
	memcpy(ret_key, made->data, kdf->bits / 8);
	explicit_bzero(made, sizeof(*made));
}

int kdf_a(const struct kdf *kdf, uint8_t *ret_key, struct err *err)
{
	struct hmac_key key = { .hash = kdf->hash, .data = kdf->key, .len = kdf->key_len };
	AUTO_BUF text = BUF_INIT(TEXT_MAX);
	struct digest made;

	if (check(kdf, err) < 0 || buf_put_be32(&text, FIRST, err) < 0 ||
	    put_info(kdf, &text, err) < 0 || buf_put_be32(&text, (uint32_t)kdf->bits, err) < 0 ||
	    hmac_bytes(&key, text.data, text.len, &made, err) < 0)
		return -1;
	give(kdf, &made, ret_key);
	return 0;
}

static int hash_e(const struct kdf *kdf, struct buf *text, struct digest *ret_made, struct err *err)
{
	if (buf_put_be32(text, FIRST, err) < 0 || buf_put(text, kdf->key, kdf->key_len, err) < 0 ||
	    put_info(kdf, text, err) < 0)
		return -1;
	return hash_bytes(kdf->hash, text->data, text->len, ret_made, err);
}

int kdf_e(const struct kdf *kdf, uint8_t *ret_key, struct err *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct digest made;
	int status = check(kdf, err);

	if (status == 0)
		status = hash_e(kdf, &text, &made, err);
	buf_wipe(&text);
	if (status == 0)
		give(kdf, &made, ret_key);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys as others write and read them. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/key_ossl.h"
#include "crypto/pubkey_ossl.h"

#define PEM_MAX 4096	 /* bytes: RSA-4096 needs 800 */
#define POINT_PLAIN 0x04 /* uncompressed: SEC 1, 2.3.3 */

int pubkey_from_key(const struct key *private, struct pubkey **ret_key, struct err *err)
{
	return pubkey_from_pkey(key_pkey(private), ret_key, err);
}

int pubkey_from_pem(const void *data, size_t len, struct pubkey **ret_key, struct err *err)
{
	AUTO_BIO bio = len <= PEM_MAX ? BIO_new_mem_buf(data, (int)len) : NULL;
	AUTO_PKEY pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	ERR_clear_error();
	if (!pkey)
		return err_set(err, "not a public key in PEM");
	return pubkey_from_pkey(pkey, ret_key, err);
}

int pubkey_to_pem(const struct pubkey *key, struct buf *out, struct err *err)
{
	AUTO_BIO bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (!bio || PEM_write_bio_PUBKEY(bio, pubkey_pkey(key)) != 1)
		return ossl_fail(err, "write the public key");
	len = BIO_get_mem_data(bio, &text);
	return buf_put(out, text, (size_t)len, err);
}

int ossl_point(const EVP_PKEY *pkey, size_t coord, uint8_t *ret_x, uint8_t *ret_y)
{
	uint8_t octets[PUBKEY_OCTETS_MAX];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets),
					    &len) != 1 ||
	    len != 1 + 2 * coord || octets[0] != POINT_PLAIN)
		return -1;
	memcpy(ret_x, octets + 1, coord);
	memcpy(ret_y, octets + 1 + coord, coord);
	return 0;
}

int pubkey_point(const struct pubkey *key, uint8_t ret_x[static PUBKEY_COORD_MAX],
		 uint8_t ret_y[static PUBKEY_COORD_MAX], size_t *ret_coord, struct err *err)
{
	size_t coord = pubkey_kind(key) == CERT_P256 ? 32 : PUBKEY_COORD_MAX;

	if (pubkey_kind(key) == CERT_RSA)
		return err_set(err, "public key: RSA has no point");
	if (ossl_point(pubkey_pkey(key), coord, ret_x, ret_y) < 0)
		return ossl_fail(err, "public key");
	*ret_coord = coord;
	return 0;
}

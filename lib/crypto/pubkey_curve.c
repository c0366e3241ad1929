/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA with keys of P-256 that verify one signature each. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP_PKEY makes the curve anew for each key */

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "crypto/ecdsa.h"
#include "crypto/ossl.h"
#include "crypto/pubkey_ossl.h"

struct pubkey_curve {
	EC_GROUP *group;
};

OSSL_CLEANUP(cleanup_eckey, EC_KEY, EC_KEY_free)

void pubkey_curve_free(struct pubkey_curve *curve)
{
	if (!curve)
		return;
	EC_GROUP_free(curve->group);
	free(curve);
}

int pubkey_curve_new(struct pubkey_curve **ret_curve, struct err *err)
{
	struct pubkey_curve *curve = calloc(1, sizeof(*curve));

	if (!curve)
		return err_set(err, "out of memory");
	curve->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	if (!curve->group) {
		pubkey_curve_free(curve);
		return ossl_fail(err, "curve P-256");
	}
	*ret_curve = curve;
	return 0;
}

/* EC_KEY_oct2key fails on what is not on the curve; plain octets are no point at infinity. */
static EC_KEY *import(const struct pubkey_curve *curve, const struct pubkey_point *point,
		      struct err *err)
{
	uint8_t octets[PUBKEY_OCTETS_MAX];
	CLEANUP(cleanup_eckey) EC_KEY *key = NULL;

	if (point->curve != CERT_P256) {
		(void)err_set(err, "public key: not a point of P-256");
		return NULL;
	}
	if (pubkey_point_octets(point, octets, err) < 0)
		return NULL;
	key = EC_KEY_new();
	if (!key || EC_KEY_set_group(key, curve->group) != 1 ||
	    EC_KEY_oct2key(key, octets, PUBKEY_OCTETS_P256, NULL) != 1) {
		(void)ossl_fail(err, "public key");
		return NULL;
	}
	return take_ptr(&key);
}

int pubkey_curve_verify(const struct pubkey_curve *curve, const struct pubkey_point *point,
			const struct digest *digest, const struct pubkey_sig *sig, struct err *err)
{
	CLEANUP(cleanup_eckey) EC_KEY *key = NULL;
	int ok;

	if (digest->len == 0 || digest->len != hash_algo_size(digest->algo))
		return err_set(err, "verify: a digest of %zu bytes", digest->len);
	if (sig->len > ECDSA_DER_MAX)
		return err_set(err, "the signature does not match");
	key = import(curve, point, err);
	if (!key)
		return -1;
	ok = ECDSA_verify(0, digest->data, (int)digest->len, sig->der, (int)sig->len, key);
	ERR_clear_error();
	return ok == 1 ? 0 : err_set(err, "the signature does not match");
}

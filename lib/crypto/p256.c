/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA verification with tables for both points. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EC_GROUP_precompute_mult has no successor */

#include "crypto/p256.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#define SCALAR_LEN 32	 /* bytes */
#define SIG_LEN_MAX 72	 /* bytes: SEQUENCE of two INTEGERs of at most 33 bytes */
#define POINT_LEN_MAX 65 /* bytes, uncompressed */
#define USES_TO_PAY 1000 /* the table takes as long as about 750 verifications save */

struct p256 {
	EC_GROUP *base; /* the curve */
	EC_GROUP *key;	/* the curve with the public key as its generator, and its table */
};

OSSL_CLEANUP(cleanup_point, EC_POINT, EC_POINT_free)
OSSL_CLEANUP(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)
OSSL_CLEANUP(cleanup_bytes, unsigned char, OPENSSL_free)

#define AUTO_POINT CLEANUP(cleanup_point) EC_POINT *

void p256_free(struct p256 *p)
{
	if (!p)
		return;
	EC_GROUP_free(p->base);
	EC_GROUP_free(p->key);
	free(p);
}

/* On the curve, which EC_POINT_oct2point checks, and not the point at infinity. */
static bool load_point(const EC_GROUP *group, const EVP_PKEY *pkey, EC_POINT *point)
{
	unsigned char octets[POINT_LEN_MAX];
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets,
					       sizeof(octets), &len) == 1 &&
	       EC_POINT_oct2point(group, point, octets, len, NULL) == 1 &&
	       EC_POINT_is_at_infinity(group, point) == 0;
}

static bool make_table(struct p256 *p, const EVP_PKEY *pkey)
{
	AUTO_POINT point = NULL;

	p->base = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	p->key = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	if (!p->base || !p->key)
		return false;
	point = EC_POINT_new(p->base);
	return point && load_point(p->base, pkey, point) &&
	       EC_GROUP_set_generator(p->key, point, EC_GROUP_get0_order(p->base),
				      BN_value_one()) == 1 &&
	       EC_GROUP_precompute_mult(p->key, NULL) == 1;
}

struct p256 *p256_new(const EVP_PKEY *pkey)
{
	struct p256 *p = calloc(1, sizeof(*p));

	if (p && !make_table(p, pkey)) {
		p256_free(p);
		p = NULL;
	}
	ERR_clear_error();
	return p;
}

/* DER in its one form, as OpenSSL's own verification wants it. */
static ECDSA_SIG *parse(const void *data, size_t len)
{
	const unsigned char *at = data;
	CLEANUP(cleanup_bytes) unsigned char *again = NULL;
	CLEANUP(cleanup_sig) ECDSA_SIG *sig = NULL;
	int n;

	if (len == 0 || len > SIG_LEN_MAX)
		return NULL;
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (!sig)
		return NULL;
	n = i2d_ECDSA_SIG(sig, &again);
	if (n < 0 || (size_t)n != len || memcmp(again, data, len) != 0)
		return NULL;
	return take_ptr(&sig);
}

static bool is_scalar(const BIGNUM *v, const BIGNUM *order)
{
	return !BN_is_zero(v) && !BN_is_negative(v) && BN_cmp(v, order) < 0;
}

/* u1 = e / s, u2 = r / s; e is the digest's leftmost 256 bits. */
static bool find_factors(const struct digest *digest, const ECDSA_SIG *sig, const BIGNUM *order,
			 BIGNUM *u[2], BN_CTX *ctx)
{
	size_t len = digest->len < SCALAR_LEN ? digest->len : SCALAR_LEN;
	BIGNUM *e = BN_CTX_get(ctx);
	BIGNUM *w = BN_CTX_get(ctx);

	return w && BN_bin2bn(digest->data, (int)len, e) &&
	       BN_mod_inverse(w, ECDSA_SIG_get0_s(sig), order, ctx) &&
	       BN_mod_mul(u[0], e, w, order, ctx) == 1 &&
	       BN_mod_mul(u[1], ECDSA_SIG_get0_r(sig), w, order, ctx) == 1;
}

/* u1 * G + u2 * Q. */
static bool add_up(const struct p256 *p, BIGNUM *u[2], EC_POINT *sum, BN_CTX *ctx)
{
	AUTO_POINT part = EC_POINT_new(p->base);

	return part && EC_POINT_mul(p->base, sum, u[0], NULL, NULL, ctx) == 1 &&
	       EC_POINT_mul(p->key, part, u[1], NULL, NULL, ctx) == 1 &&
	       EC_POINT_add(p->base, sum, sum, part, ctx) == 1 &&
	       EC_POINT_is_at_infinity(p->base, sum) == 0;
}

/*
 * Is the point's first coordinate, modulo the order n, r?  With X and Z, as the point is kept, that
 * is X = r * Z^2 modulo the field's prime, which saves an inverse; or the same with r + n.
 */
static bool has_x(const EC_GROUP *group, const EC_POINT *point, const BIGNUM *r, BN_CTX *ctx)
{
	const BIGNUM *prime = EC_GROUP_get0_field(group);
	BIGNUM *x = BN_CTX_get(ctx);
	BIGNUM *z2 = BN_CTX_get(ctx);
	BIGNUM *more = BN_CTX_get(ctx);
	BIGNUM *want = BN_CTX_get(ctx);

	if (!want ||
	    EC_POINT_get_Jprojective_coordinates_GFp(group, point, x, NULL, z2, ctx) != 1 ||
	    BN_mod_sqr(z2, z2, prime, ctx) != 1 || BN_mod_mul(want, r, z2, prime, ctx) != 1)
		return false;
	if (BN_cmp(want, x) == 0)
		return true;
	return BN_add(more, r, EC_GROUP_get0_order(group)) == 1 && BN_cmp(more, prime) < 0 &&
	       BN_mod_mul(want, more, z2, prime, ctx) == 1 && BN_cmp(want, x) == 0;
}

static bool verify(const struct p256 *p, const struct digest *digest, const ECDSA_SIG *sig,
		   BN_CTX *ctx)
{
	const BIGNUM *order = EC_GROUP_get0_order(p->base);
	const BIGNUM *r = ECDSA_SIG_get0_r(sig);
	AUTO_POINT sum = EC_POINT_new(p->base);
	BIGNUM *u[2] = { BN_CTX_get(ctx), BN_CTX_get(ctx) };

	return sum && u[1] && is_scalar(r, order) && is_scalar(ECDSA_SIG_get0_s(sig), order) &&
	       find_factors(digest, sig, order, u, ctx) && add_up(p, u, sum, ctx) &&
	       has_x(p->base, sum, r, ctx);
}

bool p256_verify(const struct p256 *p, const struct digest *digest, const void *sig, size_t sig_len)
{
	CLEANUP(cleanup_sig) ECDSA_SIG *parsed = parse(sig, sig_len);
	BN_CTX *ctx = parsed ? BN_CTX_new() : NULL;
	bool ok = false;

	if (ctx) {
		BN_CTX_start(ctx);
		ok = verify(p, digest, parsed, ctx);
		BN_CTX_end(ctx);
		BN_CTX_free(ctx);
	}
	ERR_clear_error();
	return ok;
}

const struct p256 *p256_when_it_pays(struct p256_lazy *lazy, const EVP_PKEY *pkey)
{
	struct p256 *made = atomic_load(&lazy->made);

	/* Whoever counts this use makes it; the others go on without, meanwhile. */
	if (made || atomic_fetch_add(&lazy->uses, 1) != USES_TO_PAY)
		return made;
	made = p256_new(pkey);
	atomic_store(&lazy->made, made);
	return made;
}

void p256_lazy_done(struct p256_lazy *lazy)
{
	p256_free(atomic_exchange(&lazy->made, NULL));
}

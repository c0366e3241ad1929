/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA verification by tables: the same answer as OpenSSL's own, whatever it is asked. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include "crypto/p256.h"
#include "unit/unit.h"

#define SIG_MAX 80
#define ROUNDS 300

/* Of what only prepares a case. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

struct pair {
	EC_KEY *ec; /* the low-level key, which takes any scalar */
	EVP_PKEY *pkey;
	struct p256 *fast;
};

/* Without a private key, which verifying never asks for. */
static struct pair pair_of_point(const EC_POINT *q)
{
	struct pair p = { .ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) };

	must(EC_KEY_set_public_key(p.ec, q) == 1);
	p.pkey = EVP_PKEY_new();
	must(EVP_PKEY_set1_EC_KEY(p.pkey, p.ec) == 1);
	p.fast = p256_new(p.pkey);
	must(p.fast);
	return p;
}

static struct pair pair_of(const BIGNUM *d)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *q = EC_POINT_new(group);
	struct pair p;

	must(EC_POINT_mul(group, q, d, NULL, NULL, NULL) == 1);
	p = pair_of_point(q);
	must(EC_KEY_set_private_key(p.ec, d) == 1);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return p;
}

static void pair_done(struct pair *p)
{
	EC_KEY_free(p->ec);
	EVP_PKEY_free(p->pkey);
	p256_free(p->fast);
}

static bool by_openssl(const struct pair *p, const struct digest *d, const void *sig, size_t len)
{
	return ECDSA_verify(0, d->data, (int)d->len, sig, (int)len, p->ec) == 1;
}

/* What both say of it. */
static bool verdict(const struct pair *p, const struct digest *d, const void *sig, size_t len)
{
	bool fast = p256_verify(p->fast, d, sig, len);

	must(fast == by_openssl(p, d, sig, len));
	return fast;
}

static struct digest random_digest(void)
{
	static const struct digest kinds[] = {
		{ .algo = HASH_SHA1, .len = 20 },
		{ .algo = HASH_SHA256, .len = 32 },
		{ .algo = HASH_SHA384, .len = 48 },
		{ .algo = HASH_SHA512, .len = 64 },
	};
	unsigned char which;
	struct digest d;

	must(RAND_bytes(&which, 1) == 1);
	d = kinds[which & 3];
	must(RAND_bytes(d.data, (int)d.len) == 1);
	return d;
}

static struct pair random_pair(void)
{
	BIGNUM *d = BN_new();
	struct pair p;

	must(BN_rand(d, 250, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
	p = pair_of(d);
	BN_free(d);
	return p;
}

static void the_same_as_openssl(void)
{
	struct pair p = random_pair();

	for (int i = 0; i < ROUNDS; i++) {
		struct digest d = random_digest();
		unsigned char sig[SIG_MAX];
		unsigned char r[2];
		unsigned int len = sizeof(sig);

		CHECK(ECDSA_sign(0, d.data, (int)d.len, sig, &len, p.ec) == 1);
		CHECK(verdict(&p, &d, sig, len));
		CHECK(!verdict(&p, &d, sig, len - 1) && !verdict(&p, &d, sig, len + 1));
		CHECK(RAND_bytes(r, 2) == 1);
		sig[r[0] % len] ^= (unsigned char)(1 << (r[1] & 7));
		CHECK(!verdict(&p, &d, sig, len));
		sig[r[0] % len] ^= (unsigned char)(1 << (r[1] & 7));
		d.data[r[0] % (d.len < 32 ? d.len : 32)] ^= (unsigned char)(1 << (r[1] & 7));
		CHECK(!verdict(&p, &d, sig, len));
	}
	pair_done(&p);
}

/* Gives both numbers as they are, whatever they are. */
static size_t encode(const BIGNUM *r, const BIGNUM *s, unsigned char ret_sig[static SIG_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *at = ret_sig;
	int n;

	must(ECDSA_SIG_set0(sig, BN_dup(r), BN_dup(s)) == 1);
	n = i2d_ECDSA_SIG(sig, NULL);
	must(n > 0 && n <= SIG_MAX && i2d_ECDSA_SIG(sig, &at) == n);
	ECDSA_SIG_free(sig);
	return (size_t)n;
}

static void numbers_out_of_range(void)
{
	struct pair p = random_pair();
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(p.ec));
	struct digest d = { .algo = HASH_SHA256, .len = 32, .data = { 7 } };
	ECDSA_SIG *good = ECDSA_do_sign(d.data, 32, p.ec);
	const BIGNUM *r = ECDSA_SIG_get0_r(good);
	const BIGNUM *s = ECDSA_SIG_get0_s(good);
	BIGNUM *other[4] = { BN_new(), BN_dup(r), BN_dup(s), BN_dup(order) };
	unsigned char sig[SIG_MAX];

	CHECK(BN_add(other[1], r, order) == 1 && BN_add(other[2], s, order) == 1);
	for (size_t i = 0; i < 4; i++) {
		CHECK(!verdict(&p, &d, sig, encode(other[i], s, sig)));
		CHECK(!verdict(&p, &d, sig, encode(r, other[i], sig)));
	}
	/* The other root is as good, to both. */
	CHECK(BN_sub(other[0], order, s) == 1);
	CHECK(verdict(&p, &d, sig, encode(r, other[0], sig)));
	for (size_t i = 0; i < 4; i++)
		BN_free(other[i]);
	ECDSA_SIG_free(good);
	pair_done(&p);
}

static struct digest digest_of(const BIGNUM *e)
{
	struct digest d = { .algo = HASH_SHA256, .len = 32 };

	must(BN_bn2binpad(e, d.data, 32) == 32);
	return d;
}

/* Key 1, so that Q is G; with e = r both products are one point, with e = n - r they cancel out. */
static void points_that_meet(void)
{
	struct pair p = pair_of(BN_value_one());
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(p.ec));
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *r = BN_new(), *s = BN_new(), *e = BN_new();
	ECDSA_SIG *any =
		ECDSA_do_sign((const unsigned char *)"12345678901234567890123456789012", 32, p.ec);
	unsigned char sig[SIG_MAX];
	struct digest d;

	/* k = 2: r = x(2G), s = (e + r) / 2 with e = r, which is r. */
	CHECK(BN_set_word(s, 2) == 1);
	{
		const EC_GROUP *group = EC_KEY_get0_group(p.ec);
		EC_POINT *two = EC_POINT_new(group);

		CHECK(EC_POINT_mul(group, two, s, NULL, NULL, ctx) == 1);
		CHECK(EC_POINT_get_affine_coordinates(group, two, r, NULL, ctx) == 1);
		CHECK(BN_nnmod(r, r, order, ctx) == 1);
		EC_POINT_free(two);
	}
	d = digest_of(r);
	CHECK(verdict(&p, &d, sig, encode(r, r, sig)));
	CHECK(BN_sub(e, order, r) == 1);
	d = digest_of(e);
	CHECK(!verdict(&p, &d, sig, encode(r, r, sig)));
	d = (struct digest){ .algo = HASH_SHA256, .len = 32 };
	CHECK(!verdict(&p, &d, sig, encode(ECDSA_SIG_get0_r(any), ECDSA_SIG_get0_s(any), sig)));
	ECDSA_SIG_free(any);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	BN_CTX_free(ctx);
	pair_done(&p);
}

/* The first point whose coordinate is not smaller than the order, and by how much it is not. */
static void find_far_point(const EC_GROUP *group, EC_POINT *point, BIGNUM *over, BN_CTX *ctx)
{
	BIGNUM *x = BN_dup(EC_GROUP_get0_order(group));

	must(BN_one(over) == 1 && BN_add_word(x, 1) == 1);
	while (EC_POINT_set_compressed_coordinates(group, point, x, 0, ctx) != 1)
		must(BN_add_word(over, 1) == 1 && BN_add_word(x, 1) == 1);
	BN_free(x);
}

/* Once in 2^32: R's first coordinate is r + n.  Q = (s * R - e * G) / r makes such a signature. */
static void coordinate_beyond_the_order(void)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	EC_POINT *far = EC_POINT_new(group), *q = EC_POINT_new(group);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *r = BN_new(), *s = BN_new(), *e = BN_new(), *of[2] = { BN_new(), BN_new() };
	unsigned char sig[SIG_MAX];
	struct pair p;
	struct digest d;

	find_far_point(group, far, r, ctx);
	must(BN_rand(s, 250, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
	     BN_rand(e, 250, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
	must(BN_mod_inverse(of[0], r, order, ctx) && BN_mod_mul(of[1], s, of[0], order, ctx) == 1 &&
	     BN_mod_mul(of[0], e, of[0], order, ctx) == 1 && BN_sub(of[0], order, of[0]) == 1);
	must(EC_POINT_mul(group, q, of[0], far, of[1], ctx) == 1);
	p = pair_of_point(q);
	d = digest_of(e);
	CHECK(verdict(&p, &d, sig, encode(r, s, sig)));
	must(BN_add_word(r, 1) == 1);
	CHECK(!verdict(&p, &d, sig, encode(r, s, sig)));
	pair_done(&p);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	BN_free(of[0]);
	BN_free(of[1]);
	EC_POINT_free(far);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	BN_CTX_free(ctx);
}

/* DER that says the same in another form is no signature: one content, one form. */
static void other_forms(void)
{
	struct pair p = random_pair();
	struct digest d = random_digest();
	unsigned char sig[SIG_MAX + 2];
	unsigned char longer[SIG_MAX + 2];
	static const unsigned char negative[] = { 0x30, 6, 2, 1, 0xff, 2, 1, 0xff };
	unsigned int len = SIG_MAX;

	CHECK(ECDSA_sign(0, d.data, (int)d.len, sig, &len, p.ec) == 1);
	memcpy(longer, sig, 2);
	longer[1] = (unsigned char)(sig[1] + 1);
	memcpy(longer + 2, sig + 2, 2);
	longer[3] = (unsigned char)(sig[3] + 1);
	longer[4] = 0;
	memcpy(longer + 5, sig + 4, len - 4);
	CHECK(!verdict(&p, &d, longer, len + 1));
	longer[0] = 0x30;
	longer[1] = 0x81;
	longer[2] = sig[1];
	memcpy(longer + 3, sig + 2, len - 2);
	CHECK(!verdict(&p, &d, longer, len + 1));
	CHECK(!verdict(&p, &d, sig, 0));
	CHECK(!verdict(&p, &d, negative, sizeof(negative)));
	pair_done(&p);
}

static void only_this_curve(void)
{
	EVP_PKEY *p384 = EVP_EC_gen("P-384");
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	CHECK(p384 && rsa && !p256_new(p384) && !p256_new(rsa));
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}

static void made_when_it_pays(void)
{
	struct pair p = random_pair();
	struct p256_lazy lazy = { 0 };
	int uses = 0;

	while (!p256_when_it_pays(&lazy, p.pkey))
		CHECK(++uses < 5000);
	CHECK(uses > 100);
	CHECK(p256_when_it_pays(&lazy, p.pkey));
	p256_lazy_done(&lazy);
	pair_done(&p);
}

static const struct unit_case cases[] = {
	CASE(the_same_as_openssl), CASE(numbers_out_of_range),
	CASE(points_that_meet),	   CASE(coordinate_beyond_the_order),
	CASE(other_forms),	   CASE(only_this_curve),
	CASE(made_when_it_pays),   CASE_END,
};

UNIT_MAIN(cases)

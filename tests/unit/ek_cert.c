/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EK certificates: whose word they are, and for which key. */
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "attest/enrol.h"
#include "base/hex.h"
#include "cert_made.h"
#include "crypto/chain.h"
#include "crypto/pubkey_ossl.h"
#include "soft_tpm.h"
#include "tpm_vectors.h"
#include "unit.h"

/* PolicyA of the profile. */
#define POLICY \
	"\x83\x71\x97\x67\x44\x84\xb3\xf8\x1a\x90\xcc\x8d\x46\xa5\xd7\x24" \
	"\xfd\x52\xd7\x6e\x06\x52\x0b\x64\xf2\xa1\xda\x1b\x33\x14\x69\xaa"
#define EK_SHAPE \
	{ \
		.attributes = SOFT_EK_ATTRIBUTES, .symmetric = TPM_AES, .bits = 128, \
		.scheme = TPM_NULL, .policy = POLICY \
	}

/* A CA whose certificate is in the directory "cas", an EK, and a certificate for it. */
struct scene {
	struct made_ca ca;
	struct soft_ak ek;
	struct ek_trust *trust;
	struct buf cert;
	uint8_t issuer[EK_CA_SIZE];
	struct err err;
};

static void done(struct scene *s)
{
	made_ca_done(&s->ca);
	soft_ak_done(&s->ek);
	ek_trust_free(s->trust);
	buf_done(&s->cert);
}
#define AUTO_SCENE CLEANUP(done) struct scene

static int load_trust(struct scene *s)
{
	ek_trust_free(s->trust);
	s->trust = NULL;
	return ek_trust_load("cas", &s->trust, &s->err);
}

static int begin_as(struct scene *s, const struct made_shape *ca)
{
	const struct soft_shape shape = EK_SHAPE;

	*s = (struct scene){ .cert = BUF_INIT(EVIDENCE_CERT_MAX + 1) };
	(void)mkdir("cas", 0755);
	if (made_ca(&s->ca, ca, "cas/ca.der") < 0 || soft_ak_shaped(&shape, &s->ek, &s->err) < 0)
		return err_set(&s->err, "the scene can't be made: %s", s->err.text);
	return load_trust(s);
}

static int begin(struct scene *s)
{
	return begin_as(s, &(struct made_shape){ .ca = true });
}

static int verify_at(struct scene *s, int64_t now)
{
	const struct ek_claim claim = { s->cert.data, s->cert.len, &s->ek.public };

	return ek_cert_verify(s->trust, &claim, now, s->issuer, &s->err);
}

static int certify(struct scene *s, struct made_shape shape)
{
	if (!shape.key)
		shape.key = s->ek.pkey;
	if (!shape.by)
		shape.by = &s->ca;
	buf_reset(&s->cert);
	return made_der(&shape, &s->cert);
}

/* The certificate of this shape is refused, in these words. */
#define REFUSED(s, why, ...) \
	do { \
		CHECK(certify(s, (struct made_shape){ __VA_ARGS__ }) == 0); \
		CHECK_FAILS(verify_at(s, MADE_NOW), &(s)->err, why); \
	} while (0)

static int from_hex(const char *hex, struct buf *out)
{
	uint8_t *at;

	if (buf_reserve(out, strlen(hex) / 2, &at, NULL) < 0)
		return -1;
	return hex_parse(hex, at, strlen(hex) / 2, NULL);
}

/* Critical subjectAltName of TPM manufacturer, model and version, subjectDirectoryAttributes. */
static void that_of_swtpm_vouches_for_its_ek(void)
{
	AUTO_BUF ca = BUF_INIT(8192), cert = BUF_INIT(8192), public = BUF_INIT(PUBLIC_MAX);
	struct ek_trust *trust = NULL;
	struct err err = ERR_INIT;
	uint8_t by[EK_CA_SIZE];
	struct ek_claim claim;
	struct tpm_public ek;
	int now, early;

	(void)mkdir("cas", 0755);
	CHECK(from_hex(VECTOR_EK_CA, &ca) == 0 && from_hex(VECTOR_EK_CERT, &cert) == 0 &&
	      from_hex(VECTOR_EK_RSA, &public) == 0);
	CHECK_OK(io_replace_file("cas/swtpm.crt", &ca, 0644, &err), &err);
	CHECK_OK(public_decode(public.data, public.len, &ek, &err), &err);
	CHECK_OK(ek_trust_load("cas", &trust, &err), &err);
	claim = (struct ek_claim){ cert.data, cert.len, &ek };
	now = ek_cert_verify(trust, &claim, 1800000000, by, &err);
	early = ek_cert_verify(trust, &claim, 1700000000, by, NULL);
	ek_trust_free(trust);
	CHECK_OK(now, &err);
	CHECK(early == -1);
}

static void a_certificate_by_a_trusted_ca(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
}

static void for_another_key(void)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	AUTO_SCENE s;
	int made;

	CHECK_OK(begin(&s), &s.err);
	made = certify(&s, (struct made_shape){ .key = other });
	EVP_PKEY_free(other);
	CHECK(made == 0);
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "another key's");
}

static void by_a_ca_that_is_not_trusted(void)
{
	AUTO_CA other = { .key = NULL };
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(made_ca(&other, &(struct made_shape){ .ca = true }, NULL) == 0);
	REFUSED(&s, "EK certificate", .by = &other);
}

static void that_signs_itself(void)
{
	AUTO_CA self = { .key = NULL };
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	self.key = s.ek.pkey;
	EVP_PKEY_up_ref(self.key);
	self.cert = made_cert(&(struct made_shape){ .key = s.ek.pkey });
	CHECK(self.cert);
	REFUSED(&s, "EK certificate", .by = &self);
}

static void out_of_its_time(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	CHECK_FAILS(verify_at(&s, MADE_NOW + 2 * MADE_DAY), &s.err, "expired");
	CHECK_FAILS(verify_at(&s, MADE_NOW - 2 * MADE_DAY), &s.err, "not yet valid");
}

static void by_a_ca_out_of_its_time(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin_as(&s, &(struct made_shape){ .not_after = MADE_NOW - 60 }), &s.err);
	REFUSED(&s, "expired", .ca = false);
}

static void for_another_use(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	REFUSED(&s, "no usage 2.23.133.8.1", .usage = "");
	REFUSED(&s, "no usage 2.23.133.8.1", .usage = "serverAuth");
	REFUSED(&s, "no usage 2.23.133.8.1", .usage = "2.23.133.8.3");
	REFUSED(&s, "no usage 2.23.133.8.1", .usage = "anyExtendedKeyUsage");
	CHECK(certify(&s, (struct made_shape){ .usage = "serverAuth,2.23.133.8.1" }) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
}

static void of_a_ca(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	REFUSED(&s, "that of a CA", .ca = true);
}

static void by_a_weak_hash(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	REFUSED(&s, "EK certificate", .sha1 = true);
}

static void with_a_critical_extension_that_nobody_knows(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	REFUSED(&s, "critical extension", .critical = "1.2.3.4.5");
}

/* An EK's certificate is no CA's, whatever it signs. */
static void through_a_certificate_that_may_not_sign(void)
{
	AUTO_CA leaf = { .key = NULL };
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	leaf.key = EVP_EC_gen("P-256");
	leaf.cert =
		made_cert(&(struct made_shape){ .key = leaf.key, .by = &s.ca, .subject = "leaf" });
	CHECK(leaf.cert);
	REFUSED(&s, "EK certificate", .by = &leaf);
}

static void through_a_ca_between(void)
{
	AUTO_CA middle = { .key = NULL };
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(made_ca(&middle, &(struct made_shape){ .by = &s.ca, .subject = "middle" },
		      "cas/middle.der") == 0);
	/* not before it is known: the host sends none */
	REFUSED(&s, "EK certificate", .by = &middle);
	CHECK_OK(load_trust(&s), &s.err);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	/* and it is trusted by itself */
	CHECK(remove("cas/ca.der") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	CHECK(remove("cas/middle.der") == 0);
}

static void nobody_is_trusted(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(remove("cas/ca.der") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	REFUSED(&s, "no CA is trusted", .ca = false);
}

static void only_cas_are_trusted(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	CHECK_OK(io_replace_file("cas/leaf.der", &s.cert, 0644, &s.err), &s.err);
	CHECK_FAILS(load_trust(&s), &s.err, "cas/leaf.der: not that of a CA");
	CHECK(remove("cas/leaf.der") == 0);
	buf_reset(&s.cert);
	CHECK_OK(buf_put(&s.cert, "no certificate", 14, &s.err), &s.err);
	CHECK_OK(io_replace_file("cas/bad.pem", &s.cert, 0644, &s.err), &s.err);
	CHECK_FAILS(load_trust(&s), &s.err, "cas/bad.pem");
	CHECK(remove("cas/bad.pem") == 0);
	CHECK_FAILS(ek_trust_load("nowhere", &s.trust, &s.err), &s.err, "nowhere: No such file");
}

static void bytes_that_are_no_certificate(void)
{
	AUTO_SCENE s;
	size_t len;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	len = s.cert.len;
	for (s.cert.len = 0; s.cert.len < len; s.cert.len++)
		CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "EK certificate");
	CHECK_OK(buf_put_u8(&s.cert, 0, &s.err), &s.err);
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "EK certificate");
	while (s.cert.len <= EVIDENCE_CERT_MAX)
		CHECK_OK(buf_put_u8(&s.cert, 0, &s.err), &s.err);
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "larger than any");
}

static void any_bit_of_it(void)
{
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	/* The last bytes are the signature, whose two numbers have more than one form of bytes. */
	for (size_t bit = 0; bit < 8 * (s.cert.len - 80); bit += 3) {
		s.cert.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "EK certificate");
		s.cert.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void for_a_key_that_is_no_ek(void)
{
	AUTO_SOFT_AK ak = { .pkey = NULL };
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK_OK(soft_ak_new(&ak, &s.err), &s.err);
	CHECK(certify(&s, (struct made_shape){ .key = ak.pkey }) == 0);
	s.ek.public = ak.public;
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "not an endorsement key");
}

/* What a CA vouched for ends when it goes, and not when another does. */
static void the_ca_that_signed_is_named(void)
{
	AUTO_CA other = { .key = NULL };
	AUTO_SCENE s;
	bool held, gone;

	CHECK_OK(begin(&s), &s.err);
	CHECK(made_ca(&other, &(struct made_shape){ .ca = true, .subject = "another" },
		      "cas/other.der") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	held = ek_trust_holds(s.trust, s.issuer);
	CHECK(unlink("cas/other.der") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	held = held && ek_trust_holds(s.trust, s.issuer);
	CHECK(rename("cas/ca.der", "cas/ca.gone") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	gone = !ek_trust_holds(s.trust, s.issuer);
	CHECK(unlink("cas/ca.gone") == 0);
	CHECK(held && gone);
}

static void cleanup_pubkey(struct pubkey **key)
{
	pubkey_free(*key);
}

static int certify_rsa(struct scene *s, bool oaep, EVP_PKEY *other)
{
	CLEANUP(cleanup_pubkey) struct pubkey *key = NULL;
	AUTO_BUF area = BUF_INIT(PUBLIC_MAX);

	if (from_hex(VECTOR_EK_RSA, &area) < 0 ||
	    public_decode(area.data, area.len, &s->ek.public, &s->err) < 0 ||
	    public_key(&s->ek.public, &key, &s->err) < 0)
		return -1;
	return certify(
		s, (struct made_shape){ .key = other ? other : pubkey_pkey(key), .oaep = oaep });
}

/* As some makers have them, whose keys OpenSSL can't read. */
static void for_a_key_that_is_marked_for_oaep(void)
{
	struct cert *cert = NULL;
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(certify_rsa(&s, true, NULL) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	CHECK_FAILS(verify_at(&s, MADE_NOW + 2 * MADE_DAY), &s.err, "expired");
	CHECK(cert_parse(s.cert.data, s.cert.len, &cert, NULL) == -1);
	/* What OpenSSL is shown is not what was signed; what was is what came. */
	for (size_t bit = 0; bit < 8 * (s.cert.len - 80); bit += 37) {
		s.cert.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "EK certificate");
		s.cert.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void for_another_key_that_is_marked_for_oaep(void)
{
	EVP_PKEY *other = EVP_RSA_gen(2048);
	AUTO_SCENE s;
	int made;

	CHECK_OK(begin(&s), &s.err);
	made = certify_rsa(&s, true, other);
	EVP_PKEY_free(other);
	CHECK(made == 0);
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "another key's");
}

static void for_a_short_key_that_is_marked_for_oaep(void)
{
	EVP_PKEY *other = EVP_RSA_gen(1024);
	AUTO_SCENE s;
	int made;

	CHECK_OK(begin(&s), &s.err);
	made = certify_rsa(&s, true, other);
	EVP_PKEY_free(other);
	CHECK(made == 0);
	CHECK_FAILS(verify_at(&s, MADE_NOW), &s.err, "EK certificate");
}

/* The key is certified; what stands beside it in the public area would make it another host. */
static void for_a_key_that_is_of_no_template(void)
{
	static const char other_policy[] = "thirty-two bytes of another one.";
	struct soft_shape shapes[] = { EK_SHAPE, EK_SHAPE, EK_SHAPE, EK_SHAPE, EK_SHAPE };
	AUTO_SCENE s;

	shapes[0].policy = other_policy;
	shapes[1].policy = NULL;
	shapes[2].attributes |= 1U << 10; /* noDA */
	shapes[3].bits = 256;
	shapes[4].name_alg = TPM_SHA384;
	CHECK_OK(begin(&s), &s.err);
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		buf_reset(&s.ek.bytes);
		CHECK(soft_public(s.ek.pkey, &shapes[i], &s.ek.bytes) == 0);
		CHECK_OK(public_decode(s.ek.bytes.data, s.ek.bytes.len, &s.ek.public, &s.err),
			 &s.err);
		CHECK_OK(public_check_ek(&s.ek.public, &s.err), &s.err);
		REFUSED(&s, "templates", .ca = false);
	}
}

/* A maker's CA may have a key that no file of ours is signed with, and its bundle several. */
static void cas_come_in_bundles_and_with_any_key(void)
{
	AUTO_CA big = { .key = EVP_EC_gen("P-521") };
	BIO *bio = BIO_new_file("bundle.pem", "w");
	AUTO_SCENE s;

	CHECK_OK(begin(&s), &s.err);
	CHECK(made_ca(&big, &(struct made_shape){ .subject = "big" }, NULL) == 0);
	CHECK(bio && big.cert && PEM_write_bio_X509(bio, s.ca.cert) == 1 &&
	      PEM_write_bio_X509(bio, big.cert) == 1);
	BIO_free(bio);
	CHECK(remove("cas/ca.der") == 0 && rename("bundle.pem", "cas/bundle.pem") == 0);
	CHECK_OK(load_trust(&s), &s.err);
	CHECK(certify(&s, (struct made_shape){ .ca = false }) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	CHECK(certify(&s, (struct made_shape){ .by = &big }) == 0);
	CHECK_OK(verify_at(&s, MADE_NOW), &s.err);
	CHECK(remove("cas/bundle.pem") == 0);
}

static const struct unit_case cases[] = {
	CASE(that_of_swtpm_vouches_for_its_ek),
	CASE(a_certificate_by_a_trusted_ca),
	CASE(for_another_key),
	CASE(by_a_ca_that_is_not_trusted),
	CASE(that_signs_itself),
	CASE(out_of_its_time),
	CASE(by_a_ca_out_of_its_time),
	CASE(for_another_use),
	CASE(of_a_ca),
	CASE(by_a_weak_hash),
	CASE(with_a_critical_extension_that_nobody_knows),
	CASE(through_a_certificate_that_may_not_sign),
	CASE(through_a_ca_between),
	CASE(nobody_is_trusted),
	CASE(only_cas_are_trusted),
	CASE(bytes_that_are_no_certificate),
	CASE(any_bit_of_it),
	CASE(for_a_key_that_is_no_ek),
	CASE(for_a_key_that_is_of_no_template),
	CASE(the_ca_that_signed_is_named),
	CASE(for_a_key_that_is_marked_for_oaep),
	CASE(for_another_key_that_is_marked_for_oaep),
	CASE(for_a_short_key_that_is_marked_for_oaep),
	CASE(cas_come_in_bundles_and_with_any_key),
	CASE_END,
};
UNIT_MAIN(cases)

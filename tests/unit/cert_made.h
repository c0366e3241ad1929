/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates of any shape, and who signs them. */
#ifndef ASSAY_TESTS_UNIT_CERT_MADE_H
#define ASSAY_TESTS_UNIT_CERT_MADE_H

#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/io.h"

#define MADE_NOW INT64_C(1700000000)
#define MADE_DAY INT64_C(86400)

struct made_ca {
	EVP_PKEY *key;
	X509 *cert;
};

static inline void made_ca_done(struct made_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
}
#define AUTO_CA CLEANUP(made_ca_done) struct made_ca

/* What is 0 or NULL becomes what an EK's certificate has. */
struct made_shape {
	EVP_PKEY *key;		  /* whose it is */
	const struct made_ca *by; /* NULL: signs itself */
	const char *subject;
	const char *usage; /* "": none */
	bool ca;
	bool sha1;
	bool oaep;	      /* an RSA key that is marked for RSAES-OAEP */
	const char *critical; /* OID of an extension that nobody knows */
	int64_t not_before, not_after;
};

static inline int made_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int ok;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok ? 0 : -1;
}

static inline int made_unknown(X509 *x, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;
	int ok;

	ok = object && value && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2) == 1;
	if (ok)
		ext = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
	return ok ? 0 : -1;
}

static inline int made_name(X509_NAME *name, const char *text)
{
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1,
					  -1, 0) == 1
		       ? 0
		       : -1;
}

/* Parameters as RFC 4055 has them for SHA-256, MGF1 by it, and no label. */
static inline int made_oaep(X509 *x)
{
	static const unsigned char params[] =
		"\x30\x2f\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
		"\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09"
		"\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x);
	ASN1_STRING *seq = ASN1_STRING_new();
	const unsigned char *bits = NULL;
	unsigned char *own = NULL;
	int len = 0;

	if (!seq || ASN1_STRING_set(seq, params, sizeof(params) - 1) != 1 ||
	    X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, spki) != 1)
		return -1;
	own = OPENSSL_memdup(bits, (size_t)len);
	return own && X509_PUBKEY_set0_param(spki, OBJ_nid2obj(NID_rsaesOaep), V_ASN1_SEQUENCE, seq,
					     own, len) == 1
		       ? 0
		       : -1;
}

static inline int made_fill(X509 *x, const struct made_shape *s)
{
	int64_t before = s->not_before ? s->not_before : MADE_NOW - MADE_DAY;
	int64_t after = s->not_after ? s->not_after : MADE_NOW + MADE_DAY;

	if (X509_set_version(x, 2) != 1 || ASN1_INTEGER_set(X509_get_serialNumber(x), 7) != 1 ||
	    !X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &(time_t){ before }) ||
	    !X509_time_adj_ex(X509_getm_notAfter(x), 0, 0, &(time_t){ after }) ||
	    made_name(X509_get_subject_name(x), s->subject ? s->subject : "an EK") < 0 ||
	    X509_set_issuer_name(x, s->by ? X509_get_subject_name(s->by->cert)
					  : X509_get_subject_name(x)) != 1 ||
	    X509_set_pubkey(x, s->key) != 1 || (s->oaep && made_oaep(x) < 0))
		return -1;
	if (made_extension(x, NID_basic_constraints,
			   s->ca ? "critical,CA:TRUE" : "critical,CA:FALSE") < 0)
		return -1;
	if (!s->ca && (!s->usage || *s->usage) &&
	    made_extension(x, NID_ext_key_usage, s->usage ? s->usage : "2.23.133.8.1") < 0)
		return -1;
	return s->critical ? made_unknown(x, s->critical) : 0;
}

static inline X509 *made_cert(const struct made_shape *s)
{
	X509 *x = X509_new();

	if (x && made_fill(x, s) == 0 &&
	    X509_sign(x, s->by ? s->by->key : s->key, s->sha1 ? EVP_sha1() : EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static inline int made_der(const struct made_shape *s, struct buf *out)
{
	X509 *x = made_cert(s);
	unsigned char *der = NULL;
	int n = x ? i2d_X509(x, &der) : -1;
	int status = n > 0 ? buf_put(out, der, (size_t)n, NULL) : -1;

	OPENSSL_free(der);
	X509_free(x);
	return status;
}

/* Makes a CA (with a P-256 key unless it has one), and puts its certificate at path unless that is
 * NULL. */
static inline int made_ca(struct made_ca *ca, const struct made_shape *shape, const char *path)
{
	AUTO_BUF der = BUF_INIT(65536);
	struct made_shape s = *shape;
	unsigned char *raw = NULL;
	int n;

	if (!ca->key)
		ca->key = EVP_EC_gen("P-256");
	s.key = ca->key;
	s.ca = true;
	s.subject = shape->subject ? shape->subject : "a CA";
	ca->cert = ca->key ? made_cert(&s) : NULL;
	n = ca->cert ? i2d_X509(ca->cert, &raw) : -1;
	if (n <= 0 || buf_put(&der, raw, (size_t)n, NULL) < 0) {
		OPENSSL_free(raw);
		return -1;
	}
	OPENSSL_free(raw);
	return path ? io_replace_file(path, &der, 0644, NULL) : 0;
}

#endif

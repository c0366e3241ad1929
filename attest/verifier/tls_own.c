/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate of one's own. */
#include "attest/verifier/tls_own.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define SERIAL_SIZE 16
#define CERT_DAYS 3650
#define DAY 86400L
#define CLOCK_SLACK DAY

static void cleanup_privkey(gnutls_x509_privkey_t *k)
{
	if (*k)
		gnutls_x509_privkey_deinit(*k);
}

static void cleanup_crt(gnutls_x509_crt_t *c)
{
	if (*c)
		gnutls_x509_crt_deinit(*c);
}

static void cleanup_datum(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
}
#define AUTO_DATUM CLEANUP(cleanup_datum) gnutls_datum_t

static int failed(int code, const char *what, struct err *err)
{
	return err_set(err, "%s: %s", what, gnutls_strerror(code));
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
						    (unsigned int)strlen(name), GNUTLS_FSAN_APPEND);
}

/* What is no address, or the one that stands for all, is left out. */
static int add_address(gnutls_x509_crt_t crt, const char *address)
{
	uint8_t raw[sizeof(struct in6_addr)];
	static const uint8_t any[sizeof(raw)];
	unsigned int len = 0;

	if (inet_pton(AF_INET, address, raw) == 1)
		len = sizeof(struct in_addr);
	else if (inet_pton(AF_INET6, address, raw) == 1)
		len = sizeof(struct in6_addr);
	if (len == 0 || memcmp(raw, any, len) == 0)
		return 0;
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, raw, len,
						    GNUTLS_FSAN_APPEND);
}

static bool is_address(const char *text)
{
	uint8_t raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

/* Names and addresses with blanks between them. */
static int add_more(gnutls_x509_crt_t crt, const char *more)
{
	char text[TLS_OWN_NAMES_MAX];
	char *rest = NULL;

	if (strlen(more) >= sizeof(text))
		return GNUTLS_E_SHORT_MEMORY_BUFFER;
	strcpy(text, more);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		int rc = is_address(word) ? add_address(crt, word) : add_name(crt, word);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int set_names(gnutls_x509_crt_t crt, const struct tls_own_names *names)
{
	const char *address = names->address;
	char host[HOST_NAME_MAX + 1] = "";
	int rc;

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		strcpy(host, "localhost");
	rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, host,
					   (unsigned int)strnlen(host, 64));
	if (rc >= 0)
		rc = add_name(crt, host);
	if (rc >= 0 && strcmp(host, "localhost") != 0)
		rc = add_name(crt, "localhost");
	if (rc >= 0)
		rc = add_address(crt, "127.0.0.1");
	if (rc >= 0)
		rc = add_address(crt, "::1");
	if (rc >= 0 && strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
		rc = add_address(crt, address);
	if (rc >= 0)
		rc = add_more(crt, names->more);
	return rc;
}

static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const struct tls_own_names *names)
{
	const time_t now = time(NULL);
	uint8_t serial[SERIAL_SIZE];
	int rc;

	if (getrandom(serial, sizeof(serial), 0) != sizeof(serial))
		return GNUTLS_E_RANDOM_FAILED;
	serial[0] = (serial[0] & 0x3f) | 0x40;
	if ((rc = gnutls_x509_crt_set_version(crt, 3)) < 0 ||
	    (rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial))) < 0 ||
	    (rc = gnutls_x509_crt_set_activation_time(crt, now - CLOCK_SLACK)) < 0 ||
	    (rc = gnutls_x509_crt_set_expiration_time(crt, now + CERT_DAYS * DAY)) < 0 ||
	    (rc = gnutls_x509_crt_set_key(crt, key)) < 0 || (rc = set_names(crt, names)) < 0 ||
	    (rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) < 0 ||
	    (rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
	    (rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0)) < 0)
		return rc;
	return gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

int tls_own_make(const struct tls_own_names *names, struct buf *cert, struct buf *key,
		 struct err *err)
{
	CLEANUP(cleanup_privkey) gnutls_x509_privkey_t priv = NULL;
	CLEANUP(cleanup_crt) gnutls_x509_crt_t crt = NULL;
	AUTO_DATUM cert_pem = { NULL, 0 };
	AUTO_DATUM key_pem = { NULL, 0 };
	int rc;

	if ((rc = gnutls_x509_privkey_init(&priv)) < 0 ||
	    (rc = gnutls_x509_privkey_generate(priv, GNUTLS_PK_ECDSA,
					       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
					       0)) < 0 ||
	    (rc = gnutls_x509_crt_init(&crt)) < 0 || (rc = fill(crt, priv, names)) < 0 ||
	    (rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &cert_pem)) < 0 ||
	    (rc = gnutls_x509_privkey_export2_pkcs8(priv, GNUTLS_X509_FMT_PEM, NULL,
						    GNUTLS_PKCS_PLAIN, &key_pem)) < 0)
		return failed(rc, "TLS certificate", err);
	if (buf_put(cert, cert_pem.data, cert_pem.size, err) < 0)
		return -1;
	return buf_put(key, key_pem.data, key_pem.size, err);
}

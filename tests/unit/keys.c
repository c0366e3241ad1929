/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and certificates: ours, openssl(1)'s, and what must be refused. */
#include "crypto/key.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/io.h"
#include "crypto/keygen.h"
#include "unit/unit.h"

#define TEXT_MAX 65536

static void free_key(struct key **key)
{
	key_free(*key);
}

static void free_cert(struct cert **cert)
{
	cert_free(*cert);
}

static void free_signer(struct signer **signer)
{
	signer_free(*signer);
}

#define AUTO_KEY CLEANUP(free_key) struct key *
#define AUTO_CERT CLEANUP(free_cert) struct cert *
#define AUTO_SIGNER CLEANUP(free_signer) struct signer *

/* What a passphrase prompt would answer; NULL: nobody is there. */
static const char *answer;

static int ask(const char *uri, unsigned int wrong UNUSED, char *ret_text, size_t max,
	       struct err *err)
{
	(void)uri;
	if (!answer)
		return err_set(err, "nobody answers");
	(void)snprintf(ret_text, max, "%s", answer);
	return 0;
}

static bool shell(const char *command)
{
	return system(command) == 0;
}

static int write_key(enum keygen_type type, const char *passphrase, const char *path)
{
	CLEANUP(buf_wipe) struct buf text = BUF_INIT(TEXT_MAX);
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

	if (keygen_generate(type, &key, &err) < 0 ||
	    keygen_encode(key, passphrase, &text, &err) < 0)
		return -1;
	return io_replace_file(path, &text, 0600, &err);
}

static int self_sign(const struct key *key, struct cert **ret_cert, struct err *err)
{
	AUTO_BUF der = BUF_INIT(TEXT_MAX);

	if (keygen_self_sign(key, "a host", 10, &der, err) < 0)
		return -1;
	return cert_parse(der.data, der.len, ret_cert, err);
}

static void check_type(enum keygen_type type, enum cert_kind kind, unsigned int bits)
{
	AUTO_KEY key = NULL;
	AUTO_CERT cert = NULL;
	AUTO_SIGNER signer = NULL;
	struct digest d;
	struct err err = ERR_INIT;
	uint8_t sig[KEY_SIG_MAX];
	uint32_t keyid;
	size_t len;

	CHECK_OK(keygen_generate(type, &key, &err), &err);
	CHECK_OK(self_sign(key, &cert, &err), &err);
	CHECK(key_kind(key) == kind && cert_kind(cert) == kind && cert_bits(cert) == bits);
	CHECK_OK(key_matches(key, cert, &err), &err);
	CHECK_OK(key_keyid(key, &keyid, &err), &err);
	CHECK(keyid == cert_keyid(cert));
	CHECK(!cert_is_ca(cert) && cert_may_sign_digests(cert));
	CHECK_STR(cert_subject(cert), "CN=a host");
	CHECK(cert_not_after(cert) > time(NULL) + 9 * 86400);
	CHECK_OK(signer_new(key, &signer, &err), &err);
	for (enum hash_algo a = HASH_SHA256; a <= HASH_SHA512; a++) {
		CHECK_OK(hash_bytes(a, "abc", 3, &d, &err), &err);
		CHECK_OK(signer_sign(signer, &d, sig, &len, &err), &err);
		CHECK_OK(signer_verify(signer, &d, sig, len, &err), &err);
		CHECK_OK(cert_verify(cert, &d, sig, len, &err), &err);
		sig[len / 2] ^= 1;
		CHECK_FAILS(cert_verify(cert, &d, sig, len, &err), &err, "does not match");
		CHECK_FAILS(signer_verify(signer, &d, sig, len, &err), &err, "does not match");
		sig[len / 2] ^= 1;
		CHECK_FAILS(cert_verify(cert, &d, sig, len - 1, &err), &err, "does not match");
		CHECK_FAILS(cert_verify(cert, &d, sig, 0, &err), &err, "does not match");
		d.data[0] ^= 1;
		CHECK_FAILS(cert_verify(cert, &d, sig, len, &err), &err, "does not match");
	}
}

static void rsa2048(void)
{
	check_type(KEYGEN_RSA2048, CERT_RSA, 2048);
}

static void rsa3072(void)
{
	check_type(KEYGEN_RSA3072, CERT_RSA, 3072);
}

static void p256(void)
{
	check_type(KEYGEN_P256, CERT_P256, 256);
}

static void p384(void)
{
	check_type(KEYGEN_P384, CERT_P384, 384);
}

static void types_by_name(void)
{
	struct err err = ERR_INIT;
	enum keygen_type type;

	CHECK_OK(keygen_type_parse("rsa4096", &type, &err), &err);
	CHECK(type == KEYGEN_RSA4096);
	CHECK_FAILS(keygen_type_parse("dsa", &type, &err), &err, "no key type is named 'dsa'");
}

static void numbers_that_are_none(void)
{
	struct digest d = { .algo = (enum hash_algo)99, .len = 32 };
	AUTO_KEY key = NULL;
	AUTO_CERT cert = NULL;
	AUTO_SIGNER signer = NULL;
	struct err err = ERR_INIT;
	uint8_t sig[KEY_SIG_MAX] = { 0 };
	size_t len;

	CHECK_OK(keygen_generate(KEYGEN_P256, &key, &err), &err);
	CHECK_OK(self_sign(key, &cert, &err), &err);
	CHECK_OK(signer_new(key, &signer, &err), &err);
	CHECK_FAILS(signer_sign(signer, &d, sig, &len, &err), &err, "number 99");
	CHECK(signer_verify(signer, &d, sig, 64, &err) == -1);
	CHECK(cert_verify(cert, &d, sig, 64, &err) == -1);
	CHECK(keygen_generate((enum keygen_type)99, &key, &err) == -1);
}

static void files_of_keys(void)
{
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

	CHECK(write_key(KEYGEN_P256, NULL, "k") == 0);
	CHECK_OK(key_load("k", NULL, &key, &err), &err);
	key_free(take_ptr(&key));
	CHECK_OK(key_load("file:k", NULL, &key, &err), &err);
	key_free(take_ptr(&key));
	CHECK(chmod("k", 0640) == 0);
	CHECK_FAILS(key_load("k", NULL, &key, &err), &err,
		    "key: k: mode 0640 lets others at the private key; make it 0600");
	CHECK_FAILS(key_load("missing", NULL, &key, &err), &err, "No such file");
	CHECK_FAILS(key_load(".", NULL, &key, &err), &err, "not a regular file");
	CHECK(shell("umask 077; : > empty; echo junk > junk; head -c 70000 /dev/zero > large"));
	CHECK_FAILS(key_load("empty", NULL, &key, &err), &err, "empty");
	CHECK_FAILS(key_load("junk", NULL, &key, &err), &err,
		    "key: junk: no private key was found");
	CHECK_FAILS(key_load("large", NULL, &key, &err), &err, "larger than");
	CHECK(key_load("junk", NULL, &key, NULL) == -1);
}

/* OpenSSL 3.0 itself leaks what it knew of a provider that it can't load. */
static void other_stores(void)
{
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

#ifdef __SANITIZE_ADDRESS__
	__lsan_disable();
#endif
	CHECK_FAILS(key_load("nonsense:key", NULL, &key, &err), &err, "key: nonsense:key: ");
	CHECK_FAILS(key_load("pkcs11:object=none", NULL, &key, &err), &err, "key: pkcs11:");
	CHECK_FAILS(key_load("handle:0x81000001", NULL, &key, &err), &err, "key: handle:");
#ifdef __SANITIZE_ADDRESS__
	__lsan_enable();
#endif
}

static void keys_of_others_are_refused(void)
{
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

	if (geteuid() != 0)
		SKIP("only root can give a file away");
	CHECK(write_key(KEYGEN_P256, NULL, "k") == 0);
	CHECK(chown("k", 1000, 1000) == 0);
	CHECK_FAILS(key_load("k", NULL, &key, &err), &err, "owned by user 1000");
}

static void passphrases(void)
{
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

	CHECK(write_key(KEYGEN_P256, "sesame", "k") == 0);
	CHECK(shell("grep -q 'BEGIN ENCRYPTED PRIVATE KEY' k"));
	answer = "sesame";
	CHECK_OK(key_load("k", ask, &key, &err), &err);
	answer = "wrong";
	CHECK_FAILS(key_load("k", ask, &key, &err), &err,
		    "key: k: the passphrase does not open the key");
	answer = NULL;
	CHECK_FAILS(key_load("k", ask, &key, &err), &err, "nobody answers");
	CHECK_FAILS(key_load("k", NULL, &key, &err), &err, "needs a passphrase");
}

static void key_types_that_ima_has_no_use_for(void)
{
	static const char *const makers[] = {
		"openssl genrsa -out bad 1024 2>/dev/null",
		"openssl genpkey -algorithm ed25519 -out bad",
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out bad",
	};
	AUTO_KEY key = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		CHECK(shell(makers[i]) && chmod("bad", 0600) == 0);
		CHECK_FAILS(key_load("bad", NULL, &key, &err), &err, "not supported");
	}
}

static void certificates_of_openssl(void)
{
	AUTO_CERT der = NULL;
	AUTO_CERT pem = NULL;
	struct err err = ERR_INIT;
	const uint8_t *data;
	size_t len;

	CHECK(shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c.pem -subj '/O=ca'"
		    " -addext keyUsage=keyCertSign 2>/dev/null"
		    " && openssl x509 -in c.pem -outform DER -out c.der"));
	CHECK_OK(cert_load("c.pem", &pem, &err), &err);
	CHECK_OK(cert_load("c.der", &der, &err), &err);
	CHECK(cert_keyid(der) == cert_keyid(pem) && cert_is_ca(der) && !cert_may_sign_digests(der));
	cert_der(pem, &data, &len);
	CHECK(len > 500 && data[0] == 0x30);
	CHECK(shell("openssl req -x509 -key k -out plain.pem -subj '/CN=no key id'"
		    " -addext subjectKeyIdentifier=none -addext basicConstraints=CA:FALSE"));
	cert_free(take_ptr(&pem));
	CHECK_OK(cert_load("plain.pem", &pem, &err), &err);
	CHECK(cert_keyid(pem) == cert_keyid(der));
}

static void certificates_that_are_none(void)
{
	static uint8_t large[CERT_FILE_MAX + 1];
	AUTO_CERT cert = NULL;
	struct err err = ERR_INIT;

	CHECK_FAILS(cert_parse("", 0, &cert, &err), &err, "empty");
	CHECK_FAILS(cert_parse(large, sizeof(large), &cert, &err), &err, "larger than");
	CHECK_FAILS(cert_parse("junk", 4, &cert, &err), &err, "not an X.509 certificate");
	CHECK(shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout k -outform DER -out c.der"
		    " -subj '/CN=x' 2>/dev/null; cp c.der tail.der; echo >> tail.der;"
		    " head -c 100 c.der > cut.der; openssl genpkey -algorithm ed25519 -out e.key;"
		    " openssl req -x509 -key e.key -out e.pem -subj '/CN=e'"));
	CHECK_FAILS(cert_load("tail.der", &cert, &err), &err,
		    "certificate: tail.der: not an X.509");
	CHECK_FAILS(cert_load("cut.der", &cert, &err), &err, "not an X.509");
	CHECK_FAILS(cert_load("e.pem", &cert, &err), &err, "not supported");
	CHECK_FAILS(cert_load("missing.der", &cert, &err), &err, "No such file");
	cert_free(NULL);
	key_free(NULL);
	signer_free(NULL);
}

static void the_wrong_certificate(void)
{
	AUTO_KEY one = NULL;
	AUTO_KEY other = NULL;
	AUTO_CERT cert = NULL;
	struct err err = ERR_INIT;

	CHECK_OK(keygen_generate(KEYGEN_P256, &one, &err), &err);
	CHECK_OK(keygen_generate(KEYGEN_P256, &other, &err), &err);
	CHECK_OK(self_sign(one, &cert, &err), &err);
	CHECK_FAILS(key_matches(other, cert, &err), &err,
		    "the certificate CN=a host is of another key");
}

static void sets(void)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	const struct cert *cert;
	struct err err = ERR_INIT;
	size_t pos = 0;

	CHECK(!cert_set_find(&set, 0, &pos));
	CHECK(shell("mkdir d; for n in b a; do openssl req -x509 -newkey rsa:2048 -nodes -keyout k"
		    " -out d/$n.pem -subj /CN=$n 2>/dev/null; done; cp d/a.pem d/c.crt;"
		    " echo > d/notes; cp d/a.pem d/.hidden.pem"));
	CHECK_OK(cert_set_add_dir(&set, "d", &err), &err);
	CHECK(set.n == 3);
	CHECK_STR(cert_subject(set.cert[0]), "CN=a");
	CHECK_STR(cert_subject(set.cert[1]), "CN=b");
	cert = cert_set_find(&set, cert_keyid(set.cert[0]), &pos);
	CHECK(cert == set.cert[0] && pos == 1);
	CHECK(cert_set_find(&set, cert_keyid(cert), &pos) == set.cert[2]);
	CHECK(!cert_set_find(&set, cert_keyid(cert), &pos));
	CHECK_FAILS(cert_set_add_dir(&set, "missing", &err), &err, "certificates: missing");
	CHECK(shell("echo junk > d/bad.der"));
	CHECK_FAILS(cert_set_add_dir(&set, "d", &err), &err, "d/bad.der");
}

static void a_full_set(void)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	struct err err = ERR_INIT;

	CHECK(shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c.pem -subj /CN=x"
		    " 2>/dev/null"));
	for (int i = 0; i < CERT_SET_MAX; i++)
		CHECK_OK(cert_set_add_file(&set, "c.pem", &err), &err);
	CHECK_FAILS(cert_set_add_file(&set, "c.pem", &err), &err, "more than 64 certificates");
}

static void self_signed_names(void)
{
	AUTO_KEY key = NULL;
	AUTO_BUF der = BUF_INIT(TEXT_MAX);
	AUTO_BUF small = BUF_INIT(10);
	struct err err = ERR_INIT;
	char name[KEYGEN_NAME_MAX + 2];

	CHECK_OK(keygen_generate(KEYGEN_P256, &key, &err), &err);
	memset(name, 'n', sizeof(name));
	name[KEYGEN_NAME_MAX + 1] = '\0';
	CHECK(keygen_self_sign(key, name, 10, &der, &err) == -1);
	name[KEYGEN_NAME_MAX] = '\0';
	CHECK_OK(keygen_self_sign(key, name, 10, &der, &err), &err);
	CHECK(keygen_self_sign(key, "x", 10, &small, &err) == -1);
	CHECK(keygen_encode(key, NULL, &small, &err) == -1);
}

static const struct unit_case cases[] = {
	CASE(rsa2048),
	CASE(rsa3072),
	CASE(p256),
	CASE(p384),
	CASE(types_by_name),
	CASE(numbers_that_are_none),
	CASE(files_of_keys),
	CASE(other_stores),
	CASE(keys_of_others_are_refused),
	CASE(passphrases),
	CASE(key_types_that_ima_has_no_use_for),
	CASE(certificates_of_openssl),
	CASE(certificates_that_are_none),
	CASE(the_wrong_certificate),
	CASE(sets),
	CASE(a_full_set),
	CASE(self_signed_names),
	CASE_END,
};
UNIT_MAIN(cases)

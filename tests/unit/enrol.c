/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enrolment: what only the TPM of an EK can answer, and tokens that only their maker takes back. */
#include "attest/enrol.h"

#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "swtpm_process.h"
#include "tpm_vectors.h"
#include "unit.h"

#define CREDENTIAL_MAGIC 0xbadcc0deU /* of tpm2-tools' files */

static const uint8_t key[TOKEN_KEY_SIZE] = { 1, 2, 3 };
static const uint8_t other_key[TOKEN_KEY_SIZE] = { 1, 2, 4 };
static const uint8_t host[EVIDENCE_HOST_SIZE] = { 7 };
static const uint8_t other_host[EVIDENCE_HOST_SIZE] = { 8 };

static const uint8_t secret[EVIDENCE_SECRET_MAX] = "thirty-two bytes of a secret....";

static int load_public(const char *hex, struct tpm_public *ret_public, struct err *err)
{
	uint8_t raw[PUBLIC_MAX];
	size_t len = strlen(hex) / 2;

	if (hex_parse(hex, raw, len, err) < 0)
		return -1;
	return public_decode(raw, len, ret_public, err);
}

/* tpm2-tools write a TPM2B_PUBLIC. */
static int read_public(const char *path, struct tpm_public *ret_public, struct err *err)
{
	AUTO_BUF raw = BUF_INIT(PUBLIC_MAX + 2);

	if (io_read_file(path, &raw, err) < 0)
		return -1;
	return public_decode(raw.data + 2, raw.len - 2, ret_public, err);
}

/* A shell's words, with tpm2-tools for our TPM and nothing shown. */
static int sh(const char *words)
{
	char line[2048];

	(void)snprintf(
		line, sizeof(line),
		"exec >>log 2>&1; set -e; export TPM2TOOLS_TCTI=swtpm:path=s; F='tpm2_flushcontext "
		"-t'; %s",
		words);
	return system(line);
}

static bool have_tools(void)
{
	return system("command -v swtpm tpm2_activatecredential swtpm_setup >/dev/null") == 0;
}

static int write_credential(const struct credential *c, struct err *err)
{
	AUTO_BUF file = BUF_INIT(4096);

	if (buf_put_be32(&file, CREDENTIAL_MAGIC, err) < 0 || buf_put_be32(&file, 1, err) < 0 ||
	    buf_put(&file, c->blob.data, c->blob.len, err) < 0 ||
	    buf_put(&file, c->secret.data, c->secret.len, err) < 0)
		return -1;
	return io_replace_file("credential", &file, 0600, err);
}

#define ACTIVATE \
	"tpm2_startauthsession --policy-session -S session.ctx; " \
	"tpm2_policysecret -S session.ctx -c e; rm -f out; " \
	"r=0; tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o out -P " \
	"session:session.ctx || " \
	"r=1; $F; tpm2_flushcontext session.ctx; exit $r"

/* EK and AK in the TPM, of one kind. */
static int make_keys(const char *ek, const char *ak)
{
	char words[512];

	(void)snprintf(
		words, sizeof(words),
		"tpm2_createek -G %s -c ek.ctx -u ek.pub; $F; tpm2_createak -C ek.ctx -c ak.ctx "
		"%s -u ak.pub; $F; tpm2_createak -C ek.ctx -c ak2.ctx %s -u ak2.pub; $F",
		ek, ak, ak);
	return sh(words);
}

#define AK_RSA "-G rsa -g sha256 -s rsassa"
#define AK_ECC "-G ecc -g sha256 -s ecdsa"

static void cleanup_credential(struct credential *c)
{
	credential_done(c);
}
#define AUTO_CREDENTIAL CLEANUP(cleanup_credential) struct credential

/* An EK of the high range takes its password, which is empty, as well as a policy. */
#define ACTIVATE_HIGH \
	"rm -f out; tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o out; $F"

static void activates(const char *ek_kind, const char *ak_kind, const char *how)
{
	AUTO_CREDENTIAL credential = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_BUF out = BUF_INIT(64);
	struct tpm_public ek, ak;
	struct err err = ERR_INIT;

	CHECK(make_keys(ek_kind, ak_kind) == 0);
	CHECK_OK(read_public("ek.pub", &ek, &err), &err);
	CHECK_OK(read_public("ak.pub", &ak, &err), &err);
	CHECK_OK(public_check_ek(&ek, &err), &err);
	CHECK_OK(public_check_ak(&ak, &err), &err);
	CHECK_OK(credential_make(&ek, &ak, secret, &credential, &err), &err);
	CHECK_OK(write_credential(&credential, &err), &err);
	CHECK(sh(how) == 0);
	CHECK_OK(io_read_file("out", &out, &err), &err);
	CHECK(out.len == sizeof(secret));
	CHECK_MEM(out.data, secret, sizeof(secret));
}

static void a_tpm_with_an_rsa_ek_activates(void)
{
	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	activates("rsa", AK_ECC, ACTIVATE);
}

static void a_tpm_with_a_p256_ek_activates(void)
{
	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	activates("ecc", AK_RSA, ACTIVATE);
}

/* Name by SHA-384, AES-256: H-3 of the profile. */
static void a_tpm_with_a_p384_ek_activates(void)
{
	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	activates("ecc384", AK_ECC, ACTIVATE_HIGH);
}

/* For this key of the same TPM, and for no other; and not when it was changed on its way. */
static void for_another_key_it_does_not(void)
{
	AUTO_CREDENTIAL credential = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	AUTO_TPM_PROCESS pid = 0;
	struct tpm_public ek, ak2;
	struct err err = ERR_INIT;

	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	pid = tpm_process_start(".");
	CHECK(make_keys("rsa", AK_ECC) == 0);
	CHECK_OK(read_public("ek.pub", &ek, &err), &err);
	CHECK_OK(read_public("ak2.pub", &ak2, &err), &err);
	CHECK_OK(credential_make(&ek, &ak2, secret, &credential, &err), &err);
	CHECK_OK(write_credential(&credential, &err), &err);
	CHECK(sh(ACTIVATE) != 0);
	CHECK(sh("mv ak2.ctx ak.ctx") == 0);
	CHECK(sh(ACTIVATE) == 0);
	credential.blob.data[credential.blob.len - 1] ^= 1;
	CHECK_OK(write_credential(&credential, &err), &err);
	CHECK(sh(ACTIVATE) != 0);
}

/* An EK that is not this TPM's. */
static void for_another_ek_it_does_not(void)
{
	AUTO_CREDENTIAL credential = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	AUTO_TPM_PROCESS pid = 0;
	struct tpm_public ek, ak;
	struct err err = ERR_INIT;

	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	pid = tpm_process_start(".");
	CHECK(make_keys("rsa", AK_ECC) == 0);
	CHECK_OK(load_public(VECTOR_EK_RSA, &ek, &err), &err);
	CHECK_OK(read_public("ak.pub", &ak, &err), &err);
	CHECK_OK(credential_make(&ek, &ak, secret, &credential, &err), &err);
	CHECK_OK(write_credential(&credential, &err), &err);
	CHECK(sh(ACTIVATE) != 0);
}

#define SETUP \
	"mkdir ca cas; printf 'statedir = %s/ca\\nsigningkey = %s/ca/key.pem\\nissuercert = " \
	"%s/ca/cert.pem\\ncertserial = %s/ca/serial\\n' $PWD $PWD $PWD $PWD >ca.conf; printf " \
	"'create_certs_tool = %s\\ncreate_certs_tool_config = " \
	"%s/ca.conf\\ncreate_certs_tool_options = " \
	"%s\\n' $(command -v swtpm_localca) $PWD /etc/swtpm-localca.options >setup.conf; " \
	"swtpm_setup " \
	"--tpm2 --tpmstate $PWD --config $PWD/setup.conf --create-ek-cert --write-ek-cert-files " \
	"$PWD; " \
	"cp ca/cert.pem cas/"

static void cleanup_trust(struct ek_trust **trust)
{
	ek_trust_free(*trust);
	*trust = NULL;
}

/* As a machine comes from its maker: the certificate vouches for the key that the TPM makes. */
static void the_certificate_of_a_tpm_vouches_for_it(void)
{
	CLEANUP(cleanup_trust) struct ek_trust *trust = NULL;
	AUTO_BUF cert = BUF_INIT(EVIDENCE_CERT_MAX);
	AUTO_TPM_PROCESS pid = 0;
	struct err err = ERR_INIT;
	uint8_t by[EK_CA_SIZE];
	struct ek_claim claim;
	struct tpm_public ek;

	if (!have_tools())
		SKIP("swtpm or tpm2-tools is missing");
	CHECK(sh(SETUP) == 0);
	pid = tpm_process_start(".");
	CHECK(sh("tpm2_createek -G rsa -c ek.ctx -u ek.pub") == 0);
	CHECK_OK(read_public("ek.pub", &ek, &err), &err);
	CHECK_OK(io_read_file("ek-rsa2048.crt", &cert, &err), &err);
	CHECK_OK(ek_trust_load("cas", &trust, &err), &err);
	claim = (struct ek_claim){ cert.data, cert.len, &ek };
	CHECK_OK(ek_cert_verify(trust, &claim, time(NULL), by, &err), &err);
	CHECK_OK(load_public(VECTOR_EK_RSA, &ek, &err), &err);
	CHECK_FAILS(ek_cert_verify(trust, &claim, time(NULL), by, &err), &err, "another key's");
}

static void a_credential_is_never_twice_the_same(void)
{
	AUTO_CREDENTIAL a = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	AUTO_CREDENTIAL b = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	struct err err = ERR_INIT;
	struct tpm_public ek, ak;

	CHECK_OK(load_public(VECTOR_EK_ECC, &ek, &err), &err);
	CHECK_OK(load_public(VECTOR_AK_RSA, &ak, &err), &err);
	CHECK_OK(credential_make(&ek, &ak, secret, &a, &err), &err);
	CHECK_OK(credential_make(&ek, &ak, secret, &b, &err), &err);
	CHECK(a.blob.len == b.blob.len && a.secret.len == b.secret.len);
	CHECK(memcmp(a.blob.data, b.blob.data, a.blob.len) != 0);
	CHECK(memcmp(a.secret.data, b.secret.data, a.secret.len) != 0);
	CHECK(!memmem(a.blob.data, a.blob.len, secret, 8));
}

static void only_an_ek_gets_a_credential(void)
{
	AUTO_CREDENTIAL credential = { .blob = BUF_INIT(0), .secret = BUF_INIT(0) };
	struct err err = ERR_INIT;
	struct tpm_public ak;

	CHECK_OK(load_public(VECTOR_AK_RSA, &ak, &err), &err);
	CHECK_FAILS(credential_make(&ak, &ak, secret, &credential, &err), &err,
		    "not an endorsement key");
	CHECK(credential.blob.len == 0);
}

static void a_host_is_named_by_its_ek(void)
{
	uint8_t first[EVIDENCE_HOST_SIZE], second[EVIDENCE_HOST_SIZE];
	struct tpm_public ek = { .name_len = 0 };
	struct err err = ERR_INIT;

	CHECK_FAILS(enrol_host_id(&ek, first, &err), &err, "without a name");
	CHECK_OK(load_public(VECTOR_EK_RSA, &ek, &err), &err);
	CHECK_OK(enrol_host_id(&ek, first, &err), &err);
	CHECK_OK(load_public(VECTOR_EK_ECC, &ek, &err), &err);
	CHECK_OK(enrol_host_id(&ek, second, &err), &err);
	CHECK(memcmp(first, second, sizeof(first)) != 0);
}

/* Nonces. */
static const struct nonce_times early = { .order = 1, .made = 1 };

static void a_nonce_comes_back_with_its_times(void)
{
	const struct nonce_times now = { .order = 1700000000123457, .made = 1700000000123456 };
	const struct nonce_times before = { .order = 1, .made = -1 };
	uint8_t nonce[NONCE_SIZE], again[NONCE_SIZE];
	struct nonce_times times = { .made = 0 };
	struct err err = ERR_INIT;

	CHECK_OK(nonce_make(key, host, &now, nonce, &err), &err);
	CHECK_OK(nonce_open(key, host, nonce, sizeof(nonce), &times, &err), &err);
	CHECK(times.order == now.order && times.made == now.made);
	CHECK_OK(nonce_make(key, host, &now, again, &err), &err);
	CHECK(memcmp(nonce, again, sizeof(nonce)) != 0);
	CHECK_FAILS(nonce_make(key, host, &before, again, &err), &err, "1970");
}

static void a_nonce_of_another_host(void)
{
	uint8_t nonce[NONCE_SIZE];
	struct err err = ERR_INIT;
	struct nonce_times times = { .made = 5 };

	CHECK_OK(nonce_make(key, host, &early, nonce, &err), &err);
	CHECK_FAILS(nonce_open(key, other_host, nonce, sizeof(nonce), &times, &err), &err,
		    "not ours, or another host's");
	CHECK(times.made == 5);
}

static void a_nonce_of_another_verifier(void)
{
	uint8_t nonce[NONCE_SIZE];
	struct err err = ERR_INIT;
	struct nonce_times times;

	CHECK_OK(nonce_make(other_key, host, &early, nonce, &err), &err);
	CHECK_FAILS(nonce_open(key, host, nonce, sizeof(nonce), &times, &err), &err, "not ours");
}

/* A later time, to use it again, is one of them. */
static void any_bit_of_a_nonce(void)
{
	uint8_t nonce[NONCE_SIZE];
	struct err err = ERR_INIT;
	struct nonce_times times;

	CHECK_OK(nonce_make(key, host, &early, nonce, &err), &err);
	for (size_t bit = 0; bit < 8 * sizeof(nonce); bit++) {
		nonce[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_FAILS(nonce_open(key, host, nonce, sizeof(nonce), &times, &err), &err,
			    "not ours");
		nonce[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void a_nonce_of_another_size(void)
{
	uint8_t nonce[NONCE_SIZE + 1] = { 0 };
	struct err err = ERR_INIT;
	struct nonce_times times;

	CHECK_OK(nonce_make(key, host, &early, nonce, &err), &err);
	for (size_t len = 0; len <= sizeof(nonce); len++)
		if (len != NONCE_SIZE)
			CHECK_FAILS(nonce_open(key, host, nonce, len, &times, &err), &err,
				    "not 56 bytes");
	CHECK_FAILS(nonce_open(key, host, NULL, 0, &times, &err), &err, "not 56 bytes");
}

/* Challenges. */
static void fill(struct challenge *c)
{
	*c = (struct challenge){ .time = 1700000000, .certified = true, .ak_len = 280 };
	memset(c->ca, 0xca, sizeof(c->ca));
	memcpy(c->host, host, sizeof(host));
	memcpy(c->secret, secret, sizeof(secret));
	(void)snprintf(c->name, sizeof(c->name), "host.example");
	memset(c->ak, 0xab, c->ak_len);
}

static void a_challenge_comes_back_as_it_was(void)
{
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct err err = ERR_INIT;
	struct challenge in, back;

	fill(&in);
	CHECK_OK(challenge_seal(key, &in, &token, &err), &err);
	CHECK_OK(challenge_open(key, token.data, token.len, &back, &err), &err);
	CHECK(back.time == in.time && back.certified && back.ak_len == in.ak_len);
	CHECK_MEM(back.host, in.host, sizeof(in.host));
	CHECK_MEM(back.ca, in.ca, sizeof(in.ca));
	CHECK_MEM(back.secret, in.secret, sizeof(in.secret));
	CHECK_MEM(back.ak, in.ak, in.ak_len);
	CHECK_STR(back.name, in.name);
	CHECK(!memmem(token.data, token.len, secret, 8) &&
	      !memmem(token.data, token.len, "host", 4));
}

static void a_challenge_of_another_verifier(void)
{
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct err err = ERR_INIT;
	struct challenge c;

	fill(&c);
	CHECK_OK(challenge_seal(other_key, &c, &token, &err), &err);
	CHECK_FAILS(challenge_open(key, token.data, token.len, &c, &err), &err,
		    "challenge: not ours");
}

static void any_bit_of_a_challenge(void)
{
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct err err = ERR_INIT;
	struct challenge c;

	fill(&c);
	CHECK_OK(challenge_seal(key, &c, &token, &err), &err);
	for (size_t bit = 0; bit < 8 * token.len; bit++) {
		token.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_FAILS(challenge_open(key, token.data, token.len, &c, &err), &err, "not ours");
		token.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void a_challenge_cut_short(void)
{
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct err err = ERR_INIT;
	struct challenge c;

	fill(&c);
	CHECK_OK(challenge_seal(key, &c, &token, &err), &err);
	for (size_t len = 0; len < token.len; len++)
		CHECK_FAILS(challenge_open(key, token.data, len, &c, &err), &err, "not ours");
}

static void a_nonce_is_no_challenge(void)
{
	uint8_t nonce[NONCE_SIZE];
	struct err err = ERR_INIT;
	struct challenge c;

	CHECK_OK(nonce_make(key, host, &early, nonce, &err), &err);
	CHECK_FAILS(challenge_open(key, nonce, sizeof(nonce), &c, &err), &err, "not ours");
}

static void a_challenge_fits_its_message(void)
{
	AUTO_BUF token = BUF_INIT(EVIDENCE_CHALLENGE_MAX);
	struct err err = ERR_INIT;
	struct challenge c, back;

	/* RSA-4096 and the longest name */
	fill(&c);
	c.ak_len = 24 + PUBLIC_RSA_MAX;
	memset(c.name, 'n', sizeof(c.name) - 1);
	CHECK_OK(challenge_seal(key, &c, &token, &err), &err);
	CHECK_OK(challenge_open(key, token.data, token.len, &back, &err), &err);
	CHECK_STR(back.name, c.name);
	c.ak_len = PUBLIC_MAX;
	CHECK_FAILS(challenge_seal(key, &c, &token, &err), &err, "too large");
	c.ak_len = PUBLIC_MAX + 1;
	CHECK_FAILS(challenge_seal(key, &c, &token, &err), &err, "too long");
}

static const struct unit_case cases[] = {
	CASE(a_tpm_with_an_rsa_ek_activates),
	CASE(a_tpm_with_a_p256_ek_activates),
	CASE(a_tpm_with_a_p384_ek_activates),
	CASE(for_another_key_it_does_not),
	CASE(for_another_ek_it_does_not),
	CASE(the_certificate_of_a_tpm_vouches_for_it),
	CASE(a_credential_is_never_twice_the_same),
	CASE(only_an_ek_gets_a_credential),
	CASE(a_host_is_named_by_its_ek),
	CASE(a_nonce_comes_back_with_its_times),
	CASE(a_nonce_of_another_host),
	CASE(a_nonce_of_another_verifier),
	CASE(any_bit_of_a_nonce),
	CASE(a_nonce_of_another_size),
	CASE(a_challenge_comes_back_as_it_was),
	CASE(a_challenge_of_another_verifier),
	CASE(any_bit_of_a_challenge),
	CASE(a_challenge_cut_short),
	CASE(a_nonce_is_no_challenge),
	CASE(a_challenge_fits_its_message),
	CASE_END,
};
UNIT_MAIN(cases)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EK certificates (TCG EK Credential Profile 2.5, 3.2), and the host that an EK stands for. */
#include <stdlib.h>
#include <string.h>

#include "attest/enrol.h"
#include "crypto/chain.h"
#include "crypto/pubkey.h"

#define USAGE_EK "2.23.133.8.1" /* tcg-kp-EKCertificate */

struct ek_trust {
	struct chain *chain;
};

static void cleanup_pubkey(struct pubkey **key)
{
	pubkey_free(*key);
	*key = NULL;
}

static void cleanup_cert(struct cert **cert)
{
	cert_free(*cert);
	*cert = NULL;
}

void ek_trust_free(struct ek_trust *trust)
{
	if (!trust)
		return;
	chain_free(trust->chain);
	free(trust);
}

int ek_trust_load(const char *dir, struct ek_trust **ret_trust, struct err *err)
{
	struct ek_trust *trust = calloc(1, sizeof(*trust));

	if (!trust)
		return err_set(err, "out of memory");
	if (chain_load(dir, &trust->chain, err) < 0) {
		ek_trust_free(trust);
		return err_prepend(err, "CAs of endorsement keys");
	}
	*ret_trust = trust;
	return 0;
}

_Static_assert(EK_CA_SIZE == CHAIN_ID_SIZE, "a CA has one name");

bool ek_trust_holds(const struct ek_trust *trust, const uint8_t ca[static EK_CA_SIZE])
{
	return chain_holds(trust->chain, ca);
}

static int check(const struct cert *cert, const struct pubkey *key, struct err *err)
{
	if (pubkey_matches(key, cert, err) < 0)
		return -1;
	if (cert_is_ca(cert))
		return err_set(err, "that of a CA");
	if (!chain_has_usage(cert, USAGE_EK))
		return err_set(err, "not made for an endorsement key (no usage " USAGE_EK ")");
	return 0;
}

int ek_cert_verify(const struct ek_trust *trust, const struct ek_claim *claim, int64_t now,
		   uint8_t ret_ca[static EK_CA_SIZE], struct err *err)
{
	CLEANUP(cleanup_pubkey) struct pubkey *key = NULL;
	CLEANUP(cleanup_cert) struct cert *parsed = NULL;

	if (claim->len == 0 || claim->len > EVIDENCE_CERT_MAX)
		return err_set(err, "EK certificate: %s",
			       claim->len ? "larger than any" : "there is none");
	if (public_check_ek(claim->ek, err) < 0 || ek_check_template(claim->ek, err) < 0 ||
	    public_key(claim->ek, &key, err) < 0 ||
	    cert_parse_ek(claim->cert, claim->len, &parsed, err) < 0 ||
	    check(parsed, key, err) < 0 || chain_verify(trust->chain, parsed, now, ret_ca, err) < 0)
		return err_prepend(err, "EK certificate");
	return 0;
}

int enrol_host_id(const struct tpm_public *ek, uint8_t ret_host[static EVIDENCE_HOST_SIZE],
		  struct err *err)
{
	struct digest digest;

	if (ek->name_len == 0)
		return err_set(err, "host: a key without a name");
	if (hash_bytes(HASH_SHA256, ek->name, ek->name_len, &digest, err) < 0)
		return -1;
	memcpy(ret_host, digest.data, EVIDENCE_HOST_SIZE);
	return 0;
}

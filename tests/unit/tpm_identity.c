/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys by which a TPM is known, quotes and the clock, of a software TPM. */
#include "tpm/identity.h"

#include <stdlib.h>

#include "tpm/clock.h"
#include "tpm/keys.h"
#include "tpm/quote.h"
#include "unit/known_host.h"
#include "unit/unit.h"

static bool same_key(const struct identity_key *a, const struct identity_key *b)
{
	return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0 &&
	       a->area_len == b->area_len && memcmp(a->area, b->area, a->area_len) == 0;
}

static void the_key_is_kept_and_the_same_when_made_anew(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	struct identity_key made;
	{
		AUTO_IDENTITY identity = NULL;

		CHECK_OK(tpm_identity_open(&identity, &err), &err);
		CHECK_OK(tpm_identity_load_ak(identity, false, &err), &err);
		made = *tpm_identity_ak(identity);
		CHECK(made.handle == 0 && made.name_len == 34 && made.area_len > 64);
		CHECK_OK(tpm_identity_load_ak(identity, true, &err), &err);
		CHECK(tpm_identity_ak(identity)->handle == IDENTITY_AK_HANDLE);
		CHECK(same_key(tpm_identity_ak(identity), &made));
	}
	{
		AUTO_IDENTITY identity = NULL;

		CHECK_OK(tpm_identity_open(&identity, &err), &err);
		CHECK_OK(tpm_identity_load_ak(identity, false, &err), &err);
		CHECK(tpm_identity_ak(identity)->handle == IDENTITY_AK_HANDLE);
		CHECK(same_key(tpm_identity_ak(identity), &made));
	}
}

static void the_template_is_an_attestation_keys(void)
{
	TPM2B_PUBLIC ecc, rsa;
	TPMA_OBJECT want = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			   TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_RESTRICTED |
			   TPMA_OBJECT_SIGN_ENCRYPT;

	ak_template_p256(&ecc);
	ak_template_rsa(&rsa);
	CHECK((ecc.publicArea.objectAttributes & want) == want);
	CHECK((rsa.publicArea.objectAttributes & want) == want);
	CHECK(!(ecc.publicArea.objectAttributes & TPMA_OBJECT_DECRYPT));
	CHECK(!(rsa.publicArea.objectAttributes & TPMA_OBJECT_DECRYPT));
	CHECK(tpm_key_fits(&ecc, &ecc) && !tpm_key_fits(&ecc, &rsa));
	rsa.publicArea.unique.rsa.buffer[3] ^= 1;
	{
		TPM2B_PUBLIC other = rsa;

		other.publicArea.unique.rsa.buffer[0] ^= 1;
		CHECK(tpm_key_fits(&other, &rsa));
		other.publicArea.objectAttributes ^= TPMA_OBJECT_RESTRICTED;
		CHECK(!tpm_key_fits(&other, &rsa));
	}
}

/* An endorsement key stands where ours should. */
static void another_kind_of_key_is_refused(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	struct err err = ERR_INIT;
	ESYS_TR kept;

	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK_OK(tpm_identity_load_ek(identity, &err), &err);
	CHECK(Esys_EvictControl(identity->ctx.esys, ESYS_TR_RH_OWNER, identity->ek.tr,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, IDENTITY_AK_HANDLE,
				&kept) == TSS2_RC_SUCCESS);
	CHECK_FAILS(tpm_identity_load_ak(identity, true, &err), &err,
		    "attestation key: the TPM's handle 0x81024153 holds something else");
	CHECK(tpm_identity_ak(identity)->area_len == 0);
}

static void without_the_curve_keys_are_rsa(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	struct err err = ERR_INIT;
	struct tpm_quote *quote = calloc(1, sizeof(*quote));

	device.no_ecc = true;
	identity = open_both(&err);
	device.no_ecc = false;
	CHECK_STR(err.text, "");
	CHECK(identity && quote);
	CHECK(identity->ak.public.publicArea.type == TPM2_ALG_RSA);
	CHECK(identity->ek.public.publicArea.type == TPM2_ALG_RSA);
	CHECK_OK(tpm_quote_make(identity, NONCE, strlen(NONCE), quote, &err), &err);
	CHECK(quote->sig[1] == TPM2_ALG_RSASSA);
	free(quote);
}

static void the_endorsement_key_is_found_where_it_is_kept(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	struct err err = ERR_INIT;
	struct identity_key made;
	ESYS_TR kept;

	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK_OK(tpm_identity_load_ek(identity, &err), &err);
	made = *tpm_identity_ek(identity);
	CHECK(made.handle == 0 && tpm_identity_cert(identity)->len == 0);
	CHECK(Esys_EvictControl(identity->ctx.esys, ESYS_TR_RH_OWNER, identity->ek.tr,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				ek_slots[EK_SLOT_P256].handle, &kept) == TSS2_RC_SUCCESS);
	CHECK_OK(tpm_identity_load_ek(identity, &err), &err);
	CHECK(tpm_identity_ek(identity)->handle == ek_slots[EK_SLOT_P256].handle);
	CHECK(same_key(tpm_identity_ek(identity), &made));
}

/* Defines and writes an NV index of this size; the bytes may be fewer. */
static int write_nv(ESYS_CONTEXT *esys, TPM2_HANDLE index, UINT16 size, const void *data,
		    UINT16 len)
{
	TPM2B_NV_PUBLIC public = { .nvPublic = { .nvIndex = index,
						 .nameAlg = TPM2_ALG_SHA256,
						 .attributes = TPMA_NV_OWNERWRITE |
							       TPMA_NV_OWNERREAD |
							       TPMA_NV_AUTHREAD | TPMA_NV_NO_DA,
						 .dataSize = size } };
	TPM2B_MAX_NV_BUFFER buffer = { .size = len };
	TPM2B_AUTH none = { .size = 0 };
	ESYS_TR tr;

	memcpy(buffer.buffer, data, len);
	if (Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &none, &public, &tr) != TSS2_RC_SUCCESS)
		return -1;
	if (len && Esys_NV_Write(esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				 ESYS_TR_NONE, &buffer, 0) != TSS2_RC_SUCCESS)
		return -1;
	return Esys_TR_Close(esys, &tr) == TSS2_RC_SUCCESS ? 0 : -1;
}

/* A certificate of 900 bytes in an index of 1000, of the second slot; an empty one of the first. */
static void the_certificate_decides_the_template(void)
{
	static uint8_t cert[900] = { 0x30, 0x82, 0x03, 0x80 };
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	struct err err = ERR_INIT;

	memset(cert + 4, 0xa5, sizeof(cert) - 4);
	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK(write_nv(identity->ctx.esys, ek_slots[0].cert, 700, "", 0) == 0);
	CHECK(write_nv(identity->ctx.esys, 0x01c00014, 1000, cert, sizeof(cert)) == 0);
	CHECK_OK(tpm_identity_load_ek(identity, &err), &err);
	CHECK(tpm_identity_cert(identity)->len == sizeof(cert));
	CHECK_MEM(tpm_identity_cert(identity)->data, cert, sizeof(cert));
	CHECK(identity->ek.public.publicArea.type == TPM2_ALG_ECC);
	CHECK(identity->ek_by_password);
}

static void what_is_no_certificate_is_refused(void)
{
	static const uint8_t bad[][5] = { { 0x31, 0x82, 0, 1, 0 },
					  { 0x30, 0x82, 0, 2, 0 },
					  { 0x30, 3, 0, 0, 0 } };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_TPM_PROCESS pid = tpm_process_start(".");
		AUTO_IDENTITY identity = NULL;
		TPM2_HANDLE index = ek_slots[i].cert;

		CHECK_OK(tpm_identity_open(&identity, &err), &err);
		CHECK(write_nv(identity->ctx.esys, index, 5, bad[i], 5) == 0);
		CHECK_FAILS(tpm_identity_load_ek(identity, &err), &err,
			    "endorsement key: NV index 0x01c000");
		CHECK(tpm_identity_ek(identity)->area_len == 0);
	}
}

/* What the TPM itself makes for the two keys of this identity. */
static int make_credential(struct tpm_identity *identity, const char *secret, uint8_t *ret_blob,
			   struct identity_credential *ret_credential)
{
	TPM2B_DIGEST in = { .size = (UINT16)strlen(secret) };
	TPM2B_NAME name = { .size = (UINT16)identity->ak.id.name_len };
	TPM2B_ID_OBJECT *blob = NULL;
	TPM2B_ENCRYPTED_SECRET *sealed = NULL;

	memcpy(in.buffer, secret, in.size);
	memcpy(name.name, identity->ak.id.name, name.size);
	if (Esys_MakeCredential(identity->ctx.esys, identity->ek.tr, ESYS_TR_NONE, ESYS_TR_NONE,
				ESYS_TR_NONE, &in, &name, &blob, &sealed) != TSS2_RC_SUCCESS)
		return -1;
	ret_blob[0] = (uint8_t)(blob->size >> 8);
	ret_blob[1] = (uint8_t)blob->size;
	memcpy(ret_blob + 2, blob->credential, blob->size);
	ret_credential->credential = ret_blob;
	ret_credential->credential_len = 2U + blob->size;
	ret_blob += ret_credential->credential_len;
	ret_blob[0] = (uint8_t)(sealed->size >> 8);
	ret_blob[1] = (uint8_t)sealed->size;
	memcpy(ret_blob + 2, sealed->secret, sealed->size);
	ret_credential->secret = ret_blob;
	ret_credential->secret_len = 2U + sealed->size;
	Esys_Free(blob);
	Esys_Free(sealed);
	return 0;
}

/* The slot's certificate is there, so that it is taken. */
static void check_activation(size_t slot)
{
	static const uint8_t cert[] = { 0x30, 0x82, 0, 1, 0 };
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	struct identity_credential credential;
	uint8_t secret[IDENTITY_SECRET_MAX];
	uint8_t bytes[2048];
	struct err err = ERR_INIT;
	size_t len = 0;

	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK(write_nv(identity->ctx.esys, ek_slots[slot].cert, 5, cert, 5) == 0);
	CHECK_OK(tpm_identity_load_ak(identity, true, &err), &err);
	CHECK_OK(tpm_identity_load_ek(identity, &err), &err);
	CHECK(make_credential(identity, "what the verifier chose", bytes, &credential) == 0);
	CHECK_OK(tpm_identity_activate(identity, &credential, secret, &len, &err), &err);
	CHECK(len == 23);
	CHECK_MEM(secret, "what the verifier chose", len);
	bytes[10] ^= 1;
	CHECK_FAILS(tpm_identity_activate(identity, &credential, secret, &len, &err), &err,
		    "activate the credential");
	bytes[10] ^= 1;
	credential.credential_len--;
	CHECK_FAILS(tpm_identity_activate(identity, &credential, secret, &len, &err), &err,
		    "is no TPM2B_ID_OBJECT");
	credential.credential_len++;
	credential.secret_len--;
	CHECK_FAILS(tpm_identity_activate(identity, &credential, secret, &len, &err), &err,
		    "is no TPM2B_ENCRYPTED_SECRET");
}

static void a_credential_is_activated_by_policy(void)
{
	check_activation(EK_SLOT_P256);
}

static void a_credential_is_activated_by_an_rsa_key(void)
{
	check_activation(EK_SLOT_RSA);
}

static void a_credential_is_activated_by_password(void)
{
	check_activation(4);
}

static void a_credential_is_activated_by_every_template(void)
{
	for (size_t slot = 0; slot < n_ek_slots; slot++)
		check_activation(slot);
}

/* One that names another key is not. */
static void a_credential_of_another_key_is_refused(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	struct err err = ERR_INIT;
	AUTO_IDENTITY identity = open_both(&err);
	struct identity_credential credential;
	uint8_t secret[IDENTITY_SECRET_MAX];
	uint8_t bytes[2048];
	size_t len = 0;

	CHECK(identity);
	identity->ak.id.name[5] ^= 1;
	CHECK(make_credential(identity, "secret", bytes, &credential) == 0);
	identity->ak.id.name[5] ^= 1;
	CHECK_FAILS(tpm_identity_activate(identity, &credential, secret, &len, &err), &err,
		    "activate the credential: ");
	CHECK(len == 0);
}

static void no_tpm_is_said(void)
{
	struct tpm_identity *identity = NULL;
	struct err err = ERR_INIT;

	device.absent = true;
	CHECK_FAILS(tpm_identity_open(&identity, &err), &err,
		    "/dev/tpmrm0: is not there: this host has no TPM 2.0");
	device.absent = false;
	CHECK_FAILS(tpm_identity_open(&identity, &err), &err, "the device does not answer");
	CHECK(!identity);
	tpm_identity_free(identity);
}

/* It is the same key, made again by whoever needs it. */
static void an_owner_with_a_password_keeps_no_key(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	const TPM2B_AUTH password = { .size = 3, .buffer = "abc" };
	struct identity_key made;
	struct err err = ERR_INIT;

	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK(Esys_HierarchyChangeAuth(identity->ctx.esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, &password) == TSS2_RC_SUCCESS);
	CHECK(Esys_TR_SetAuth(identity->ctx.esys, ESYS_TR_RH_OWNER, NULL) == TSS2_RC_SUCCESS);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(tpm_identity_load_ak(identity, true, &err), &err);
		CHECK(tpm_identity_ak(identity)->handle == 0);
		CHECK(i == 0 || same_key(tpm_identity_ak(identity), &made));
		made = *tpm_identity_ak(identity);
	}
}

static void a_password_of_the_endorsement_hierarchy_is_said(void)
{
	AUTO_TPM_PROCESS pid = tpm_process_start(".");
	AUTO_IDENTITY identity = NULL;
	const TPM2B_AUTH password = { .size = 3, .buffer = "abc" };
	struct err err = ERR_INIT;

	CHECK_OK(tpm_identity_open(&identity, &err), &err);
	CHECK(Esys_HierarchyChangeAuth(identity->ctx.esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, &password) == TSS2_RC_SUCCESS);
	CHECK(Esys_TR_SetAuth(identity->ctx.esys, ESYS_TR_RH_ENDORSEMENT, NULL) == TSS2_RC_SUCCESS);
	CHECK_FAILS(tpm_identity_load_ak(identity, false, &err), &err,
		    "attestation key: make: the TPM wants a password");
	CHECK_FAILS(tpm_identity_load_ek(identity, &err), &err,
		    "endorsement key: template L-2: make: the TPM wants a password");
}

/* All that a host does with its TPM; -1: some of it failed. */
static int everything(struct tpm_quote *quote, struct err *err)
{
	AUTO_IDENTITY identity = open_both(err);
	struct identity_credential credential;
	uint8_t secret[IDENTITY_SECRET_MAX];
	uint8_t bytes[2048];
	struct tpm_clock now;
	size_t len;

	if (!identity || make_credential(identity, "secret", bytes, &credential) < 0)
		return -1;
	return tpm_identity_activate(identity, &credential, secret, &len, err) < 0 ||
			       tpm_quote_make(identity, NONCE, strlen(NONCE), quote, err) < 0 ||
			       tpm_clock_read(identity, &now, err) < 0
		       ? -1
		       : 0;
}

/* No command may be lost and all still be said to be well. */
static void every_command_that_is_lost_is_noticed(void)
{
	AUTO_MEM struct tpm_quote *quote = calloc(1, sizeof(*quote));
	struct err err = ERR_INIT;
	unsigned int failures = 0;
	unsigned int all;

	{
		AUTO_TPM_PROCESS pid = tpm_process_start(".");

		device.fail_after = UINT32_MAX;
		device.sent = 0;
		CHECK(quote && everything(quote, &err) == 0);
		all = device.sent;
	}
	/* The last three flush what was made. */
	for (device.fail_after = 1; device.fail_after < all - 3; device.fail_after++, failures++) {
		AUTO_TPM_PROCESS pid = tpm_process_start(".");

		device.sent = 0;
		CHECK(everything(quote, &err) == -1);
	}
	device.fail_after = 0;
	CHECK(failures > 10);
}

static const struct unit_case cases[] = {
	CASE(the_key_is_kept_and_the_same_when_made_anew),
	CASE(the_template_is_an_attestation_keys),
	CASE(another_kind_of_key_is_refused),
	CASE(without_the_curve_keys_are_rsa),
	CASE(the_endorsement_key_is_found_where_it_is_kept),
	CASE(the_certificate_decides_the_template),
	CASE(what_is_no_certificate_is_refused),
	CASE(a_credential_is_activated_by_policy),
	CASE(a_credential_is_activated_by_an_rsa_key),
	CASE(a_credential_is_activated_by_password),
	CASE(a_credential_is_activated_by_every_template),
	CASE(a_credential_of_another_key_is_refused),
	CASE(no_tpm_is_said),
	CASE(an_owner_with_a_password_keeps_no_key),
	CASE(a_password_of_the_endorsement_hierarchy_is_said),
	CASE(every_command_that_is_lost_is_noticed),
	CASE_END,
};
UNIT_MAIN(cases)

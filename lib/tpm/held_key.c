/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signing key that never leaves the TPM. */
#include <string.h>

#include "tpm/object.h"

#define AUTH_DOMAIN "assay-lock authority 1"
#define PASSPHRASE_MAX_BYTES 1024
#define POINT_BYTES 32

/* An authValue is as long as the nameAlg's digest at most (part 1, 19.6.4.3): a passphrase is
 * hashed. */
static int make_auth(const char *passphrase, TPM2B_AUTH *ret_auth, struct err *err)
{
	CLEANUP(buf_wipe)
	struct buf b = BUF_INIT(PASSPHRASE_MAX_BYTES + sizeof(AUTH_DOMAIN));
	struct digest d;

	ret_auth->size = 0;
	if (!*passphrase)
		return 0;
	if (buf_put(&b, AUTH_DOMAIN, sizeof(AUTH_DOMAIN), err) < 0 ||
	    buf_put(&b, passphrase, strlen(passphrase), err) < 0 ||
	    hash_bytes(HASH_SHA256, b.data, b.len, &d, err) < 0)
		return -1;
	memcpy(ret_auth->buffer, d.data, d.len);
	ret_auth->size = (UINT16)d.len;
	/* The TPM drops trailing zeroes of it, and so must we: part 1, 19.6.4.3. */
	while (ret_auth->size && ret_auth->buffer[ret_auth->size - 1] == 0)
		ret_auth->size--;
	explicit_bzero(&d, sizeof(d));
	return 0;
}

static void signing_template(bool with_auth, TPM2B_PUBLIC *ret_template)
{
	TPMS_ECC_PARMS *ecc = &ret_template->publicArea.parameters.eccDetail;

	memset(ret_template, 0, sizeof(*ret_template));
	ret_template->publicArea.type = TPM2_ALG_ECC;
	ret_template->publicArea.nameAlg = TPM2_ALG_SHA256;
	ret_template->publicArea.objectAttributes =
		TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT |
		(with_auth ? 0 : TPMA_OBJECT_NODA);
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_ECDSA;
	ecc->scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

static int make_in(ESYS_CONTEXT *esys, ESYS_TR primary, const char *auth,
		   struct tpm_held_key *ret_key, struct err *err)
{
	TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	TPM2B_PUBLIC template;
	int rc;

	if (make_auth(auth, &sensitive.sensitive.userAuth, err) < 0)
		return -1;
	signing_template(*auth != '\0', &template);
	rc = tpm_object_create(&(struct tpm_new){ esys, primary, &template, &sensitive },
			       &ret_key->object, err);
	explicit_bzero(&sensitive, sizeof(sensitive));
	if (rc < 0)
		return -1;
	return tpm_authority_decode(ret_key->object.public, ret_key->object.public_len,
				    &ret_key->authority, err);
}

int tpm_held_key_make(const char *auth, struct tpm_held_key *ret_key, struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	ESYS_TR primary = ESYS_TR_NONE;
	bool there = false;
	int rc;

	if (tpm_ctx_open(&ctx, err) < 0 ||
	    tpm_primary_open(ctx.esys, NULL, &primary, &there, err) < 0)
		return err_prepend(err, "authority");
	rc = make_in(ctx.esys, primary, auth, ret_key, err);
	tpm_flush(ctx.esys, &primary);
	return rc < 0 ? err_prepend(err, "authority") : 0;
}

static int sign_failed(struct err *err, TSS2_RC rc)
{
	if (tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) || tpm_rc_is(rc, TPM2_RC_BAD_AUTH))
		return err_set(err, "sign: the passphrase is not the key's [0x%08x]", rc);
	return tpm_fail(err, "sign", rc);
}

static int take_sig(const TPMT_SIGNATURE *sig, struct key_sig *ret_sig, struct err *err)
{
	const TPM2B_ECC_PARAMETER *r = &sig->signature.ecdsa.signatureR;
	const TPM2B_ECC_PARAMETER *s = &sig->signature.ecdsa.signatureS;

	if (sig->sigAlg != TPM2_ALG_ECDSA || r->size > POINT_BYTES || s->size > POINT_BYTES)
		return err_set(err, "sign: the TPM's signature is none of P-256");
	memset(ret_sig->data, 0, 2 * POINT_BYTES);
	memcpy(ret_sig->data + POINT_BYTES - r->size, r->buffer, r->size);
	memcpy(ret_sig->data + 2 * POINT_BYTES - s->size, s->buffer, s->size);
	ret_sig->len = 2 * POINT_BYTES;
	return 0;
}

struct signing {
	ESYS_CONTEXT *esys;
	ESYS_TR primary;
	ESYS_TR session;
	ESYS_TR key;
};

static void signing_done(struct signing *s)
{
	if (!s->esys)
		return;
	tpm_flush(s->esys, &s->key);
	tpm_flush(s->esys, &s->session);
	tpm_flush(s->esys, &s->primary);
}

static int sign_in(struct signing *s, const TPM2B_AUTH *auth, const uint8_t *digest,
		   struct key_sig *ret_sig, struct err *err)
{
	static const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK,
						     .hierarchy = TPM2_RH_NULL };
	static const TPMT_SIG_SCHEME its_own = { .scheme = TPM2_ALG_NULL };
	AUTO_ESYS TPMT_SIGNATURE *sig = NULL;
	TPM2B_DIGEST d = { .size = TPM_DIGEST_SIZE };
	TSS2_RC rc = Esys_TR_SetAuth(s->esys, s->key, auth);

	memcpy(d.buffer, digest, TPM_DIGEST_SIZE);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Sign(s->esys, s->key, s->session, ESYS_TR_NONE, ESYS_TR_NONE, &d,
			       &its_own, &no_ticket, &sig);
	return rc == TSS2_RC_SUCCESS ? take_sig(sig, ret_sig, err) : sign_failed(err, rc);
}

int tpm_held_key_sign(const struct tpm_held_key *key, const char *auth,
		      const uint8_t digest[static TPM_DIGEST_SIZE], struct key_sig *ret_sig,
		      struct err *err)
{
	AUTO_TPM ctx = TPM_CTX_INIT;
	CLEANUP(signing_done)
	struct signing s = { .primary = ESYS_TR_NONE,
			     .session = ESYS_TR_NONE,
			     .key = ESYS_TR_NONE };
	TPM2B_AUTH secret = { .size = 0 };
	bool there = false;
	TSS2_RC rc;
	int done;

	if (tpm_ctx_open(&ctx, err) < 0)
		return -1;
	s.esys = ctx.esys;
	if (tpm_primary_open(s.esys, key->object.parent, &s.primary, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err,
			       "authority: its key is in another TPM, or this one was cleared");
	if (tpm_session_start(s.esys, s.primary, TPM2_SE_HMAC, &s.session, err) < 0)
		return -1;
	rc = tpm_object_load(s.esys, s.primary, s.session, &key->object, &s.key);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "authority: load the key", rc);
	if (make_auth(auth, &secret, err) < 0)
		return -1;
	done = sign_in(&s, &secret, digest, ret_sig, err);
	explicit_bzero(&secret, sizeof(secret));
	return done < 0 ? err_prepend(err, "authority") : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and making the keys by which a TPM is known. */
#include "tpm/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rd.h"
#include "tpm/keys.h"
#include "tpm/nv_read.h"
#include "tpm/object.h"
#include "tpm/pcr.h"

#define DER_SEQUENCE 0x30
#define DER_LONG_TWO 0x82 /* the length follows in two bytes */

int tpm_identity_open(struct tpm_identity **ret_identity, struct err *err)
{
	struct tpm_identity *identity;

	if (access(TPM_DEVICE, F_OK) < 0 && errno == ENOENT)
		return err_set(err, TPM_DEVICE ": is not there: this host has no TPM 2.0, or it is "
					       "switched off in the firmware's setup");
	identity = calloc(1, sizeof(*identity));
	if (!identity)
		return err_set(err, "out of memory");
	identity->ak.tr = identity->ek.tr = ESYS_TR_NONE;
	identity->cert.max = UINT16_MAX;
	if (tpm_ctx_open(&identity->ctx, err) < 0) {
		tpm_identity_free(identity);
		return -1;
	}
	*ret_identity = identity;
	return 0;
}

void tpm_identity_free(struct tpm_identity *identity)
{
	if (!identity)
		return;
	tpm_key_done(identity->ctx.esys, &identity->ak);
	tpm_key_done(identity->ctx.esys, &identity->ek);
	tpm_ctx_done(&identity->ctx);
	buf_done(&identity->cert);
	free(identity);
}

const struct identity_key *tpm_identity_ak(const struct tpm_identity *identity)
{
	return &identity->ak.id;
}

const struct identity_key *tpm_identity_ek(const struct tpm_identity *identity)
{
	return &identity->ek.id;
}

const struct buf *tpm_identity_cert(const struct tpm_identity *identity)
{
	return &identity->cert;
}

/* The TPM keeps a copy at the handle from now on, and that is the one to use.  One that can't be
 * kept is the same key, made again each time. */
static int keep_ak(struct tpm_identity *identity, struct err *err)
{
	ESYS_CONTEXT *esys = identity->ctx.esys;
	ESYS_TR kept = ESYS_TR_NONE;
	TSS2_RC rc = Esys_EvictControl(esys, ESYS_TR_RH_OWNER, identity->ak.tr, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, IDENTITY_AK_HANDLE, &kept);

	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) ||
	    tpm_rc_is(rc, TPM2_RC_NV_SPACE))
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, "keep", rc);
	(void)Esys_FlushContext(esys, identity->ak.tr);
	identity->ak.tr = kept;
	identity->ak.id.handle = IDENTITY_AK_HANDLE;
	return 0;
}

static int load_ak(struct tpm_identity *identity, bool keep, struct err *err)
{
	ESYS_CONTEXT *esys = identity->ctx.esys;
	TPM2B_PUBLIC template;
	bool p256;
	bool there;

	if (tpm_has_p256(esys, &p256, err) < 0 ||
	    tpm_key_find(esys, IDENTITY_AK_HANDLE, &identity->ak, &there, err) < 0)
		return -1;
	if (p256)
		ak_template_p256(&template);
	else
		ak_template_rsa(&template);
	if (there && !tpm_key_fits(&identity->ak.public, &template))
		return err_set(err,
			       "the TPM's handle 0x%08x holds something else; if nothing needs it, "
			       "remove it: tpm2_evictcontrol -c 0x%08x",
			       IDENTITY_AK_HANDLE, IDENTITY_AK_HANDLE);
	if (there)
		return 0;
	if (tpm_key_make(esys, &template, &identity->ak, err) < 0)
		return -1;
	return keep ? keep_ak(identity, err) : 0;
}

int tpm_identity_load_ak(struct tpm_identity *identity, bool keep, struct err *err)
{
	tpm_key_done(identity->ctx.esys, &identity->ak);
	if (load_ak(identity, keep, err) == 0)
		return 0;
	tpm_key_done(identity->ctx.esys, &identity->ak);
	return err_prepend(err, "attestation key");
}

/* An index may be larger than the certificate in it. */
static int trim_cert(struct buf *cert, struct err *err)
{
	struct rd rd = rd_init(cert->data, cert->len);
	size_t len;

	if (rd_u8(&rd) != DER_SEQUENCE || rd_u8(&rd) != DER_LONG_TWO)
		return err_set(err, "holds no certificate");
	len = rd_be16(&rd);
	if (!rd_bytes(&rd, len) || !rd_ok(&rd) || len + 4 > IDENTITY_CERT_MAX)
		return err_set(err, "the certificate is cut, or larger than %d bytes",
			       IDENTITY_CERT_MAX);
	cert->len = len + 4;
	return 0;
}

static int read_cert(struct tpm_identity *identity, TPM2_HANDLE index, bool *ret_there,
		     struct err *err)
{
	buf_reset(&identity->cert);
	if (tpm_nv_read(identity->ctx.esys, index, &identity->cert, ret_there, err) < 0)
		return -1;
	if (*ret_there && trim_cert(&identity->cert, err) < 0)
		return err_prepend(err, "NV index 0x%08x", index);
	return 0;
}

static int load_slot(struct tpm_identity *identity, const struct ek_slot *slot, struct err *err)
{
	TPM2B_PUBLIC template;
	bool there;

	slot->fill(&template);
	identity->ek_by_password =
		(template.publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH) != 0;
	if (tpm_key_find(identity->ctx.esys, slot->handle, &identity->ek, &there, err) < 0)
		return -1;
	if (there && tpm_key_fits(&identity->ek.public, &template))
		return 0;
	tpm_key_done(identity->ctx.esys, &identity->ek);
	return tpm_key_make(identity->ctx.esys, &template, &identity->ek, err);
}

static int load_ek(struct tpm_identity *identity, struct err *err)
{
	const struct ek_slot *slot = NULL;
	bool there = false;
	bool p256;

	for (size_t i = 0; i < n_ek_slots && !there; i++) {
		slot = &ek_slots[i];
		if (read_cert(identity, slot->cert, &there, err) < 0)
			return -1;
	}
	if (!there) {
		if (tpm_has_p256(identity->ctx.esys, &p256, err) < 0)
			return -1;
		slot = &ek_slots[p256 ? EK_SLOT_P256 : EK_SLOT_RSA];
	}
	if (load_slot(identity, slot, err) < 0)
		return err_prepend(err, "template %s", slot->name);
	return 0;
}

int tpm_identity_load_ek(struct tpm_identity *identity, struct err *err)
{
	tpm_key_done(identity->ctx.esys, &identity->ek);
	if (load_ek(identity, err) == 0)
		return 0;
	tpm_key_done(identity->ctx.esys, &identity->ek);
	return err_prepend(err, "endorsement key");
}

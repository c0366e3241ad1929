/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host says it is. */
#include "attest/client/self.h"

#include <string.h>
#include <unistd.h>

#include "crypto/hash.h"

int self_set_name(struct msg_enrol *enrol, const char *name, struct err *err)
{
	memset(enrol->name, 0, sizeof(enrol->name));
	if (!name)
		return gethostname(enrol->name, sizeof(enrol->name) - 1) < 0
			       ? err_errno(err, "the host's name")
			       : 0;
	if (!*name || strlen(name) >= sizeof(enrol->name))
		return err_set(err, "a name has 1 to %d bytes", EVIDENCE_NAME_MAX - 1);
	memcpy(enrol->name, name, strlen(name));
	return 0;
}

void self_set_keys(struct msg_enrol *enrol, const struct tpm_identity *tpm)
{
	const struct identity_key *ek = tpm_identity_ek(tpm);
	const struct identity_key *ak = tpm_identity_ak(tpm);
	const struct buf *cert = tpm_identity_cert(tpm);

	enrol->ek_public = (struct bytes){ ek->area, ek->area_len };
	enrol->ak_public = (struct bytes){ ak->area, ak->area_len };
	enrol->ek_cert = (struct bytes){ cert->data, cert->len };
}

int self_host_id(const struct tpm_identity *tpm, uint8_t ret_host[static EVIDENCE_HOST_SIZE],
		 struct err *err)
{
	const struct identity_key *ek = tpm_identity_ek(tpm);
	struct digest host;

	if (hash_bytes(HASH_SHA256, ek->name, ek->name_len, &host, err) < 0)
		return -1;
	memcpy(ret_host, host.data, EVIDENCE_HOST_SIZE);
	return 0;
}

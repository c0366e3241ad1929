/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for approval, and approvals that are brought to a host. */
#include "lock/request.h"

#include <stdlib.h>
#include <string.h>

#include "lock/wire.h"
#include "proto/settings.h"

#define REQUEST_MAGIC "assay-lock approval 1\n"

static int check(const struct lock_request *r, struct err *err)
{
	if (!wire_is_word(r->host))
		return err_set(err, "approval: names no host");
	if (r->profile > LOCK_MINIMAL || r->record_pcr < SETTINGS_PCR_MIN ||
	    r->record_pcr > SETTINGS_PCR_MAX)
		return err_set(err, "approval: no such profile or PCR");
	if (r->approval.pcrs.mask != lock_profile_pcrs(r->profile, r->record_pcr))
		return err_set(err, "approval: not of the PCRs of its profile");
	if (r->counter.index >> 24 != 0x01)
		return err_set(err, "approval: 0x%08x is no NV index", r->counter.index);
	return 0;
}

int lock_request_encode(const struct lock_request *r, struct buf *out, struct err *err)
{
	if (check(r, err) < 0 || buf_put(out, REQUEST_MAGIC, sizeof(REQUEST_MAGIC) - 1, err) < 0 ||
	    buf_put(out, r->id, sizeof(r->id), err) < 0 || wire_put_text(out, r->host, err) < 0 ||
	    buf_put_u8(out, (uint8_t)r->profile, err) < 0 ||
	    buf_put_u8(out, r->record_pcr, err) < 0 ||
	    wire_put_bytes(out, r->authority.data, r->authority.len, err) < 0 ||
	    buf_put_be32(out, r->counter.index, err) < 0 ||
	    buf_put(out, r->counter.name, sizeof(r->counter.name), err) < 0)
		return -1;
	return lock_approval_encode(&r->approval, out, err);
}

static void get(struct rd *in, void *ret_data, size_t len)
{
	const uint8_t *at = rd_bytes(in, len);

	if (at)
		memcpy(ret_data, at, len);
}

int lock_request_decode(const void *data, size_t len, struct lock_request *ret_request,
			struct err *err)
{
	AUTO_MEM struct lock_request *r = calloc(1, sizeof(*r));
	struct rd in = rd_init(data, len);
	const uint8_t *magic = rd_bytes(&in, sizeof(REQUEST_MAGIC) - 1);
	uint8_t authority[TPM_PUBLIC_MAX];
	size_t authority_len;

	if (!r)
		return err_set(err, "out of memory");
	if (len > LOCK_REQUEST_MAX || !magic ||
	    memcmp(magic, REQUEST_MAGIC, sizeof(REQUEST_MAGIC) - 1) != 0)
		return err_set(err, "approval: not one of version 1");
	get(&in, r->id, sizeof(r->id));
	wire_text(&in, r->host, sizeof(r->host));
	r->profile = rd_u8(&in);
	r->record_pcr = rd_u8(&in);
	authority_len = wire_bytes(&in, authority, sizeof(authority));
	r->counter.index = rd_be32(&in);
	get(&in, r->counter.name, sizeof(r->counter.name));
	if (lock_approval_decode(&in, &r->approval, err) < 0)
		return -1;
	if (!rd_done(&in))
		return err_set(err, "approval: there is more after its end");
	if (check(r, err) < 0 ||
	    tpm_authority_decode(authority, authority_len, &r->authority, err) < 0)
		return -1;
	*ret_request = *r;
	return 0;
}

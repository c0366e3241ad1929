/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence in a file: a line, then two messages behind their lengths. */
#include "attest/offline.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"

static int put_message(const struct buf *message, struct buf *out, struct err *err)
{
	if (buf_put_be32(out, (uint32_t)message->len, err) < 0)
		return -1;
	return buf_put(out, message->data, message->len, err);
}

int offline_encode(const struct offline *offline, struct buf *out, struct err *err)
{
	AUTO_BUF enrol = BUF_INIT(OFFLINE_ENROL_MAX);
	AUTO_BUF evidence = BUF_INIT(EVIDENCE_MAX);

	if (msg_enrol_encode(&offline->enrol, &enrol, err) < 0 ||
	    msg_evidence_encode(&offline->evidence, &evidence, err) < 0 ||
	    buf_put(out, OFFLINE_HEAD, strlen(OFFLINE_HEAD), err) < 0 ||
	    put_message(&enrol, out, err) < 0)
		return -1;
	return put_message(&evidence, out, err);
}

static int get_message(struct rd *in, size_t max, struct bytes *ret_message, struct err *err)
{
	size_t len = rd_be32(in);

	if (!rd_ok(in) || len > max)
		return err_set(err, "evidence: cut, or a message of more than %zu bytes", max);
	ret_message->data = rd_bytes(in, len);
	ret_message->len = len;
	return rd_ok(in) ? 0 : err_set(err, "evidence: cut");
}

int offline_decode(const void *data, size_t len, struct offline *ret_offline, struct err *err)
{
	struct rd in = rd_init(data, len);
	const uint8_t *head = rd_bytes(&in, strlen(OFFLINE_HEAD));
	AUTO_MEM struct offline *offline = calloc(1, sizeof(*offline));
	struct bytes enrol, evidence;

	if (!offline)
		return err_set(err, "out of memory");
	if (!head || memcmp(head, OFFLINE_HEAD, strlen(OFFLINE_HEAD)) != 0)
		return err_set(err, "evidence: does not begin with 'assay-evidence 1'");
	if (get_message(&in, OFFLINE_ENROL_MAX, &enrol, err) < 0 ||
	    get_message(&in, EVIDENCE_MAX, &evidence, err) < 0)
		return -1;
	if (!rd_done(&in))
		return err_set(err, "evidence: something follows it");
	if (msg_enrol_decode(enrol.data, enrol.len, &offline->enrol, err) < 0 ||
	    msg_evidence_decode(evidence.data, evidence.len, &offline->evidence, err) < 0)
		return -1;
	*ret_offline = *offline;
	return 0;
}

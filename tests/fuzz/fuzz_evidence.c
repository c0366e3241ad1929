/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All messages: what is taken is written back byte for byte, and leads nowhere but into the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct buf *out, const uint8_t *data, size_t size)
{
	if (out->len != size || memcmp(out->data, data, size) != 0)
		abort();
}

#define TRY(name) \
	do { \
		static struct msg_##name msg_; \
		AUTO_BUF out_ = BUF_INIT(EVIDENCE_MAX); \
		if (msg_##name##_decode(data, size, &msg_, NULL) == 0) { \
			if (msg_##name##_encode(&msg_, &out_, NULL) < 0) \
				abort(); \
			same(&out_, data, size); \
		} \
	} while (0)

static void bind(const uint8_t *data, size_t size)
{
	static struct msg_evidence msg;
	uint8_t qualifying[EVIDENCE_QUALIFYING_SIZE];

	if (msg_evidence_decode(data, size, &msg, NULL) < 0)
		return;
	if (msg.list.len && (msg.list.data < data || msg.list.data + msg.list.len > data + size))
		abort();
	if (evidence_qualifying(&msg, qualifying, NULL) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TRY(enrol);
	TRY(challenge);
	TRY(proof);
	TRY(begin);
	TRY(nonce);
	TRY(evidence);
	TRY(state);
	bind(data, size);
	return 0;
}

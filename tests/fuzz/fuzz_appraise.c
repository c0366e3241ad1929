/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole rounds: one part of a good host's evidence is the input, well quoted; what passes is still
 * true. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/host_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part { PART_LOG, PART_RECORD, PART_RECORD_SIG, PART_LIST, PART_CMDLINE, PARTS };

static struct bytes *part_of(struct msg_evidence *msg, enum part part)
{
	switch (part) {
	case PART_LOG:
		return &msg->boot_log;
	case PART_RECORD:
		return &msg->record;
	case PART_RECORD_SIG:
		return &msg->record_sig;
	case PART_LIST:
		return &msg->list;
	case PART_CMDLINE:
	case PARTS:
		break;
	}
	return &msg->cmdline;
}

/* The keys are new in each run: so an input says what is changed, and only rarely the whole. */
static int change(struct rd *in, const struct bytes *good, struct buf *out)
{
	unsigned int how = rd_u8(in) % 3;
	size_t at = how ? rd_be16(in) % (good->len + 1) : 0;
	size_t end = at + in->left;

	if (buf_put(out, good->data, at, NULL) < 0 || buf_put(out, in->at, in->left, NULL) < 0)
		return -1;
	if (how != 1 || end >= good->len)
		return 0;
	return buf_put(out, good->data + end, good->len - end, NULL);
}

/* What a verdict claims, whatever bytes led to it. */
static void check_pass(const struct host *h, enum part part, const struct buf *changed)
{
	const struct appraise_state *s = &h->in.state;

	if (h->verdict.n || h->in.more || !s->boot_ok || !s->enforcing || s->list.failed ||
	    s->list.entries < 2 || memcmp(s->list.sha256, h->pcrs.value[10], 32) != 0 ||
	    memcmp(s->boot, h->boot.data, 32) != 0)
		abort();
	if (part == PART_RECORD && (changed->len != h->record.len ||
				    memcmp(changed->data, h->record.data, h->record.len) != 0))
		abort();
	if (s->cmdline_known && strcmp(s->cmdline, HOST_CMDLINE) != 0)
		abort();
}

static void judge(struct host *h, struct rd *in)
{
	AUTO_BUF changed = BUF_INIT(1U << 20);
	enum part part = (enum part)(rd_u8(in) % PARTS);

	host_make_log(h); /* the command line, too */
	h->in.state = (struct appraise_state){ .known = false };
	host_gather(h, true);
	if (change(in, part_of(&h->msg, part), &changed) < 0)
		return;
	*part_of(&h->msg, part) = host_bytes(&changed);
	if (host_quote(h) < 0 || appraise_round(&h->in, &h->verdict, &h->err) < 0)
		abort();
	if (h->verdict.pass)
		check_pass(h, part, &changed);
	else if (h->verdict.n == 0 && !h->in.more)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct host *h;
	struct rd in = rd_init(data, size);

	if (!h)
		h = host_new();
	if (!h)
		abort();
	if (size > 4)
		judge(h, &in);
	return 0;
}

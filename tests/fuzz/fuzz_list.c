/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judge of measurement lists, round by round: state moves to a quoted prefix or not at all. */
/*
 * Two rounds come to where one does, and what is not signed never passes.  The first byte chooses
 * the bank and who is trusted at last, the second where the first round ends; the list follows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/list.h"
#include "attest/list_replay.h"
#include "ima/mlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one that signed what is well in the corpus; its key is no more. */
static const char signer[] = "-----BEGIN CERTIFICATE-----\n"
			     "MIIBojCCAUigAwIBAgIQS73FmmqqDWvZKBDeoD6hlzAKBggqhkjOPQQDAjAiMSAw\n"
			     "HgYDVQQDDBdBc3NheSBzaWduaW5nIGtleSBvZiB2bTAeFw0yNjExMjUxOTA2NDla\n"
			     "Fw0zNjExMjMxOTA2NDlaMCIxIDAeBgNVBAMMF0Fzc2F5IHNpZ25pbmcga2V5IG9m\n"
			     "IHZtMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6dZjWVvZj8fpC7q+SUowTaHS\n"
			     "Cvc3Hn2UDkRuqceC/EWQrv8Vmurl5jS1upk9kJbYFOTlCgCAc1OGyXuDoMBaJqNg\n"
			     "MF4wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwHQYDVR0OBBYEFAAgqEd0\n"
			     "Hvpqxitaxey8tZjnZq6uMB8GA1UdIwQYMBaAFAAgqEd0Hvpqxitaxey8tZjnZq6u\n"
			     "MAoGCCqGSM49BAMCA0gAMEUCIEAgAHSXpAzT0GPRaEkMuszRgTOETNTI5FJ4dpxs\n"
			     "wEXkAiEAhoBg1p377Yx6afPmrRT+DeVCMwNH6e+zyAcwBsJVmTw=\n"
			     "-----END CERTIFICATE-----\n";

/* One that trusts the signer, and one that trusts nobody. */
static struct list_judge *judges[2];

static void make_judges(void)
{
	struct cert_set certs = CERT_SET_INIT;
	struct list_trust trust = { .certs = &certs };
	struct err err = ERR_INIT;

	if (list_judge_new(&trust, 16, &judges[0], &err) < 0 ||
	    cert_parse(signer, strlen(signer), &certs.cert[0], &err) < 0)
		abort();
	certs.n = 1;
	if (list_judge_new(&trust, 16, &judges[1], &err) < 0)
		abort();
	cert_set_done(&certs);
}

/* What the PCR holds after at most n entries. */
static size_t quote(const uint8_t *data, size_t size, size_t n, struct digest *pcr)
{
	struct list_replay replay = { .bank = pcr->algo, .data = data, .threads = 1 };
	struct rd rd = rd_init(data, size);
	struct mlist_frame frame;
	bool end = false;
	size_t count = 0;

	while (count < n && mlist_frame_next(&rd, &frame, &end, NULL) == 0 && !end &&
	       frame.pcr == MLIST_PCR) {
		count++;
		replay.len = (size_t)(rd.at - data);
	}
	if (list_replay_run(&replay, NULL) < 0 || replay.entries != count)
		abort();
	pcr->len = hash_algo_size(pcr->algo);
	memcpy(pcr->data, replay.value, pcr->len);
	return count;
}

static void judge(struct list_judge *judge, const struct list_expect *expect,
		  struct list_input *input)
{
	struct list_state before = input->state;

	verdict_init(input->verdict);
	if (list_judge_run(judge, 1, expect, input, NULL) < 0)
		abort();
	if (input->result.bytes > input->len || input->verdict->pass ||
	    input->state.offset != before.offset + input->result.bytes ||
	    input->state.entries != before.entries + input->result.entries)
		abort();
	if (judge == judges[0] && input->verdict->n == 0)
		abort();
	if (expect->pcr.len && !input->result.replayed && input->result.entries)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum hash_algo banks[] = { HASH_SHA1, HASH_SHA256 };
	static struct verdict verdict;
	struct list_expect expect = { .n_aggregates = 0 };
	struct list_input once = { .verdict = &verdict }, twice = { .verdict = &verdict };
	size_t count;

	if (!judges[0])
		make_judges();
	if (size < 2)
		return 0;
	expect.pcr.algo = banks[data[0] & 1];
	once.data = twice.data = data + 2;
	once.len = twice.len = size - 2;
	count = quote(once.data, once.len, SIZE_MAX, &expect.pcr);
	judge(judges[0], &expect, &once);
	once.state = (struct list_state){ .offset = 0 };
	judge(judges[1], &expect, &once);
	if (once.state.entries != count || !once.result.replayed)
		abort();
	(void)quote(twice.data, twice.len, count ? data[1] % count : 0, &expect.pcr);
	judge(judges[1], &expect, &twice);
	twice.data += twice.result.bytes;
	twice.len -= (size_t)twice.result.bytes;
	(void)quote(once.data, once.len, SIZE_MAX, &expect.pcr);
	judge(judges[1], &expect, &twice);
	if (twice.state.entries != count || twice.state.offset != once.state.offset ||
	    memcmp(twice.state.sha256, once.state.sha256, 32) != 0 ||
	    twice.state.failed != once.state.failed)
		abort();
	expect.pcr.len = 0;
	once.state = (struct list_state){ .offset = 0 };
	judge(judges[data[0] >> 1 & 1], &expect, &once);
	return 0;
}

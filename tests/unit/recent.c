/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts that the verifier keeps between question and answer. */
#include "attest/verifier/recent.h"
#include "attest/verifier/store.h"

#include <string.h>

#include "unit.h"

static struct host *new_host(const uint8_t *id)
{
	struct host *h = host_new();

	if (h)
		memcpy(h->id, id, sizeof(h->id));
	return h;
}

static void a_host_that_was_put_is_taken_once(void)
{
	static const uint8_t one[EVIDENCE_HOST_SIZE] = { 1 };
	static const uint8_t two[EVIDENCE_HOST_SIZE] = { 2 };
	static const uint8_t other[EVIDENCE_HOST_SIZE] = { 1, 0, 1 }; /* in the place of one */
	struct recent *recent = NULL;
	struct err err = ERR_INIT;
	struct host *h = new_host(one);
	struct host *again = new_host(one);

	CHECK(h && again);
	CHECK_OK(recent_new(&recent, &err), &err);
	CHECK(!recent_take(recent, one));
	recent_put(recent, h);
	CHECK(!recent_take(recent, two) && !recent_take(recent, other));
	recent_put(recent, again);
	CHECK(recent_take(recent, one) == again);
	CHECK(!recent_take(recent, one));
	memcpy(again->id, other, sizeof(other));
	recent_put(recent, again);
	CHECK(!recent_take(recent, one));
	recent_free(recent);
	recent_free(NULL);
}

static const struct unit_case cases[] = {
	CASE(a_host_that_was_put_is_taken_once),
	CASE_END,
};
UNIT_MAIN(cases)

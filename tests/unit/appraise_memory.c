/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds for which memory is short: no verdict is invented, and none is for the host. */
#include "unit/host_world.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static struct {
	size_t at;  /* the allocation that fails, 0: none */
	bool after; /* and all that follow */
	size_t seen;
} shortage;

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static bool is_short(void)
{
	shortage.seen++;
	return shortage.at &&
	       (shortage.seen == shortage.at || (shortage.after && shortage.seen > shortage.at));
}

/* These stand where libc's would, for OpenSSL too. */
#define FOR_ALL __attribute__((visibility("default")))
FOR_ALL void *malloc(size_t size)
{
	return is_short() ? NULL : __libc_malloc(size);
}

FOR_ALL void *calloc(size_t n, size_t size)
{
	return is_short() ? NULL : __libc_calloc(n, size);
}

FOR_ALL void *realloc(void *p, size_t size)
{
	return is_short() ? NULL : __libc_realloc(p, size);
}
#endif

/* A round with the nth allocation failing; -1: it ended for want of memory. */
static int short_round(struct host *h, size_t at, bool after)
{
	int status;

	h->in.state = (struct appraise_state){ .known = false };
	shortage.seen = 0;
	shortage.after = after;
	shortage.at = at;
	status = appraise_round(&h->in, &h->verdict, &h->err);
	shortage.at = 0;
	return status;
}

/* So many allocations does a round make. */
static size_t count(struct host *h)
{
	(void)short_round(h, SIZE_MAX, false);
	return shortage.seen;
}

/* What a refused quote says is not kept against the host. */
static bool is_unproven(const struct verdict *v)
{
	return v->n == 1 &&
	       (v->reasons[0].code == VERDICT_QUOTE || v->reasons[0].code == VERDICT_IDENTITY);
}

static struct host *quoted(void)
{
	AUTO_HOST h = host_new();

	if (!h)
		return NULL;
	host_gather(h, true);
	return host_quote(h) < 0 ? NULL : take_ptr(&h);
}

static void a_good_host_is_never_refused(void)
{
	AUTO_HOST h = quoted();
	size_t n;

#ifdef SANITIZED
	SKIP("the sanitizer has its own malloc");
#endif
	CHECK(h);
	n = count(h);
	CHECK(h->verdict.pass && n > 20);
	for (size_t at = 1; at <= 2 * n; at++) {
		int status = short_round(h, (at + 1) / 2, at % 2);
		char text[64];

		(void)snprintf(text, sizeof(text), "allocation %zu%s", (at + 1) / 2,
			       at % 2 ? " and on" : "");
		if (status == 0 && !h->verdict.pass && !is_unproven(&h->verdict))
			unit_fail(__FILE__, __LINE__, text,
				  h->verdict.n ? h->verdict.reasons[0].text : "no reason");
		CHECK(status < 0 || h->verdict.pass || is_unproven(&h->verdict));
	}
}

static void never_passes(struct host *h)
{
	size_t n;

	host_gather(h, true);
	CHECK(host_quote(h) == 0);
	n = count(h);
	CHECK(!h->verdict.pass && n > 20);
	for (size_t at = 1; at <= 2 * n; at++) {
		int status = short_round(h, (at + 1) / 2, at % 2);

		CHECK(status < 0 || (!h->verdict.pass && h->verdict.n));
	}
}

static void a_bad_host_never_passes(void)
{
	static const struct host_shape shapes[] = {
		{ .cmdline = "ro ima_appraise=off" },
		{ .secure_boot = "\0" },
		{ .mode = MODE_LOG },
		{ .foreign_record = true },
		{ .foreign_cert = true },
		{ .unmeasured_record = true },
		{ .no_record = true },
	};

#ifdef SANITIZED
	SKIP("the sanitizer has its own malloc");
#endif
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		AUTO_HOST h = host_new();

		CHECK(h && host_boot(h, shapes[i]) == 0 && host_approve(h) == 0);
		never_passes(h);
		if (unit_failure[0])
			return;
	}
}

static void a_bad_list_never_passes(void)
{
	AUTO_HOST h = host_new();

#ifdef SANITIZED
	SKIP("the sanitizer has its own malloc");
#endif
	CHECK(h);
	CHECK_OK(world_add(h->w, (struct told){ .name = "/x", .other_sig = "/y" }), &h->w->err);
	never_passes(h);
}

static const struct unit_case cases[] = {
	CASE(a_good_host_is_never_refused),
	CASE(a_bad_host_never_passes),
	CASE(a_bad_list_never_passes),
	CASE_END,
};
UNIT_MAIN(cases)

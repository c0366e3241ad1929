/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons that several threads find, in the order of the list. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/list_judge.h"

void list_reasons_init(struct list_reasons *reasons)
{
	(void)pthread_mutex_init(&reasons->lock, NULL);
	reasons->n = 0;
	reasons->more = 0;
}

void list_reasons_done(struct list_reasons *reasons)
{
	(void)pthread_mutex_destroy(&reasons->lock);
}

/* Makes room where the entry belongs; NULL: all that are kept stand before it. */
static struct verdict_reason *make_room(struct list_reasons *r, uint64_t entry)
{
	size_t at = r->n;

	while (at > 0 && r->reason[at - 1].entry > entry)
		at--;
	if (r->n == VERDICT_REASONS_MAX) {
		r->more++;
		r->n -= at < r->n;
	}
	if (at == VERDICT_REASONS_MAX)
		return NULL;
	memmove(&r->reason[at + 1], &r->reason[at], (r->n - at) * sizeof(r->reason[0]));
	r->n++;
	return &r->reason[at];
}

void list_reasons_add(struct list_reasons *reasons, enum verdict_code code, uint64_t entry,
		      const char *fmt, ...)
{
	struct verdict_reason *reason;
	va_list args;

	(void)pthread_mutex_lock(&reasons->lock);
	reason = make_room(reasons, entry);
	if (reason) {
		reason->code = code;
		reason->entry = entry;
		va_start(args, fmt);
		(void)vsnprintf(reason->text, sizeof(reason->text), fmt, args);
		va_end(args);
	}
	(void)pthread_mutex_unlock(&reasons->lock);
}

void list_reasons_count(struct list_reasons *reasons)
{
	(void)pthread_mutex_lock(&reasons->lock);
	reasons->more++;
	(void)pthread_mutex_unlock(&reasons->lock);
}

void list_reasons_give(const struct list_reasons *reasons, uint64_t kexec_from,
		       struct verdict *verdict)
{
	for (size_t i = 0; i < reasons->n; i++) {
		const struct verdict_reason *r = &reasons->reason[i];
		bool kexec = r->code == VERDICT_AGGREGATE && r->entry > kexec_from;

		(void)verdict_add(verdict, kexec ? VERDICT_KEXEC : r->code, r->entry, "%s",
				  kexec ? "another kernel was started by kexec" : r->text);
	}
	if (reasons->more)
		verdict->more += reasons->more;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is required of hosts, asked of what is known of this one. */
#include <string.h>

#include "attest/appraise_parts.h"
#include "base/hex.h"

static bool is_approved(const struct appraise_input *in)
{
	for (size_t i = 0; i < in->n_boots; i++)
		if (in->boots[i].algo == HASH_SHA256 &&
		    in->boots[i].len == sizeof(in->state.boot) &&
		    memcmp(in->boots[i].data, in->state.boot, sizeof(in->state.boot)) == 0)
			return true;
	return false;
}

static void check_boot(struct appraisal *a)
{
	const struct appraise_state *s = &a->in->state;
	char hex[2 * sizeof(s->boot) + 1];

	if (a->policy->boot == APPRAISE_BOOT_UNMEASURED || is_approved(a->in))
		return;
	hex_format(s->boot, sizeof(s->boot), hex);
	(void)verdict_add(a->verdict, VERDICT_BOOT_STATE, VERDICT_NO_ENTRY,
			  "boot state %s is not approved", hex);
	if (s->cmdline_known && a->was.cmdline_known && strcmp(s->cmdline, a->was.cmdline) != 0)
		(void)verdict_add(a->verdict, VERDICT_COMMAND_LINE, VERDICT_NO_ENTRY,
				  "it is \"%.200s\", and was \"%.200s\" the boot before",
				  s->cmdline, a->was.cmdline);
}

static bool has_level(const struct appraise_policy *policy, const char *level)
{
	for (size_t i = 0; i < policy->n_levels; i++)
		if (strcmp(policy->levels[i], level) == 0)
			return true;
	return policy->n_levels == 0;
}

static void check_record(struct appraisal *a)
{
	const struct appraise_state *s = &a->in->state;

	if (!s->enforcing && s->record_pcr)
		(void)verdict_add(a->verdict, VERDICT_NOT_ENFORCING, VERDICT_NO_ENTRY,
				  "the enforcement record says log");
	if (s->epoch < a->policy->min_epoch)
		(void)verdict_add(a->verdict, VERDICT_EPOCH, VERDICT_NO_ENTRY,
				  "epoch %u of the record is below %u", s->epoch,
				  a->policy->min_epoch);
	if (!has_level(a->policy, s->level))
		(void)verdict_add(a->verdict, VERDICT_LEVEL, VERDICT_NO_ENTRY,
				  "acceptance level '%s' of the record is not enough", s->level);
}

static void check_secure_boot(struct appraisal *a)
{
	if (!a->policy->require_secure_boot || a->in->state.secure_boot == BOOT_YES)
		return;
	(void)verdict_add(a->verdict, VERDICT_SECURE_BOOT, VERDICT_NO_ENTRY, "%s",
			  a->in->state.secure_boot == BOOT_NO
				  ? "Secure Boot is off"
				  : "nothing proves that Secure Boot is on");
}

void appraise_terms(struct appraisal *a)
{
	size_t before = a->verdict->n + a->verdict->more;

	check_boot(a);
	check_secure_boot(a);
	/* Without a record, that it is missing was said. */
	if (a->in->state.record_pcr)
		check_record(a);
	if (a->in->state.enforcing && a->verdict->n + a->verdict->more == before)
		a->checked |= CHECK_TERMS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes, profiles and what hangs on a lock, by name; and the profiles' PCRs. */
#include <string.h>

#include "lock/blob.h"

#define BIT(n) (1U << (n))

struct profile {
	const char *name;
	uint32_t pcrs; /* without the record's */
};

/* The order is that of enum lock_profile.  Never PCR 10, which IMA extends all the time. */
static const struct profile profiles[] = {
	{ "uki", BIT(7) | BIT(11) | BIT(12) },
	{ "efistub", BIT(4) | BIT(7) | BIT(9) },
	{ "grub", BIT(4) | BIT(7) | BIT(8) | BIT(9) },
	{ "minimal", BIT(7) },
};

const char *lock_mode_name(enum lock_mode mode)
{
	static const char *const names[] = { "offline", "attended", "automatic" };

	return (size_t)mode < ARRAY_LEN(names) ? names[mode] : "unknown";
}

const char *lock_hang_name(enum lock_hang_kind kind)
{
	static const char *const names[] = { "luks", "credential" };

	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "unknown";
}

const char *lock_profile_name(enum lock_profile profile)
{
	return (size_t)profile < ARRAY_LEN(profiles) ? profiles[profile].name : "unknown";
}

int lock_profile_parse(const char *name, enum lock_profile *ret_profile, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		if (strcmp(profiles[i].name, name) == 0) {
			*ret_profile = (enum lock_profile)i;
			return 0;
		}
	}
	return err_set(err, "no profile is named '%s' (uki, efistub, grub, minimal)", name);
}

uint32_t lock_profile_pcrs(enum lock_profile profile, unsigned int record_pcr)
{
	return profiles[profile].pcrs | BIT(record_pcr);
}

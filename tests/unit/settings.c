/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terms of enforcement: what is taken, what is refused, and the words of the refusal. */
#include "proto/settings.h"

#include "unit.h"

static void default_is_safe(void)
{
	struct settings s;

	settings_default(&s);
	CHECK(s.mode == MODE_OFF);
	CHECK(s.evm == EVM_PORTABLE);
	CHECK(s.lockdown == LOCKDOWN_INTEGRITY);
	CHECK(s.module_signatures && !s.kexec_load && !s.unprivileged_bpf);
	CHECK(s.ptrace_scope == 3);
	CHECK(s.n_init == 3);
}

static void every_value_has_its_name(void)
{
	static const char *const pairs[][2] = {
		{ "mode", "off" },
		{ "mode", "log" },
		{ "mode", "enforce" },
		{ "profile", "auto" },
		{ "profile", "signature" },
		{ "profile", "verity" },
		{ "evm", "off" },
		{ "evm", "portable" },
		{ "evm", "immutable" },
		{ "lockdown", "off" },
		{ "lockdown", "integrity" },
		{ "lockdown", "confidentiality" },
		{ "module-signatures", "no" },
		{ "kexec-load", "yes" },
		{ "unprivileged-bpf", "yes" },
		{ "memory-deny-write-execute", "yes" },
		{ "memory-deny-write-execute", "yes" },
		{ "pcr", "8" },
		{ "pcr", "15" },
		{ "ptrace-scope", "0" },
		{ "ptrace-scope", "3" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct err err = ERR_INIT;
		struct settings s;

		settings_default(&s);
		CHECK_OK(settings_set(&s, pairs[i][0], pairs[i][1], &err), &err);
	}
	CHECK_STR(settings_mode_name(MODE_LOG), "log");
	CHECK_STR(settings_profile_name(PROFILE_VERITY), "verity");
	CHECK_STR(settings_evm_name(EVM_IMMUTABLE), "immutable");
	CHECK_STR(settings_lockdown_name(LOCKDOWN_CONFIDENTIALITY), "confidentiality");
}

static void refused_leaves_the_value(void)
{
	struct err err = ERR_INIT;
	struct settings s;

	settings_default(&s);
	CHECK_FAILS(settings_set(&s, "mode", "Enforce", &err), &err,
		    "mode: 'Enforce' is none of off, log, enforce");
	CHECK_FAILS(settings_set(&s, "evm", "", &err), &err, "none of off, portable, immutable");
	CHECK_FAILS(settings_set(&s, "lockdown", "none", &err), &err, "'none' is none of");
	CHECK_FAILS(settings_set(&s, "profile", "x", &err), &err, "auto, signature, verity");
	CHECK_FAILS(settings_set(&s, "kexec-load", "true", &err), &err, "none of no, yes");
	CHECK_FAILS(settings_set(&s, "colour", "red", &err), &err, "nothing is named 'colour'");
	CHECK(s.mode == MODE_OFF && s.evm == EVM_PORTABLE && !s.kexec_load);
}

static void numbers_have_their_bounds(void)
{
	static const char *const bad[] = { "7",	 "16",	"-1", "",   "0x9",
					   "9 ", "008", "9a", "+9", "99999999999999999999" };
	struct err err = ERR_INIT;
	struct settings s;

	settings_default(&s);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_FAILS(settings_set(&s, "pcr", bad[i], &err), &err,
			    "is not a number from 8 to 15");
	CHECK_FAILS(settings_set(&s, "ptrace-scope", "4", &err), &err, "from 0 to 3");
	CHECK(s.pcr == 13);
}

static void init_takes_eight_absolute_paths(void)
{
	struct err err = ERR_INIT;
	char longest[SETTINGS_PATH_MAX + 1];
	struct settings s;

	settings_default(&s);
	s.n_init = 0;
	CHECK_FAILS(settings_set(&s, "init", "sbin/init", &err), &err, "absolute path");
	CHECK_FAILS(settings_set(&s, "init", "/sbin/in it", &err), &err, "without blanks");
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[SETTINGS_PATH_MAX] = '\0';
	CHECK_FAILS(settings_set(&s, "init", longest, &err), &err, "absolute path");
	longest[SETTINGS_PATH_MAX - 1] = '\0';
	for (int i = 0; i < SETTINGS_INIT_MAX; i++)
		CHECK_OK(settings_set(&s, "init", longest, &err), &err);
	CHECK_FAILS(settings_set(&s, "init", "/one/more", &err), &err, "more than 8 paths");
	CHECK(strcmp(s.init[SETTINGS_INIT_MAX - 1], longest) == 0);
}

static const struct unit_case cases[] = {
	CASE(default_is_safe),
	CASE(every_value_has_its_name),
	CASE(refused_leaves_the_value),
	CASE(numbers_have_their_bounds),
	CASE(init_takes_eight_absolute_paths),
	CASE_END,
};
UNIT_MAIN(cases)

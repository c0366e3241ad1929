/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terms of enforcement: names, values, defaults. */
#include "proto/settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = { "off", "log", "enforce", NULL };
static const char *const profile_names[] = { "auto", "signature", "verity", NULL };
static const char *const evm_names[] = { "off", "portable", "immutable", NULL };
static const char *const lockdown_names[] = { "off", "integrity", "confidentiality", NULL };
static const char *const bool_names[] = { "no", "yes", NULL };

static const char *const default_init[] = { "/sbin/init", "/lib/systemd/systemd",
					    "/usr/lib/systemd/systemd" };

const char *settings_mode_name(enum settings_mode mode)
{
	return mode_names[mode];
}

const char *settings_profile_name(enum settings_profile profile)
{
	return profile_names[profile];
}

const char *settings_evm_name(enum settings_evm evm)
{
	return evm_names[evm];
}

const char *settings_lockdown_name(enum settings_lockdown lockdown)
{
	return lockdown_names[lockdown];
}

void settings_default(struct settings *ret_settings)
{
	*ret_settings = (struct settings){
		.mode = MODE_OFF,
		.profile = PROFILE_AUTO,
		.evm = EVM_PORTABLE,
		.pcr = SETTINGS_PCR_USUAL,
		.n_init = ARRAY_LEN(default_init),
		.lockdown = LOCKDOWN_INTEGRITY,
		.module_signatures = true,
		.ptrace_scope = 3,
		.kexec_load = false,
		.unprivileged_bpf = false,
		.deny_write_execute = false,
	};
	for (size_t i = 0; i < ARRAY_LEN(default_init); i++)
		strcpy(ret_settings->init[i], default_init[i]);
}

/* Index of the value among the names, -1 with the list of what would do. */
static int choose(const char *name, const char *value, const char *const *names, struct err *err)
{
	char list[128] = "";

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], value) == 0)
			return i;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, names[i], sizeof(list) - strlen(list) - 1);
	}
	return err_set(err, "%s: '%s' is none of %s", name, value, list);
}

static int set_number(const char *name, const char *value, unsigned int least, unsigned int most,
		      unsigned int *ret_number, struct err *err)
{
	unsigned long v;
	char *end;

	v = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || v < least || v > most ||
	    (value[0] == '0' && value[1]))
		return err_set(err, "%s: '%s' is not a number from %u to %u", name, value, least,
			       most);
	*ret_number = (unsigned int)v;
	return 0;
}

static int set_bool(const char *name, const char *value, bool *ret_flag, struct err *err)
{
	int i = choose(name, value, bool_names, err);

	if (i < 0)
		return -1;
	*ret_flag = i == 1;
	return 0;
}

static int add_init(struct settings *s, const char *value, struct err *err)
{
	if (value[0] != '/' || strlen(value) >= SETTINGS_PATH_MAX || strpbrk(value, " \t\r\n"))
		return err_set(err, "init: not an absolute path without blanks: '%s'", value);
	if (s->n_init == SETTINGS_INIT_MAX)
		return err_set(err, "init: more than %d paths", SETTINGS_INIT_MAX);
	strcpy(s->init[s->n_init++], value);
	return 0;
}

static int set_choice(struct settings *s, const char *name, const char *value, bool *ret_known,
		      struct err *err)
{
	int i = 0;

	*ret_known = true;
	if (strcmp(name, "mode") == 0) {
		i = choose(name, value, mode_names, err);
		s->mode = i < 0 ? s->mode : (enum settings_mode)i;
	} else if (strcmp(name, "profile") == 0) {
		i = choose(name, value, profile_names, err);
		s->profile = i < 0 ? s->profile : (enum settings_profile)i;
	} else if (strcmp(name, "evm") == 0) {
		i = choose(name, value, evm_names, err);
		s->evm = i < 0 ? s->evm : (enum settings_evm)i;
	} else if (strcmp(name, "lockdown") == 0) {
		i = choose(name, value, lockdown_names, err);
		s->lockdown = i < 0 ? s->lockdown : (enum settings_lockdown)i;
	} else {
		*ret_known = false;
	}
	return i < 0 ? -1 : 0;
}

int settings_set(struct settings *s, const char *name, const char *value, struct err *err)
{
	bool known;

	if (set_choice(s, name, value, &known, err) < 0)
		return -1;
	if (known)
		return 0;
	if (strcmp(name, "init") == 0)
		return add_init(s, value, err);
	if (strcmp(name, "pcr") == 0)
		return set_number(name, value, SETTINGS_PCR_MIN, SETTINGS_PCR_MAX, &s->pcr, err);
	if (strcmp(name, "ptrace-scope") == 0)
		return set_number(name, value, 0, 3, &s->ptrace_scope, err);
	if (strcmp(name, "module-signatures") == 0)
		return set_bool(name, value, &s->module_signatures, err);
	if (strcmp(name, "kexec-load") == 0)
		return set_bool(name, value, &s->kexec_load, err);
	if (strcmp(name, "unprivileged-bpf") == 0)
		return set_bool(name, value, &s->unprivileged_bpf, err);
	if (strcmp(name, "memory-deny-write-execute") == 0)
		return set_bool(name, value, &s->deny_write_execute, err);
	return err_set(err, "nothing is named '%s'", name);
}

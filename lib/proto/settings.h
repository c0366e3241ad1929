/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What enforcement means on a host: the terms that the configuration and the record share. */
#ifndef ASSAY_PROTO_SETTINGS_H
#define ASSAY_PROTO_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SETTINGS_INIT_MAX 8    /* programs that may be executed as init */
#define SETTINGS_PATH_MAX 1024 /* bytes of one path, NUL included */
#define SETTINGS_PCR_MIN 8     /* below are the firmware's */
#define SETTINGS_PCR_MAX 15    /* 16 and 23 can be reset by software */
#define SETTINGS_PCR_USUAL 13  /* unless it is configured otherwise */

enum settings_mode { MODE_OFF, MODE_LOG, MODE_ENFORCE };
enum settings_profile { PROFILE_AUTO, PROFILE_SIGNATURE, PROFILE_VERITY };
enum settings_evm { EVM_OFF, EVM_PORTABLE, EVM_IMMUTABLE };
enum settings_lockdown { LOCKDOWN_OFF, LOCKDOWN_INTEGRITY, LOCKDOWN_CONFIDENTIALITY };

/* One value object; settings_default gives the safe one. */
struct settings {
	enum settings_mode mode;
	enum settings_profile profile;
	enum settings_evm evm;
	unsigned int pcr;
	char init[SETTINGS_INIT_MAX][SETTINGS_PATH_MAX];
	size_t n_init;
	enum settings_lockdown lockdown;
	bool module_signatures;
	unsigned int ptrace_scope;
	bool kexec_load;
	bool unprivileged_bpf;
	bool deny_write_execute; /* PR_SET_MDWE for init and all that it starts */
};

void settings_default(struct settings *ret_settings);

/*
 * Sets one term by its name ("mode", "ptrace-scope", "init", ...).  "init" adds one path a call.
 * An unknown name or value fails and names what would be accepted.
 */
MUST_USE int settings_set(struct settings *s, const char *name, const char *value, struct err *err);

const char *settings_mode_name(enum settings_mode mode);
const char *settings_profile_name(enum settings_profile profile);
const char *settings_evm_name(enum settings_evm evm);
const char *settings_lockdown_name(enum settings_lockdown lockdown);

#endif

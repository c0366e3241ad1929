/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel options that enforcement needs, and when. */
#include "proto/kernel_config.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"

/* When an option is needed. */
enum need { ALWAYS, WITH_EVM, WITH_VERITY, WITH_ECDSA, WITH_MODULES, WITH_LOCKDOWN, WITH_YAMA };

static const struct {
	const char *option;
	enum need need;
	const char *what;
} options[] = {
	{ "SECURITYFS", ALWAYS, "securityfs" },
	{ "IMA", ALWAYS, "IMA" },
	{ "IMA_APPRAISE", ALWAYS, "IMA appraisal" },
	{ "INTEGRITY_SIGNATURE", ALWAYS, "integrity signatures" },
	{ "INTEGRITY_ASYMMETRIC_KEYS", ALWAYS, "asymmetric keys for integrity" },
	{ "SYSTEM_TRUSTED_KEYRING", ALWAYS, "keyrings of certificates" },
	{ "EVM", WITH_EVM, "EVM" },
	{ "FS_VERITY", WITH_VERITY, "fs-verity" },
	{ "CRYPTO_ECDSA", WITH_ECDSA, "ECDSA signatures" },
	{ "MODULE_SIG", WITH_MODULES, "module signatures" },
	{ "SECURITY_LOCKDOWN_LSM", WITH_LOCKDOWN, "kernel lockdown" },
	{ "SECURITY_YAMA", WITH_YAMA, "Yama" },
};

char kernel_config_value(const char *text, const char *name)
{
	char key[96];
	const char *at = text;
	int n = snprintf(key, sizeof(key), "CONFIG_%s=", name);

	while (n > 0 && (at = strstr(at, key)) != NULL) {
		if (at == text || at[-1] == '\n')
			return at[n] == 'y' || at[n] == 'm' ? at[n] : '=';
		at += n;
	}
	return 'n';
}

bool kernel_config_wants_ecdsa(const struct cert_set *certs)
{
	for (size_t i = 0; i < certs->n; i++)
		if (cert_kind(certs->cert[i]) != CERT_RSA)
			return true;
	return false;
}

static bool is_needed(const struct kernel_wants *wants, enum need need)
{
	const struct settings *s = wants->settings;

	switch (need) {
	case ALWAYS:
		return true;
	case WITH_EVM:
		return s->evm != EVM_OFF;
	case WITH_VERITY:
		return wants->profile == PROFILE_VERITY;
	case WITH_ECDSA:
		return wants->ecdsa;
	case WITH_MODULES:
		return s->module_signatures;
	case WITH_LOCKDOWN:
		return s->lockdown != LOCKDOWN_OFF;
	case WITH_YAMA:
		return s->ptrace_scope > 0;
	}
	return true;
}

/* What mends a kernel without the option. */
static const char *remedy_of(enum need need)
{
	switch (need) {
	case WITH_EVM:
		return "another kernel, or 'evm = off' in assay.conf";
	case WITH_VERITY:
		return "another kernel, or 'profile = signature' in assay.conf";
	case WITH_ECDSA:
		return "another kernel, or move key and certificate away, 'assay keygen --type "
		       "rsa2048', and sign anew";
	case WITH_MODULES:
		return "another kernel, or 'module-signatures = no' in assay.conf";
	case WITH_LOCKDOWN:
		return "another kernel, or 'lockdown = off' in assay.conf";
	case WITH_YAMA:
		return "another kernel, or 'ptrace-scope = 0' in assay.conf";
	case ALWAYS:
		break;
	}
	return "install a kernel that has it (Debian's linux-image packages do) or remove this one";
}

bool kernel_config_next_lack(const char *text, const struct kernel_wants *wants, size_t *pos,
			     struct kernel_lack *ret_lack)
{
	while (*pos < ARRAY_LEN(options)) {
		size_t i = (*pos)++;

		if (!is_needed(wants, options[i].need) ||
		    kernel_config_value(text, options[i].option) == 'y')
			continue;
		*ret_lack = (struct kernel_lack){ options[i].option, options[i].what,
						  remedy_of(options[i].need) };
		return true;
	}
	return false;
}

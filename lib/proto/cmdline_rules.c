/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The refused kernel parameters, each with the reason. */
#include "proto/cmdline_rules.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"

typedef bool (*harm_fn)(const char *value, const struct settings *settings);

struct rule {
	const char *name; /* '_' for '-' */
	harm_fn harms;
	const char *why;
};

static bool any(const char *value UNUSED, const struct settings *s UNUSED)
{
	return true;
}

static bool bare(const char *value, const struct settings *s UNUSED)
{
	return !value;
}

static bool in_words(const char *word, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, word, len) == 0)
			return true;
	return false;
}

/* As kstrtobool() of the kernel's lib/kstrtox.c reads it: by the first letters. */
static bool off(const char *value, const struct settings *s UNUSED)
{
	if (!value)
		return false;
	if (tolower((unsigned char)*value) == 'o')
		return tolower((unsigned char)value[1]) == 'f';
	return *value != '\0' && strchr("nNfF0", *value) != NULL;
}

/* As parse_boolean() of systemd reads it: what is no word for off may be on. */
static bool on(const char *value, const struct settings *s UNUSED)
{
	static const char *const words[] = { "0", "no", "n", "off", "f", "false" };

	for (size_t i = 0; value && i < ARRAY_LEN(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return false;
	return true;
}

static bool not_enforce(const char *value, const struct settings *s UNUSED)
{
	return !value || strcmp(value, "enforce") != 0;
}

/* Only built-in policies that measure, and the one that refuses more. */
static bool not_measuring(const char *value, const struct settings *s UNUSED)
{
	static const char *const harmless[] = { "tcb", "critical_data", "fail_securely", "", NULL };
	size_t len;

	if (!value)
		return true;
	for (;; value += len + 1) {
		len = strcspn(value, "| \n");
		if (!in_words(value, len, harmless))
			return true;
		if (!value[len])
			return false;
	}
}

static bool without_signature(const char *value, const struct settings *s UNUSED)
{
	static const char *const with[] = { "ima-sig", "ima-sigv2", "ima-modsig", NULL };

	return !value || !in_words(value, strlen(value), with);
}

static bool weak_hash(const char *value, const struct settings *s UNUSED)
{
	static const char *const strong[] = { "sha256", "sha384", "sha512", NULL };

	return !value || !in_words(value, strlen(value), strong);
}

static bool lacks(const char *value, const char *lsm)
{
	size_t len;

	for (; value; value += len + 1) {
		len = strcspn(value, ",");
		if (strlen(lsm) == len && memcmp(value, lsm, len) == 0)
			return false;
		if (!value[len])
			break;
	}
	return true;
}

static bool lacks_integrity(const char *value, const struct settings *s UNUSED)
{
	return lacks(value, "integrity");
}

static bool lacks_lockdown(const char *value, const struct settings *s)
{
	return s->lockdown != LOCKDOWN_OFF && lacks(value, "lockdown");
}

static bool lacks_yama(const char *value, const struct settings *s)
{
	return s->ptrace_scope > 0 && lacks(value, "yama");
}

static bool not_our_init(const char *value, const struct settings *s)
{
	for (size_t i = 0; value && i < s->n_init; i++)
		if (strcmp(value, s->init[i]) == 0)
			return false;
	return true;
}

static bool not_slash_init(const char *value, const struct settings *s UNUSED)
{
	return !value || strcmp(value, "/init") != 0;
}

static bool not_a_name(const char *value, const struct settings *s UNUSED)
{
	return value && strpbrk(value, "/.") != NULL;
}

static bool filled(const char *value, const struct settings *s UNUSED)
{
	return value && value[0] != '\0' && strcmp(value, "none") != 0;
}

/* "nocloud-net;s=http://...": cloud-init's data source, with where it is. */
static bool with_source(const char *value, const struct settings *s UNUSED)
{
	return value && strchr(value, '=') != NULL;
}

static const struct rule rules[] = {
	{ "ima_appraise", not_enforce, "turns appraisal off" },
	{ "ima_policy", not_measuring, "brings appraisal rules that are not the record's" },
	{ "ima_template", without_signature, "drops signatures from the measurement list" },
	{ "ima_template_fmt", any, "changes what the measurement list holds" },
	{ "ima_hash", weak_hash, "is not a hash that can be relied on" },
	{ "evm", any, "puts EVM into fix mode" },
	{ "lsm", lacks_integrity, "leaves out the LSM integrity" },
	{ "lsm", lacks_lockdown, "leaves out the LSM lockdown, which the record wants" },
	{ "lsm", lacks_yama, "leaves out the LSM yama, which the record wants" },
	{ "initcall_blacklist", any, "keeps parts of the kernel from starting" },
	{ "module.sig_enforce", off, "allows unsigned kernel modules" },
	{ "audit", off, "hides denials" },
	{ "init", not_our_init, "is not an init that the record names" },
	{ "rdinit", not_slash_init, "replaces the initramfs' init" },
	{ "break", any, "gives a shell in the initramfs" },
	{ "boot", not_a_name, "is not the name of a boot script" },
	{ "log_output", any, "redirects what the initramfs says" },
	{ "cryptopts", any, "names a key script for the initramfs to run" },
	{ "resume", filled, "lets a hibernation image replace the running kernel" },
	{ "acpi_rsdp", any, "brings ACPI code of its own" },
	{ "efivar_ssdt", any, "brings ACPI code of its own" },
	{ "kgdboc", any, "gives a kernel debugger" },
	{ "kgdbwait", any, "gives a kernel debugger" },
	{ "kgdbdbgp", any, "gives a kernel debugger" },
	{ "ekgdboc", any, "gives a kernel debugger" },
	{ "systemd.unit", any, "starts another target than the host's" },
	{ "systemd.wants", any, "starts units that the host does not" },
	{ "systemd.mask", any, "keeps units from starting" },
	{ "systemd.break", any, "gives a shell" },
	{ "systemd.debug_shell", on, "gives a root shell without a login" },
	{ "systemd.crash_shell", on, "gives a root shell without a login" },
	{ "systemd.confirm_spawn", on, "lets the console choose what starts" },
	{ "systemd.run", any, "runs a command as root" },
	{ "systemd.pull", any, "fetches what it then runs" },
	{ "cloud_config_url", any, "fetches what cloud-init then runs" },
	{ "url", any, "fetches what cloud-init then runs" },
	{ "ds", with_source, "fetches what cloud-init then runs" },
	{ "live_config.hooks", any, "fetches what live-config then runs" },
	{ "firmware_class.path", any, "takes firmware from elsewhere" },
	{ "systemd.mount_extra", any, "mounts what the host does not" },
	{ "systemd.swap_extra", any, "swaps to where the host does not" },
	{ "systemd.volatile", on, "puts another root or /var in place of the host's" },
	{ "systemd.early_core_pattern", any, "names a program for crashes to start" },
	{ "systemd.setenv", any, "changes the environment of all services" },
	{ "systemd.set_credential", any, "hands credentials to the system" },
	{ "systemd.set_credential_binary", any, "hands credentials to the system" },
	{ "rescue", bare, "starts a rescue shell" },
	{ "emergency", bare, "starts a rescue shell" },
	{ "single", bare, "starts a rescue shell" },
	{ "s", bare, "starts a rescue shell" },
	{ "S", bare, "starts a rescue shell" },
	{ "1", bare, "starts a rescue shell" },
};

struct prefix {
	const char *text; /* '_' for '-' */
	const char *why;
};

/* Of an old __setup() without '=' the kernel compares only the beginning (init/main.c). */
static const struct prefix prefixes[] = {
	{ "ima_appraise_tcb", "brings appraisal rules with exemptions of their own" },
	{ "systemd.verity", "makes another device the root" },
	/* kernel.modprobe and its like name programs that the kernel starts, the initramfs' too. */
	{ "sysctl.",
	  "sets kernel variables before anything is judged; /etc/sysctl.d does so later" },
	{ "sysctl/",
	  "sets kernel variables before anything is judged; /etc/sysctl.d does so later" },
};

/* Parameters in capitals that the kernel does not know become environment variables of /init. */
static bool is_environment(const char *name, const char *value)
{
	static const char *const harmless[] = { "BOOT_IMAGE", "BOOTIF",	  "TERM",
						"LANG",	      "LANGUAGE", NULL };
	bool letters = false;

	if (!value || strncmp(name, "LC_", 3) == 0 || in_words(name, strlen(name), harmless))
		return false;
	for (; *name; name++) {
		if (!isupper((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '_')
			return false;
		letters |= isupper((unsigned char)*name) != 0;
	}
	return letters;
}

/* cloud-init looks for it anywhere in the line (cc_from_cmdline), so also in what is a MAC address.
 */
static bool is_cloud_config(const char *text)
{
	for (const char *at = strstr(text, "cc:"); at; at = strstr(at + 1, "cc:"))
		if (at[strspn(at, "0123456789abcdefABCDEF:-.,")])
			return true;
	return false;
}

const char *cmdline_rule_why(const char *name, const char *value, const struct settings *settings)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (strcmp(rules[i].name, name) == 0 && rules[i].harms(value, settings))
			return rules[i].why;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (strncmp(prefixes[i].text, name, strlen(prefixes[i].text)) == 0)
			return prefixes[i].why;
	if (is_cloud_config(name) || (value && is_cloud_config(value)))
		return "holds what cloud-init then runs";
	if (is_environment(name, value))
		return "becomes an environment variable of the initramfs' programs";
	return NULL;
}

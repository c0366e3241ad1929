/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts: the names of their reasons, and how one is added. */
#include "attest/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[VERDICT_N] = {
	[VERDICT_NOTHING_CHECKED] = "nothing-checked",
	[VERDICT_EVIDENCE] = "evidence",
	[VERDICT_IDENTITY] = "identity",
	[VERDICT_NONCE] = "nonce",
	[VERDICT_QUOTE] = "quote",
	[VERDICT_RESET] = "reset",
	[VERDICT_BOOT_LOG] = "boot-log",
	[VERDICT_BOOT_STATE] = "boot-state",
	[VERDICT_SECURE_BOOT] = "secure-boot",
	[VERDICT_COMMAND_LINE] = "command-line",
	[VERDICT_RECORD] = "record",
	[VERDICT_NOT_ENFORCING] = "not-enforcing",
	[VERDICT_EPOCH] = "epoch",
	[VERDICT_LEVEL] = "level",
	[VERDICT_LIST] = "list",
	[VERDICT_AGGREGATE] = "boot-aggregate",
	[VERDICT_UNSIGNED] = "unsigned",
	[VERDICT_UNKNOWN_KEY] = "unknown-key",
	[VERDICT_BAD_SIGNATURE] = "bad-signature",
	[VERDICT_DENIED_DIGEST] = "denied-digest",
	[VERDICT_KEYRING] = "keyring",
	[VERDICT_VIOLATION] = "violation",
	[VERDICT_KEXEC] = "kexec",
	[VERDICT_EK_CERTIFICATE] = "ek-certificate",
};

const char *verdict_code_name(enum verdict_code code)
{
	return code < VERDICT_N ? code_names[code] : "unknown";
}

int verdict_code_parse(const char *name, enum verdict_code *ret_code, struct err *err)
{
	for (unsigned int i = 0; i < VERDICT_N; i++)
		if (strcmp(name, code_names[i]) == 0) {
			*ret_code = (enum verdict_code)i;
			return 0;
		}
	return err_set(err, "verdict: no reason is named '%s'", name);
}

void verdict_init(struct verdict *verdict)
{
	verdict->pass = false;
	verdict->n = 0;
	verdict->more = 0;
}

int verdict_add(struct verdict *verdict, enum verdict_code code, uint64_t entry, const char *fmt,
		...)
{
	struct verdict_reason *reason;
	struct err text = ERR_INIT;
	char words[VERDICT_TEXT_MAX];
	va_list args;

	verdict->pass = false;
	if (verdict->n == VERDICT_REASONS_MAX) {
		verdict->more++;
		return -1;
	}
	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	err_set(&text, "%s", words);
	reason = &verdict->reasons[verdict->n++];
	reason->code = code;
	reason->entry = entry;
	(void)snprintf(reason->text, sizeof(reason->text), "%.*s", VERDICT_TEXT_MAX - 1, text.text);
	return -1;
}

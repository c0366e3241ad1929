/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splitting a kernel command line the ways its readers do. */
#include "proto/cmdline.h"

#include <string.h>

#include "proto/cmdline_rules.h"

#define BLANKS " \t\n\v\f\r"
#define QUOTES "\"'"

static bool is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c) != NULL;
}

/* Length of the parameter at text: double quotes keep blanks together (next_arg). */
static size_t param_len(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] && (quoted || !is_blank(text[n])); n++)
		if (text[n] == '"')
			quoted = !quoted;
	return n;
}

static void underscores(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static const char *judge(char *word, const struct settings *settings)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	underscores(word);
	return cmdline_rule_why(word, value, settings);
}

/* As the kernel: quotes around the whole or around the value are dropped, others stay. */
static const char *judge_kernel_view(const char *param, const struct settings *settings)
{
	char word[CMDLINE_PARAM_MAX];
	char *value;
	size_t len;
	bool whole = param[0] == '"';

	strcpy(word, param + (whole ? 1 : 0));
	value = strchr(word, '=');
	if (value && value[1] == '"') {
		memmove(value + 1, value + 2, strlen(value + 2) + 1);
		whole = true;
	}
	len = strlen(word);
	if (whole && len > 0 && word[len - 1] == '"')
		word[len - 1] = '\0';
	return judge(word, settings);
}

/* As a shell's word splitting and systemd's unquoting: at every blank, without any quote. */
static const char *judge_split_view(const char *param, const struct settings *settings)
{
	while (*param) {
		char word[CMDLINE_PARAM_MAX];
		const char *why;
		size_t n = 0;

		for (; *param && !is_blank(*param); param++)
			if (!strchr(QUOTES, *param))
				word[n++] = *param;
		word[n] = '\0';
		why = n ? judge(word, settings) : NULL;
		if (why)
			return why;
		while (is_blank(*param))
			param++;
	}
	return NULL;
}

/* Whoever passes it on drops quotes, the kernel double ones and systemd both. */
static bool is_option(const char *param)
{
	param += strspn(param, QUOTES);
	return *param == '-' && param[strspn(param, "-")] != '\0';
}

/* To the kernel's isspace() 0xa0 is a blank, to nobody else; what else is not ASCII names nothing.
 */
static bool is_plain(const char *param)
{
	for (; *param; param++)
		if (!is_blank(*param) && (*param < ' ' || *param > '~'))
			return false;
	return true;
}

static bool may_hold_backslash(const char *param)
{
	return strncmp(param, "initrd=", 7) == 0 || strncmp(param, "BOOT_IMAGE=", 11) == 0;
}

static const char *judge_param(const char *param, const struct settings *settings)
{
	const char *why = judge_kernel_view(param, settings);

	if (!why)
		why = judge_split_view(param, settings);
	if (!why && is_option(param))
		why = "is an option for init";
	if (!why && !is_plain(param))
		why = "has a byte that is not printable ASCII";
	/* dash's echo makes "\n" a line break: blacklist=x\ninstall\t... runs a command. */
	if (!why && strchr(param, '\\') && !may_hold_backslash(param))
		why = "has a backslash, which the initramfs' shell would interpret";
	return why;
}

bool cmdline_next_refusal(const char *text, const struct settings *settings, size_t *pos,
			  struct cmdline_refusal *ret_refusal)
{
	for (;;) {
		char param[CMDLINE_PARAM_MAX];
		const char *why;
		size_t len, kept;

		while (is_blank(text[*pos]))
			(*pos)++;
		if (!text[*pos])
			return false;
		len = param_len(text + *pos);
		kept = len < sizeof(param) ? len : sizeof(param) - 1;
		memcpy(param, text + *pos, kept);
		param[kept] = '\0';
		*pos += len;
		why = kept < len ? "is too long to be judged" : judge_param(param, settings);
		if (why) {
			memcpy(ret_refusal->param, param, kept + 1);
			ret_refusal->why = why;
			return true;
		}
	}
}

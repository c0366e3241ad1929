/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table, options, help, and how a program ends. */
#include "cli/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMD_OPTIONS_MAX 48
#define CMD_ID_HELP 0x10000

const char *cmd_program_name(void)
{
	return program_invocation_short_name;
}

static const struct cmd *find_command(const struct cmd *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static void print_program_help(const struct cmd_program *program)
{
	(void)printf("usage: %s COMMAND [OPTION]... [OPERAND]...\n\n%s\n\n", cmd_program_name(),
		     program->summary);
	for (const struct cmd *c = program->commands; c->name; c++)
		(void)printf("  %-12s %s\n", c->name, c->summary);
	(void)printf("\nsee '%s COMMAND --help' for each, and %s(8)\n", cmd_program_name(),
		     program->name);
}

int cmd_finish(const char *program, int code)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code == CMD_TROUBLE)
		return code;
	(void)fprintf(stderr, "%s: stdout: %s\n", program,
		      errno ? strerror(errno) : "could not be written");
	return CMD_TROUBLE;
}

static void print_option(const struct cmd_option *o)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
		       o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		       o->arg ? " " : "", o->arg ? o->arg : "");
	(void)printf("  %-28s %s\n", left, o->help);
}

static void print_command_help(const struct cmd *cmd)
{
	(void)printf("usage: %s %s [OPTION]...%s%s\n\n%s\n\n", cmd_program_name(), cmd->name,
		     *cmd->operands ? " " : "", cmd->operands,
		     cmd->about ? cmd->about : cmd->summary);
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		print_option(o);
	(void)printf("  %-28s %s\n", "-h, --help", "this text");
}

int cmd_main(const struct cmd_program *program, int argc, char **argv)
{
	const char *name = cmd_program_name();
	const struct cmd *cmd;
	bool help = false;

	if (argc < 2) {
		(void)fprintf(stderr, "%s: no command given; see '%s --help'\n", name, name);
		return CMD_TROUBLE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (strcmp(argv[1], "help") == 0 && argc == 2)) {
		print_program_help(program);
		return cmd_finish(name, CMD_YES);
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("%s %s\n", program->name, ASSAY_VERSION);
		return cmd_finish(name, CMD_YES);
	}
	if (strcmp(argv[1], "help") == 0) {
		help = true;
		argv++;
		argc--;
	}
	cmd = find_command(program->commands, argv[1]);
	if (!cmd) {
		(void)fprintf(stderr, "%s: no command is named '", name);
		cmd_print_name(stderr, argv[1]);
		(void)fprintf(stderr, "'; see '%s --help'\n", name);
		return CMD_TROUBLE;
	}
	if (!help)
		return cmd_finish(name, cmd->run(cmd, argc - 1, argv + 1));
	if (argc > 2)
		return cmd_misuse(cmd, "help takes one command, but '%s' was given too", argv[2]);
	print_command_help(cmd);
	return cmd_finish(name, CMD_YES);
}

struct option_tables {
	struct option longs[CMD_OPTIONS_MAX + 2];
	char shorts[CMD_OPTIONS_MAX * 2 + 4];
	size_t n;
};

static void build_tables(const struct cmd *cmd, struct option_tables *ret_t)
{
	char *s = ret_t->shorts;
	size_t n = 0;

	*s++ = ':';
	for (const struct cmd_option *o = cmd->options; o && o->name && n < CMD_OPTIONS_MAX;
	     o++, n++) {
		ret_t->longs[n] =
			(struct option){ .name = o->name,
					 .has_arg = o->arg ? required_argument : no_argument,
					 .flag = NULL,
					 .val = CMD_ID_HELP + 1 + (int)n };
		if (o->letter)
			*s++ = o->letter;
		if (o->letter && o->arg)
			*s++ = ':';
	}
	*s++ = 'h';
	ret_t->longs[n] = (struct option){ .name = "help", .val = CMD_ID_HELP };
	ret_t->longs[n + 1] = (struct option){ .name = NULL };
	*s = '\0';
	ret_t->n = n;
}

static const struct cmd_option *option_of(const struct cmd *cmd, int c)
{
	if (c > CMD_ID_HELP)
		return &cmd->options[c - CMD_ID_HELP - 1];
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		if (o->letter && o->letter == (char)c)
			return o;
	return NULL;
}

/* c is what getopt_long said; optopt is the letter or the number of the option, 0 for neither. */
static int misused(const struct cmd *cmd, int c, const char *word)
{
	const struct cmd_option *o;

	if (c == ':') {
		o = option_of(cmd, optopt);
		if (optopt > CMD_ID_HELP)
			return cmd_misuse(cmd, "option '--%s' needs a value", o->name);
		return cmd_misuse(cmd, "option '-%c' needs a value", optopt);
	}
	if (optopt == CMD_ID_HELP)
		return cmd_misuse(cmd, "option '--help' takes no value");
	if (optopt > CMD_ID_HELP)
		return cmd_misuse(cmd, "option '--%s' takes no value",
				  option_of(cmd, optopt)->name);
	if (optopt)
		return cmd_misuse(cmd, "no option is named '-%c'", optopt);
	return cmd_misuse(cmd, "no option is named '%s'", word);
}

int cmd_options(const struct cmd *cmd, int argc, char **argv, cmd_option_fn fn, void *ctx,
		int *ret_exit)
{
	struct option_tables t;
	struct err err = ERR_INIT;
	int c;

	build_tables(cmd, &t);
	optind = 1;
	while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct cmd_option *o;

		if (c == CMD_ID_HELP || c == 'h') {
			print_command_help(cmd);
			*ret_exit = CMD_YES;
			return -1;
		}
		if (c == '?' || c == ':') {
			*ret_exit = misused(cmd, c, argv[optind - 1]);
			return -1;
		}
		o = option_of(cmd, c);
		if (!o || fn(ctx, o->id, optarg, &err) < 0) {
			*ret_exit = cmd_misuse(cmd, "--%s: %s", o ? o->name : "?", err.text);
			return -1;
		}
	}
	return optind;
}

int cmd_fail(const struct cmd *cmd, const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: %s: ", cmd_program_name(), cmd->name);
	cmd_print_name(stderr, err->text);
	(void)fputc('\n', stderr);
	return CMD_TROUBLE;
}

int cmd_misuse(const struct cmd *cmd, const char *fmt, ...)
{
	AUTO_STR text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: %s: ", cmd_program_name(), cmd->name);
	cmd_print_name(stderr, text ? text : "out of memory");
	(void)fprintf(stderr, "; see '%s %s --help'\n", cmd_program_name(), cmd->name);
	return CMD_TROUBLE;
}

void cmd_next(const char *text)
{
	if (isatty(STDERR_FILENO) != 1)
		return;
	(void)fflush(stdout);
	(void)fprintf(stderr, "next: %s\n", text);
}

int cmd_parse_uint(const char *text, unsigned long min, unsigned long max, unsigned long *ret_value,
		   struct err *err)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || v < min || v > max)
		return err_set(err, "'%s' is not a number from %lu to %lu", text, min, max);
	*ret_value = v;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every program of Assay shares: the command table, options, help, and how it ends. */
#ifndef ASSAY_CLI_CMD_H
#define ASSAY_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Exit codes, the same for all commands. */
enum cmd_exit {
	CMD_YES = 0,	 /* yes, or done */
	CMD_NO = 1,	 /* a verdict against */
	CMD_TROUBLE = 2, /* usage, I/O, TPM, format */
};

/*
 * One long option.  id is what cmd_options hands to the command's own function; arg names the
 * argument for --help (NULL: it takes none); repeatable options are simply given several times.
 */
struct cmd_option {
	const char *name;
	int id;
	char letter; /* short form, '\0': none */
	const char *arg;
	const char *help; /* one line */
};

struct cmd;

/* Called for each option in order; fails on a bad value with a line that names the option. */
typedef int (*cmd_option_fn)(void *ctx, int id, const char *value, struct err *err);

/* One command of a program: run gets argv with argv[0] the command's name. */
struct cmd {
	const char *name;
	const char *operands; /* for the usage line, e.g. "FILE..." or "" */
	const char *summary;  /* one line for the list of commands */
	const char *about;    /* paragraph for --help of this command, NULL: the summary */
	const struct cmd_option
		*options; /* ends with name == NULL; --help and --json need no function */
	int (*run)(const struct cmd *cmd, int argc, char **argv);
};

struct cmd_program {
	const char *name; /* "assay-sign" */
	const char *summary;
	const struct cmd *commands; /* ends with name == NULL */
};

/* main() of a program with a command table: --help, --version, command, the misuse line. */
int cmd_main(const struct cmd_program *program, int argc, char **argv);

/*
 * Writes out stdout; returns code, or CMD_TROUBLE with one line on stderr where something was not
 * written: an answer that nobody got is no answer.  cmd_main ends every command so.
 */
MUST_USE int cmd_finish(const char *program, int code);

/*
 * Reads the options of one command.  Returns the index of the first operand, or -1 when the command
 * must end at once with *ret_exit (help was printed: CMD_YES; misuse: one line and CMD_TROUBLE).
 */
MUST_USE int cmd_options(const struct cmd *cmd, int argc, char **argv, cmd_option_fn fn, void *ctx,
			 int *ret_exit);

/* "program: operation: object: reason" on stderr; returns CMD_TROUBLE. */
int cmd_fail(const struct cmd *cmd, const struct err *err);

/* Misuse: one specific line and "see 'program command --help'"; returns CMD_TROUBLE. */
int cmd_misuse(const struct cmd *cmd, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The name main was given, for messages: "assay policy" when assay ran it, see dispatch_exec. */
const char *cmd_program_name(void);

/* "next: TEXT" on stderr, for whoever goes the way of 'assay --help'; on a terminal only. */
void cmd_next(const char *text);

/* A name as shown to a person: control characters, bytes that are not UTF-8 escaped as \xNN. */
void cmd_print_name(FILE *to, const char *name);

/* Reads a passphrase from the terminal without echo, at most max - 1 bytes.  The terminal is as it
 * was whenever a signal ends or stops the program; on failure ret_text is wiped.  instead: the
 * options that spare it, for where there is no terminal. */
MUST_USE int cmd_ask_secret(const char *prompt, const char *instead, char *ret_text, size_t max,
			    struct err *err);

/* Parses a number from min to max: the whole string, no sign. */
MUST_USE int cmd_parse_uint(const char *text, unsigned long min, unsigned long max,
			    unsigned long *ret_value, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay: the operator's command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/commands/commands.h"
#include "assay/dispatch.h"
#include "assay/help.h"
#include "base/io.h"

#define PAGE_MAX (sizeof("assay-") + DISPATCH_NAME_MAX)

static const char summary[] =
	"Assay makes a Linux host run only what was installed, and proves it.";

static const struct cmd commands[] = {
	{ "check", "", "can this host be enabled? what stands in the way, and how to mend it",
	  "Looks at kernels, machine, file systems, keys, initramfs, modules, and every file that "
	  "the\n"
	  "kernel would appraise.  Changes nothing.  Exit 0: this host can be enabled; 1: not yet.",
	  check_options, cmd_check },
	{ "enable", "", "the next boot enforces, or with --log notes what it would deny",
	  "Refuses, with the list, whatever would stop the machine from booting or its operator "
	  "from\n"
	  "logging in.  Then it writes and signs the boot bundle, sets the mode in assay.conf and "
	  "makes\n"
	  "every initramfs anew; if any of it fails, all is as before.  Exit 0: done; 1: refused.",
	  enable_options, cmd_enable },
	{ "disable", "", "the next boot enforces nothing",
	  "Takes the boot bundle away, sets the mode in assay.conf and makes every initramfs anew; "
	  "if\n"
	  "any of it fails, all is as before.",
	  disable_options, cmd_disable },
	{ "explain", "FILE...",
	  "which rule and which signature decide about a file, and what the kernel says",
	  "Judges by the policy in force or of the next boot where that enforces, else by the one "
	  "that\n"
	  "'assay enable' would make; which one is said first.  Of data that nothing executes "
	  "only\n"
	  "--operation tells.  Exit 0: allowed; 1: denied.",
	  explain_options, cmd_explain },
	{ "status", "", "what is configured, what is in force now, and where the two differ",
	  "What is in force is read from the kernel and the TPM.  Exit 0: enforcing as configured; "
	  "1: "
	  "not.",
	  status_options, cmd_status },
	{ "level", "get | list | set NAME", "whose packages and files this host takes",
	  "Levels are named in assay.conf, the most trusted first.  What they do not accept is "
	  "refused\n"
	  "before it is unpacked, and the kernel is not given its key.  set does what 'assay "
	  "enable' "
	  "does:\n"
	  "it takes effect at the next boot.",
	  level_options, cmd_level },
	{ "log", "", "what was taken, signed and admitted, by whose word and when",
	  "Every package that dpkg installed while Assay watched, every run of 'assay sign', "
	  "every\n"
	  "'assay admit', oldest first.",
	  log_options, cmd_log },
	{ "owner", "FILE...", "which package a file is of, whose key signed it, when it came",
	  "Whether the signature verifies is for 'assay verify' and 'assay explain' to say.",
	  owner_options, cmd_owner },
	{ "events", "", "what was denied or would have been, by file and package, and the remedy",
	  "Reports the kernel's integrity records: from the journal, audit.log and the kernel log.",
	  events_options, cmd_events },
	{ .name = NULL },
};

/* Commands that another program holds under the same name. */
static const struct {
	const char *name;
	const char *program;
} forwarded[] = {
	{ "keygen", "sign" }, { "sign", "sign" },  { "verify", "sign" },
	{ "repair", "sign" }, { "admit", "sign" },
};

static const char help[] =
	"From a fresh host to one that runs only what was installed, as root, in this order:\n"
	"\n"
	"  1. assay keygen             make the signing key and its certificate\n"
	"  2. assay check              what stands in the way on this host, and how to mend it\n"
	"  3. assay sign --installed   sign what the packages installed\n"
	"  4. assay enable --log       the next boot runs everything and notes what it would deny\n"
	"     reboot, use the host as usual\n"
	"  5. assay events             what would have been denied, and the remedy for each\n"
	"  6. assay enable             the next boot enforces\n"
	"     reboot\n"
	"  7. assay status             what is configured, what is in force\n"
	"\n"
	"Nothing changes before the next boot, and enable refuses whatever would stop the machine\n"
	"from booting or you from logging in.  Its own commands:\n"
	"\n";

static const char help_end[] =
	"\nand those of other programs, run by 'assay NAME':\n"
	"\n"
	"  keygen, sign, verify, repair, admit\n"
	"                                 make keys; sign and check files; assay-sign(8)\n"
	"  policy COMMAND                 generate, lint, explain, simulate; assay-policy(8)\n"
	"  pkg COMMAND                    sign, verify, show: signatures in packages; "
	"assay-pkg(8)\n"
	"  lock COMMAND                   get, set, approve, test, ...: disk keys sealed to the "
	"TPM; "
	"assay-lock(8)\n"
	"  attest COMMAND                 enrol, run, report, ...: prove this host's state; "
	"assay-attest(8)\n"
	"  verifier COMMAND               judge what hosts prove, in a package of its own; "
	"assay-verifier(8)\n"
	"\n"
	"'assay help COMMAND' tells of each, by its manual page on a terminal, and\n"
	"'assay COMMAND --help' in short; see assay(8), assay.conf(5).\n";

static void print_help(void)
{
	(void)printf("usage: assay COMMAND [OPTION]... [OPERAND]...\n\n%s\n\n%s", summary, help);
	for (const struct cmd *c = commands; c->name; c++)
		(void)printf("  %-10s %s\n", c->name, c->summary);
	(void)fputs(help_end, stdout);
}

static bool is_own(const char *name)
{
	for (const struct cmd *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return true;
	return *name == '-';
}

static bool is_forwarded(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
		if (strcmp(forwarded[i].name, name) == 0)
			return true;
	return false;
}

static bool names_a_command(int n, char **words)
{
	for (int i = 0; i < n; i++)
		if (*words[i] != '-' && (is_own(words[i]) || is_forwarded(words[i])))
			return true;
	return false;
}

/* Runs the program that holds the command; does not return when it could. */
static int forward(char **argv)
{
	static char own_name[] = "assay";
	char name[sizeof("assay ") + DISPATCH_NAME_MAX];
	struct err err = ERR_INIT;
	const char *command;

	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++) {
		if (strcmp(argv[1], forwarded[i].name) != 0)
			continue;
		argv[0] = own_name;
		(void)dispatch_exec(forwarded[i].program, argv, &err);
		if (io_require_proc(&err) == 0) /* the programs are looked for beside assay */
			(void)err_set(&err, "assay-%s is not installed", forwarded[i].program);
		(void)fprintf(stderr, "assay: %s: %s\n", argv[1], err.text);
		return CMD_TROUBLE;
	}
	(void)snprintf(name, sizeof(name), "assay %s", argv[1]);
	command = argv[1];
	argv[1] = name;
	(void)dispatch_exec(command, argv + 1, &err);
	if (strcmp(command, "verifier") == 0 && io_require_proc(NULL) == 0) {
		(void)fprintf(stderr, "assay: 'verifier' is in the package assay-verifier\n");
		return CMD_TROUBLE;
	}
	(void)fprintf(stderr, "assay: %s; see 'assay --help'\n", err.text);
	return CMD_TROUBLE;
}

static int run(int argc, char **argv)
{
	static const struct cmd_program program = { "assay", summary, commands };

	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
			  strcmp(argv[1], "help") == 0)) {
		print_help();
		return cmd_finish(program.name, CMD_YES);
	}
	if (argc >= 3 && *argv[1] == '-' && names_a_command(argc - 2, argv + 2)) {
		(void)fprintf(stderr, "assay: ");
		cmd_print_name(stderr, argv[1]);
		(void)fprintf(stderr, ": options follow the command; see 'assay --help'\n");
		return CMD_TROUBLE;
	}
	if (argc >= 2 && !is_own(argv[1]))
		return forward(argv);
	return cmd_main(&program, argc, argv);
}

/* The program whose page tells of the command; "" where no program holds it. */
static void find_program(const char *command, char ret_name[static PAGE_MAX])
{
	const char *holder = command;
	AUTO_STR path = NULL;

	*ret_name = '\0';
	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
		if (strcmp(command, forwarded[i].name) == 0)
			holder = forwarded[i].program;
	if (*command == '-')
		return;
	if (is_own(command))
		(void)snprintf(ret_name, PAGE_MAX, "assay");
	else if (dispatch_find(holder, &path, NULL) == 0)
		(void)snprintf(ret_name, PAGE_MAX, "assay-%s", holder);
}

static int help_with(int argc, char **argv)
{
	const int most = is_own(argv[2]) || is_forwarded(argv[2]) ? 3 : 4; /* "policy lint" */
	char page[PAGE_MAX];
	char **words;
	int ret;

	if (argc > most) {
		(void)fprintf(stderr,
			      "assay: help takes one command, but '%s' was given too; see "
			      "'assay --help'\n",
			      argv[most]);
		return CMD_TROUBLE;
	}
	find_program(argv[2], page);
	if (*page)
		help_show_manual(page);
	words = help_words(argc, argv);
	if (!words) {
		(void)fprintf(stderr, "assay: help: out of memory\n");
		return CMD_TROUBLE;
	}
	ret = run(argc, words);
	free(words);
	return ret;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "help") == 0)
		return help_with(argc, argv);
	return run(argc, argv);
}

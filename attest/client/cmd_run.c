/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest run: rounds without end, for a service. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/client/commands.h"
#include "attest/client/drop.h"
#include "attest/client/memory.h"
#include "attest/client/notify.h"
#include "attest/client/options.h"
#include "attest/client/round.h"
#include "attest/client/state.h"
#include "attest/client/wait.h"

#define AILING_MAX 4 /* rounds in a row that fail for the TPM's or a log's sake */

static const struct cmd_option run_options[] = {
	OPTION_CONFIG,
	OPTIONS_SOURCES,
	{ .name = NULL },
};

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	return options_take(ctx, id, value, err);
}

/* Nothing is kept between rounds, so there is nothing to end. */
static void end_at_once(int number)
{
	(void)number;
	_exit(CMD_YES);
}

static void say(const char *text)
{
	(void)fprintf(stderr, "%s: ", cmd_program_name());
	cmd_print_name(stderr, text);
	(void)fputc('\n', stderr);
}

/* The service, for as long as it runs. */
struct service {
	struct options options;
	struct host host;
	struct msg_state state;
	struct err err;
	char said[ERR_TEXT_MAX]; /* last: the journal gets a line when it changes */
};

static void cleanup_service(struct service **service)
{
	if (*service)
		host_done(&(*service)->host);
	free(*service);
}

static void say_once(struct service *s, const char *text)
{
	if (strcmp(s->said, text) == 0)
		return;
	(void)snprintf(s->said, sizeof(s->said), "%s", text);
	say(text);
	notify("STATUS", text);
}

static void say_state(struct service *s)
{
	char text[sizeof(s->state.state) + sizeof(s->state.reason) + 2];

	(void)snprintf(text, sizeof(text), "%s%s%s", s->state.state, s->state.reason[0] ? ": " : "",
		       s->state.reason);
	say_once(s, text);
}

/* Until this host itself fails so often that it should begin anew. */
static void rounds(struct service *s)
{
	unsigned int failures = 0;
	unsigned int ailing = 0;

	while (ailing < AILING_MAX) {
		if (round_run(&s->host, &s->state, &s->err) == 0) {
			failures = ailing = 0;
			say_state(s);
			if (link_connected(s->host.link))
				memory_give_back();
			wait_sleep(wait_next(s->state.next_seconds));
		} else {
			failures++;
			ailing = s->host.ailing ? ailing + 1 : 0;
			say_once(s, s->err.text);
			if (ailing < AILING_MAX)
				wait_sleep(wait_away(failures));
		}
	}
}

static int start(struct service *s)
{
	const struct sigaction end = { .sa_handler = end_at_once };

	if (sigaction(SIGTERM, &end, NULL) < 0 || sigaction(SIGINT, &end, NULL) < 0)
		return err_errno(&s->err, "signals");
	if (host_open(s->options.config, &s->options.paths, &s->host, &s->err) < 0)
		return -1;
	return drop_privileges(&s->err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_service) struct service *s = calloc(1, sizeof(*s));
	int ret_exit = CMD_TROUBLE;
	int first;

	if (!s)
		return CMD_TROUBLE;
	s->options.config = CONF_PATH;
	s->host = (struct host)HOST_INIT;
	first = cmd_options(cmd, argc, argv, take_option, &s->options, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (argc != first)
		return cmd_misuse(cmd, "it takes no operand");
	if (start(s) < 0)
		return cmd_fail(cmd, &s->err);
	notify("READY", "1");
	rounds(s);
	return cmd_fail(cmd, &s->err);
}

const struct cmd cmd_run = {
	.name = "run",
	.operands = "",
	.summary = "report to the verifier for as long as it runs (the service)",
	.about = "Makes a round with the verifier of attest.conf whenever the verifier wants one, "
		 "until it is ended.  What changes is told on stderr.  A verifier that is away is "
		 "tried again, less and less often, up to every five minutes.",
	.options = run_options,
	.run = run,
};

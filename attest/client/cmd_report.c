/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-attest report: one round, by hand. */
#include "attest/client/commands.h"
#include "attest/client/drop.h"
#include "attest/client/options.h"
#include "attest/client/round.h"
#include "attest/client/state.h"

static const struct cmd_option report_options[] = {
	OPTION_CONFIG,
	OPTIONS_SOURCES,
	{ "json", OPT_JSON, 0, NULL, "the verifier's word as a JSON object" },
	{ .name = NULL },
};

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	return options_take(ctx, id, value, err);
}

static int report(const struct options *options, struct msg_state *ret_state, struct err *err)
{
	AUTO_HOST host = HOST_INIT;

	if (host_open(options->config, &options->paths, &host, err) < 0 || drop_privileges(err) < 0)
		return -1;
	return round_run(&host, ret_state, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct options options = { .config = CONF_PATH };
	struct msg_state state;
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, take_option, &options, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (argc != first)
		return cmd_misuse(cmd, "it takes no operand");
	if (report(&options, &state, &err) < 0 ||
	    (options.json && state_print_json(&state, &err) < 0))
		return cmd_fail(cmd, &err);
	if (!options.json)
		state_print(stdout, &state);
	return state_exit(&state);
}

const struct cmd cmd_report = {
	.name = "report",
	.operands = "",
	.summary = "report to the verifier once, and show its word",
	.about = "Makes one round with the verifier of attest.conf and prints its word on this "
		 "host: pass, or fail and the first reason.  Exit 0: pass, 1: fail or stale, 2: "
		 "trouble, or it does not know this host.",
	.options = report_options,
	.run = run,
};

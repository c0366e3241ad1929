/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's word on this host. */
#include "attest/client/state.h"

#include <jansson.h>
#include <string.h>

#include "base/hex.h"
#include "cli/cmd.h"
#include "cli/json.h"

void state_print(FILE *to, const struct msg_state *state)
{
	cmd_print_name(to, state->state);
	if (state->reason[0]) {
		(void)fputs(": ", to);
		cmd_print_name(to, state->reason);
	}
	(void)fputc('\n', to);
}

int state_print_json(const struct msg_state *state, struct err *err)
{
	char host[2 * EVIDENCE_HOST_SIZE + 1];
	json_t *top;

	hex_format(state->host, sizeof(state->host), host);
	top = json_pack("{s:s, s:o, s:o, s:I, s:I}", "host", host, "state",
			cmd_json_name(state->state), "reason",
			state->reason[0] ? cmd_json_name(state->reason) : json_null(),
			"next_seconds", (json_int_t)state->next_seconds, "list_offset",
			(json_int_t)state->list_offset);
	return cmd_json_print(top, err);
}

int state_exit(const struct msg_state *state)
{
	if (strcmp(state->state, "pass") == 0)
		return CMD_YES;
	return strcmp(state->state, "fail") == 0 || strcmp(state->state, "stale") == 0
		       ? CMD_NO
		       : CMD_TROUBLE;
}

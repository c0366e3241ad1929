/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay status: what is configured, what is in force, and where the two differ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/commands/commands.h"
#include "assay/events/gather.h"
#include "assay/commands/out.h"
#include "assay/commands/status.h"
#include "base/hex.h"

#define LABEL_WIDTH 20 /* columns */

enum { OPT_JSON, OPT_ROOT };

struct status_options {
	struct host host;
	bool json;
};

const struct cmd_option status_options[] = {
	{ "root", OPT_ROOT, '\0', "DIR", "look at the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct status_options *o = ctx;

	if (id == OPT_ROOT)
		return host_set_root(&o->host, value, err);
	o->json = true;
	return 0;
}

/* By the words of `assay events`, so that both tell the same. */
static void count_denials(const struct host *host, const struct state *s,
			  struct status_counts *ret_counts)
{
	const struct event_query query = { .host = host,
					   .boot_only = true,
					   .since_ms = s->since_ms };
	CLEANUP(events_free) struct events events = { .n = 0 };
	struct events_totals t;

	*ret_counts = (struct status_counts){ .denied = FACTS_UNKNOWN, .warned = FACTS_UNKNOWN };
	if (events_gather(&query, s, NULL, &events, NULL) < 0)
		return;
	t = events_count(&events);
	*ret_counts = (struct status_counts){ .denied = (long)t.denied, .warned = (long)t.warned };
}

static void line(const char *label, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void line(const char *label, const char *fmt, ...)
{
	va_list ap;

	(void)printf("%-*s ", LABEL_WIDTH, label);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

static const char *yes_no(long v)
{
	return v == FACTS_UNKNOWN ? "unknown" : v ? "yes" : "no";
}

static void print_configured(const struct host *host, const struct state *s)
{
	AUTO_JSON certs = json_array();
	char policy[2 * HASH_SIZE_MAX + 1];
	const json_t *cert;
	size_t i;

	line("configured", "%s (what the next boot does)",
	     settings_mode_name(s->config.settings.mode));
	if (!s->has_record)
		return;
	hex_format(s->record.policy.data, s->record.policy.len, policy);
	line("  profile", "%s, EVM %s", settings_profile_name(s->record.settings.profile),
	     settings_evm_name(s->record.settings.evm));
	line("  policy", "sha256:%s", policy);
	line("  epoch, level", "%u, %s", s->record.epoch, s->record.level);
	status_certs(host, s, certs);
	json_array_foreach(certs, i, cert)
	{
		const char *keyid = json_string_value(json_object_get(cert, "keyid"));

		line("  key", "%s %s", keyid ? keyid : "(unreadable)",
		     json_string_value(json_object_get(cert, "file")));
	}
}

static void print_keyring(const char *label, const struct facts *f, const struct keyring_state *k)
{
	if (!f->keyrings_known || !k->present)
		line(label, "%s", f->keyrings_known ? "none" : "unknown");
	else
		line(label, "%s, %zu key%s", k->restricted ? "locked" : "NOT LOCKED", k->keys,
		     k->keys == 1 ? "" : "s");
}

static void print_in_force(const struct state *s)
{
	const struct facts *f = &s->facts;
	char since[OUT_TIME_MAX];

	out_time_text(s->since_ms, since);
	line("in force", "%s%s%s", state_force_name(s->force),
	     s->force == FORCE_NOTHING ? "" : " since ", s->force == FORCE_NOTHING ? "" : since);
	line("  kernel", "%s, %s", f->release,
	     f->secure_boot == FACTS_UNKNOWN ? "no Secure Boot (not booted by UEFI)"
	     : f->secure_boot		     ? "Secure Boot on"
					     : "Secure Boot off");
	if (s->force == FORCE_NOTHING)
		return;
	line("  record", "%s%s", s->same_record ? "the configured one" : "another than configured",
	     s->proof == PROOF_YES ? ", as its PCR says" : "");
	print_keyring("  keyring ima", f, &f->ima_keys);
	print_keyring("  keyring evm", f, &f->evm_keys);
	line("  lockdown", "%s",
	     f->lockdown_known ? settings_lockdown_name(f->lockdown) : "unknown");
	line("  module signatures", "%s", yes_no(f->sig_enforce));
	line("  kexec_load", "%s",
	     f->kexec_load_disabled == FACTS_UNKNOWN ? "unknown" : yes_no(!f->kexec_load_disabled));
}

static void print_count(const char *label, long n)
{
	if (n == FACTS_UNKNOWN)
		line(label, "unknown (the kernel's records can't be read)");
	else
		line(label, "%ld%s", n, n ? ", see 'assay events'" : "");
}

static bool is_off(const struct state *s)
{
	return s->force == FORCE_NOTHING && s->config.settings.mode == MODE_OFF;
}

static void print_text(const struct host *host, const struct state *s,
		       const struct status_counts *c, const struct report *r)
{
	print_configured(host, s);
	if (!status_is_known(host)) {
		line("in force", "not known below --root");
		report_print(r, false);
		return;
	}
	print_in_force(s);
	print_count("denied since boot", c->denied);
	if (s->force == FORCE_LOG)
		print_count("would have been denied since boot", c->warned);
	(void)putchar('\n');
	report_print(r, false);
	(void)printf("%s\n", r->reasons			 ? "not as configured"
			     : s->force == FORCE_ENFORCE ? "enforcing as configured"
			     : is_off(s)		 ? "not enabled"
							 : "as configured");
	if (!r->reasons && is_off(s) && !*host->root)
		cmd_next("assay check");
}

int cmd_status(const struct cmd *cmd, int argc, char **argv)
{
	struct status_options o = { .host = { .root = "" } };
	AUTO_MEM struct state *state = NULL;
	struct status_counts counts;
	struct err err = ERR_INIT;
	struct report report;
	bool good;
	int ret_exit;
	int first = cmd_options(cmd, argc, argv, option, &o, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	if (state_read(&o.host, &state, &err) < 0)
		return cmd_fail(cmd, &err);
	if (report_init(&report, o.host.root, &err) < 0)
		return cmd_fail(cmd, &err);
	count_denials(&o.host, state, &counts);
	status_compare(&o.host, state, &report);
	if (o.json)
		out_print(status_json(&o.host, state, &counts, &report));
	else
		print_text(&o.host, state, &counts, &report);
	good = report.reasons == 0 && status_is_known(&o.host) && state->force == FORCE_ENFORCE;
	report_done(&report);
	return good ? CMD_YES : CMD_NO;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay disable: the next boot enforces nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "assay/next_boot/bundle.h"
#include "assay/next_boot/lock.h"
#include "assay/commands/commands.h"
#include "assay/commands/out.h"
#include "base/io.h"

#define UPDATE_ALL "update-initramfs -u -k all"

enum { OPT_JSON, OPT_NO_INITRAMFS, OPT_ROOT };

const struct cmd_option disable_options[] = {
	{ "no-initramfs", OPT_NO_INITRAMFS, '\0', NULL,
	  "do not make the initramfs anew (who builds images does it later)" },
	{ "root", OPT_ROOT, '\0', "DIR", "disable the host below DIR; implies --no-initramfs" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

struct disable {
	struct host host;
	bool json;
	bool no_initramfs;
	struct report report;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct disable *d = ctx;

	if (id == OPT_ROOT)
		return host_set_root(&d->host, value, err);
	d->json |= id == OPT_JSON;
	d->no_initramfs |= id == OPT_NO_INITRAMFS;
	return 0;
}

static bool can_run(const struct disable *d)
{
	return host_has(&d->host, UPDATE_INITRAMFS);
}

/* What is left to do by hand where no initramfs was made anew; "" when all is done, or nothing can
 * be. */
static int to_do(const struct disable *d, struct buf *out, struct err *err)
{
	if (!d->no_initramfs || !can_run(d))
		return 0;
	return *d->host.root ? buf_putf(out, err, "chroot %s " UPDATE_ALL, d->host.root)
			     : buf_putf(out, err, UPDATE_ALL);
}

static void print_json(const struct disable *d, bool was_on, const char *rest)
{
	json_t *top = json_object();

	json_object_set_new(top, "done", json_true());
	json_object_set_new(top, "changed", json_boolean(was_on));
	json_object_set_new(top, "mode", json_string("off"));
	json_object_set_new(
		top, "takes_effect",
		json_string(d->no_initramfs ? "when every initramfs is made anew" : "next boot"));
	json_object_set_new(top, "to_do", *rest ? out_name(rest) : json_null());
	json_object_set(top, "findings", d->report.findings);
	out_print(top);
}

static void print_text(const struct disable *d, bool was_on, const char *rest)
{
	report_print(&d->report, false);
	if (d->no_initramfs && !can_run(d)) {
		(void)printf("it is off%s; update-initramfs is not installed %s: an initramfs "
			     "that was made while it was on still starts enforcement\n",
			     was_on ? "" : " already", *d->host.root ? "there" : "here");
	} else if (*rest) {
		(void)printf("it is off%s, but no initramfs was made anew: one that was made "
			     "while it was on still starts enforcement; run '",
			     was_on ? "" : " already");
		cmd_print_name(stdout, rest);
		(void)printf("'\n");
	} else if (was_on) {
		(void)printf("the next boot enforces nothing; until then nothing changes\n");
	} else {
		(void)printf("it is off already; every initramfs was made anew all the same, and "
			     "the next boot enforces nothing\n");
	}
}

/* The mark by which removing the package is let go on while this boot still enforces. */
static void note_done(const struct disable *d)
{
	AUTO_BUF text = BUF_INIT(HOST_TEXT_MAX);
	struct err err = ERR_INIT;

	if (*d->host.root)
		return;
	if (!d->no_initramfs && (buf_putf(&text, &err, "the next boot enforces nothing\n") < 0 ||
				 io_make_dirs(STATE_RUN_DIR, &err) < 0 ||
				 host_replace(&d->host, STATE_OFF_FILE, &text, 0644, &err) < 0))
		(void)fprintf(stderr, "assay: disable: %s\n", err.text);
	openlog("assay", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_WARNING, "assay.enforcement.disabled: mode off %s",
	       d->no_initramfs ? "when every initramfs is made anew" : "at the next boot");
	closelog();
}

/* Nothing reads it in the way to a boot without enforcement, but the other commands will. */
static void tell_config(const struct host *host)
{
	AUTO_MEM struct config *config = malloc(sizeof(*config));
	AUTO_MEM char *path = malloc(HOST_PATH_MAX);
	struct err err = ERR_INIT;

	if (config && path && host_path(host, CONFIG_PATH, path, &err) == 0 &&
	    config_load(path, config, &err) < 0)
		(void)fprintf(stderr,
			      "assay: disable: assay.conf is still to be mended, as the other "
			      "commands can't read it: %s\n",
			      err.text);
}

static bool is_on(const struct host *host, const struct state *state)
{
	return state->config.settings.mode != MODE_OFF || *state->config_damage.text ||
	       host_has(host, BUNDLE_HOST_DIR) || host_has(host, BUNDLE_OLD_DIR);
}

/*
 * Carried through whatever the configuration says: an earlier disable may have been cut off behind
 * it, or have left the initramfs to somebody else.
 */
static int run(const struct cmd *cmd, struct disable *d)
{
	AUTO_MEM struct state *state = NULL;
	AUTO_BUF rest = BUF_INIT(HOST_TEXT_MAX);
	struct err err = ERR_INIT;
	struct change change = { .host = &d->host,
				 .mode = MODE_OFF,
				 .initramfs = !d->no_initramfs };
	bool was_on;

	if (to_do(d, &rest, &err) < 0 || state_read_damaged(&d->host, &state, &err) < 0)
		return cmd_fail(cmd, &err);
	change.config_damaged = *state->config_damage.text != '\0';
	change.before = change.config_damaged ? MODE_ENFORCE : state->config.settings.mode;
	was_on = is_on(&d->host, state);
	if (change_apply(&change, &err) < 0)
		return cmd_fail(cmd, &err);
	note_done(d);
	lock_advise(&change, &d->report);
	if (change.config_damaged)
		tell_config(&d->host);
	if (d->json)
		print_json(d, was_on, buf_text(&rest));
	else
		print_text(d, was_on, buf_text(&rest));
	return CMD_YES;
}

int cmd_disable(const struct cmd *cmd, int argc, char **argv)
{
	struct disable d = { .host = { .root = "" } };
	struct err err = ERR_INIT;
	int ret_exit;
	int first = cmd_options(cmd, argc, argv, option, &d, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first < argc)
		return cmd_misuse(cmd, "takes no operand, but '%s' was given", argv[first]);
	d.no_initramfs |= *d.host.root != '\0';
	if (geteuid() != 0 && !*d.host.root) {
		(void)err_set(&err, "only root can change what the next boot does");
		return cmd_fail(cmd, &err);
	}
	if (report_init(&d.report, d.host.root, &err) < 0)
		return cmd_fail(cmd, &err);
	ret_exit = run(cmd, &d);
	report_done(&d.report);
	return ret_exit;
}

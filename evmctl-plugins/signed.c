/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of sign and admit in the log. */
#include "evmctl-plugins/signed.h"

#include <stdio.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "cli/json.h"
#include "cli/log.h"

static void add_key(const struct job *job, json_t *entry)
{
	char keyid[16];

	(void)snprintf(keyid, sizeof(keyid), "%08x", job->engine.keyid);
	json_object_set_new(entry, "by", json_string("operator"));
	json_object_set_new(entry, "keyid", json_string(keyid));
}

static int add(json_t *entry, struct err *err)
{
	CLEANUP(log_done) struct log log = LOG_INIT;

	if (log_open(&log, LOG_PATH, err) < 0) {
		json_decref(entry);
		return -1;
	}
	if (log_add(&log, entry, err) < 0)
		return -1;
	return log_close(&log, err);
}

/* What was asked for, in a few words. */
static json_t *asked(const struct job *job)
{
	if (job->installed)
		return json_string("--installed");
	return cmd_json_name(job->n_packages ? job->packages[0] : job->operands[0]);
}

int signed_log(const struct job *job, size_t n, struct err *err)
{
	json_t *entry;

	if (n == 0 || job->engine.dry_run || job->root ||
	    access(job->config->certificate, F_OK) < 0)
		return 0;
	entry = json_object();
	json_object_set_new(entry, "event", json_string("sign"));
	json_object_set_new(entry, "what", asked(job));
	json_object_set_new(entry, "files", json_integer((json_int_t)n));
	add_key(job, entry);
	return add(entry, err);
}

int signed_log_admitted(const struct job *job, const char *path, struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];
	struct digest digest;
	AUTO_FD fd = -1;
	json_t *entry;

	if (io_open_regular(path, &fd, err) < 0 || hash_fd(HASH_SHA256, fd, path, &digest, err) < 0)
		return -1;
	hex_format(digest.data, digest.len, hex);
	entry = json_object();
	json_object_set_new(entry, "event", json_string("admit"));
	json_object_set_new(entry, "path", cmd_json_name(path));
	json_object_set_new(entry, "sha256", json_string(hex));
	json_object_set_new(entry, "reason", cmd_json_name(job->reason));
	add_key(job, entry);
	return add(entry, err);
}

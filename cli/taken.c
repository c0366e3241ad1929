/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's entry in the log. */
#include "cli/taken.h"

#include <stdio.h>

#include "base/hex.h"
#include "cli/json.h"

static int add_signer(json_t *entry, const struct trust *trust, const struct cert *by,
		      struct err *err)
{
	size_t level;

	json_object_set_new(entry, "subject", cmd_json_name(cert_subject(by)));
	if (level_of_cert(trust->config, by, &level, err) < 0)
		return -1;
	if (level < level_count(trust->config))
		json_object_set_new(entry, "level", json_string(level_name(trust->config, level)));
	return 0;
}

int taken_add(json_t *entries, const struct trust *trust, const struct taken *taken,
	      struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];
	json_t *entry = json_object();
	char keyid[16];

	hex_format(taken->digest->data, taken->digest->len, hex);
	(void)snprintf(keyid, sizeof(keyid), "%08x",
		       taken->by ? cert_keyid(taken->by) : taken->keyid);
	json_object_set_new(entry, "event", json_string("package"));
	json_object_set_new(entry, "package", cmd_json_name(taken->package));
	json_object_set_new(entry, "version", cmd_json_name(taken->version));
	json_object_set_new(entry, "architecture", cmd_json_name(taken->architecture));
	json_object_set_new(entry, taken->digest_name, json_string(hex));
	json_object_set_new(entry, "files", json_integer((json_int_t)taken->files));
	json_object_set_new(entry, "by", json_string(taken->by ? "signature" : taken->vouched_by));
	json_object_set_new(entry, "keyid", json_string(keyid));
	if (taken->by && add_signer(entry, trust, taken->by, err) < 0) {
		json_decref(entry);
		return -1;
	}
	return json_array_append_new(entries, entry) < 0 ? err_set(err, "out of memory") : 0;
}

int taken_write(const json_t *entries, struct err *err)
{
	CLEANUP(log_done) struct log log = LOG_INIT;
	const size_t n = json_array_size(entries);

	if (!n)
		return 0;
	if (log_open(&log, LOG_PATH, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (log_add(&log, json_incref(json_array_get(entries, i)), err) < 0)
			return -1;
	return log_close(&log, err);
}

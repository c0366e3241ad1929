/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status as JSON. */
#include <string.h>

#include "assay/commands/out.h"
#include "assay/commands/status.h"
#include "base/hex.h"
#include "crypto/cert.h"

static json_t *digest_json(const struct digest *d)
{
	char text[sizeof("sha256:") + 2 * HASH_SIZE_MAX] = "sha256:";

	hex_format(d->data, d->len, text + strlen(text));
	return json_string(text);
}

static json_t *number_json(long v)
{
	return v == FACTS_UNKNOWN ? json_null() : json_integer(v);
}

static json_t *switch_json(long v)
{
	return v == FACTS_UNKNOWN ? json_null() : json_boolean(v != 0);
}

void status_certs(const struct host *host, const struct state *state, json_t *array)
{
	for (size_t i = 0; state->has_record && i < state->record.n_certs; i++) {
		const char *name = state->record.certs[i].name;
		char path[sizeof(BUNDLE_HOST_DIR "/certs/") + RECORD_NAME_MAX];
		char full[HOST_PATH_MAX];
		struct cert *cert = NULL;
		char keyid[9] = "";
		json_t *o = json_object();

		(void)snprintf(path, sizeof(path), BUNDLE_HOST_DIR "/certs/%s", name);
		json_object_set_new(o, "file", out_name(name));
		if (host_path(host, path, full, NULL) == 0 && cert_load(full, &cert, NULL) == 0) {
			(void)snprintf(keyid, sizeof(keyid), "%08x", cert_keyid(cert));
			json_object_set_new(o, "keyid", json_string(keyid));
			json_object_set_new(o, "subject", out_name(cert_subject(cert)));
		}
		cert_free(cert);
		json_array_append_new(array, o);
	}
}

static json_t *configured_json(const struct host *host, const struct state *s)
{
	json_t *o = json_object();
	json_t *certs = json_array();

	json_object_set_new(o, "mode", json_string(settings_mode_name(s->config.settings.mode)));
	json_object_set_new(o, "bundle", json_boolean(s->has_record));
	if (!s->has_record) {
		json_decref(certs);
		return o;
	}
	json_object_set_new(o, "profile",
			    json_string(settings_profile_name(s->record.settings.profile)));
	json_object_set_new(o, "evm", json_string(settings_evm_name(s->record.settings.evm)));
	json_object_set_new(o, "epoch", json_integer(s->record.epoch));
	json_object_set_new(o, "level", json_string(s->record.level));
	json_object_set_new(o, "record", digest_json(&s->record_digest));
	json_object_set_new(o, "policy", digest_json(&s->record.policy));
	status_certs(host, s, certs);
	json_object_set_new(o, "certificates", certs);
	return o;
}

static json_t *keyring_json(const struct facts *f, const struct keyring_state *k)
{
	json_t *o;

	if (!f->keyrings_known)
		return json_null();
	o = json_object();
	json_object_set_new(o, "present", json_boolean(k->present));
	json_object_set_new(o, "locked", json_boolean(k->restricted));
	json_object_set_new(o, "keys", json_integer((json_int_t)k->keys));
	return o;
}

static json_t *in_force_json(const struct state *s, bool known)
{
	const struct facts *f = &s->facts;
	json_t *o = json_object();

	json_object_set_new(o, "mode",
			    known ? json_string(state_force_name(s->force)) : json_null());
	json_object_set_new(o, "since",
			    s->force == FORCE_NOTHING ? json_null() : out_time(s->since_ms));
	json_object_set_new(o, "kernel", known ? out_name(f->release) : json_null());
	json_object_set_new(o, "policy_loaded",
			    known ? json_boolean(f->ima && !f->policy_node) : json_null());
	json_object_set_new(o, "configured_record",
			    known ? json_boolean(s->same_record) : json_null());
	json_object_set_new(o, "record_in_pcr",
			    s->proof == PROOF_UNKNOWN ? json_null()
						      : json_boolean(s->proof == PROOF_YES));
	json_object_set_new(o, "ima_keyring", keyring_json(f, &f->ima_keys));
	json_object_set_new(o, "evm_keyring", keyring_json(f, &f->evm_keys));
	json_object_set_new(o, "evm", number_json(f->evm));
	json_object_set_new(o, "lockdown",
			    f->lockdown_known ? json_string(settings_lockdown_name(f->lockdown))
					      : json_null());
	json_object_set_new(o, "module_signatures", switch_json(f->sig_enforce));
	json_object_set_new(o, "ptrace_scope", number_json(f->ptrace_scope));
	json_object_set_new(o, "kexec_load_disabled", switch_json(f->kexec_load_disabled));
	json_object_set_new(o, "unprivileged_bpf_disabled",
			    switch_json(f->unprivileged_bpf_disabled));
	json_object_set_new(o, "memory_deny_write_execute", switch_json(f->deny_write_execute));
	json_object_set_new(o, "tpm", f->tpm_version ? json_integer(f->tpm_version) : json_null());
	json_object_set_new(o, "secure_boot", switch_json(f->secure_boot));
	return o;
}

json_t *status_json(const struct host *host, const struct state *state,
		    const struct status_counts *counts, const struct report *report)
{
	bool known = status_is_known(host);
	json_t *o = json_object();

	json_object_set_new(o, "as_configured",
			    known ? json_boolean(report->reasons == 0) : json_null());
	json_object_set_new(o, "configured", configured_json(host, state));
	json_object_set_new(o, "in_force", in_force_json(state, known));
	json_object_set_new(o, "denied", number_json(counts->denied));
	json_object_set_new(o, "warned", number_json(counts->warned));
	json_object_set_new(o, "measurements", number_json(state->facts.measurements));
	json_object_set_new(o, "measurement_violations", number_json(state->facts.violations));
	json_object_set(o, "findings", report->findings);
	return o;
}

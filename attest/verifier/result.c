/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attestation results. */
#include "attest/verifier/result.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "attest/verifier/reasons.h"
#include "base/hex.h"
#include "cli/json.h"

#define PROFILE "tag:assay,2026:attest#1"
#define BESIDE_REASONS 32768 /* bytes of a result's other members, at most */

static_assert(STORE_REASONS_MAX + BESIDE_REASONS <= JWT_PAYLOAD_MAX,
	      "a failure is told of, whatever its reasons are");

static int set_text(json_t *to, const char *name, const char *text)
{
	return json_object_set_new(to, name, cmd_json_name(text));
}

static int set_number(json_t *to, const char *name, uint64_t number)
{
	return json_object_set_new(to, name, json_integer((json_int_t)number));
}

static int set_hex(json_t *to, const char *name, const uint8_t data[static 32])
{
	char hex[65];

	hex_format(data, 32, hex);
	return json_object_set_new(to, name, json_string(hex));
}

static json_t *tri_json(enum boot_tri tri)
{
	switch (tri) {
	case BOOT_YES:
		return json_true();
	case BOOT_NO:
		return json_false();
	case BOOT_NOT_TOLD:
		break;
	}
	return json_null();
}

/* What the last evidence proved of the boot. */
static int add_boot(json_t *to, const struct appraise_state *s)
{
	int rc = json_object_set_new(to, "enforcing", json_boolean(s->enforcing));

	if (s->cmdline_known)
		rc |= set_text(to, "command_line", s->cmdline);
	else
		rc |= json_object_set_new(to, "command_line", json_null());
	rc |= json_object_set_new(to, "secure_boot", tri_json(s->secure_boot));
	rc |= set_hex(to, "boot", s->boot);
	rc |= set_hex(to, "policy", s->policy);
	rc |= set_hex(to, "record", s->record);
	rc |= set_text(to, "level", s->level);
	rc |= set_number(to, "epoch", s->epoch);
	rc |= set_number(to, "resets", s->reset_count);
	rc |= set_number(to, "restarts", s->restart_count);
	rc |= set_number(to, "entries", s->list.entries);
	rc |= set_number(to, "violations", s->list.violations);
	return rc;
}

static json_t *boots_json(const struct boot_list *boots)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < boots->n; i++) {
		char hex[65];

		hex_format(boots->digest[i], sizeof(boots->digest[i]), hex);
		(void)json_array_append_new(list, json_string(hex));
	}
	return list;
}

static int add_progress(json_t *to, const struct host *host)
{
	AUTO_MEM struct progress *p = calloc(1, sizeof(*p));

	if (!p || progress_decode(host->progress.data, host->progress.len, p, NULL) < 0)
		return -1;
	if (!p->state.known)
		return 0;
	return add_boot(to, &p->state) | set_text(to, "keys", p->keys);
}

/* In words, for a state that no reason explains. */
static const char *plain_why(const struct host *host, const char *shown)
{
	if (host->state == HOST_ALLOWED)
		return "an administrator allowed it; it has not enrolled yet";
	if (host->state == HOST_WAITING)
		return "nothing was judged since it was enrolled or reset";
	return strcmp(shown, "stale") == 0
		       ? "nothing was heard of it since its last round, or since "
			 "what is trusted changed"
		       : "";
}

/* Only an administrator's word stands behind these; every result says so. */
static json_t *warnings_json(const struct host *host, const struct trust *trust)
{
	json_t *list = json_array();

	if (list && !host->certified)
		(void)json_array_append_new(list, json_string("EK not certified"));
	if (list && trust->policy.boot == APPRAISE_BOOT_UNMEASURED)
		(void)json_array_append_new(list, json_string("boot not measured"));
	return list;
}

/* A pass by what was trusted then is none by what is trusted now, until the host is judged anew. */
static const char *shown_by(const struct host *host, const struct trust *trust, int64_t now)
{
	const char *shown = host_shown(host, now, trust->set.stale_after);
	AUTO_MEM struct progress *p = calloc(1, sizeof(*p));

	if (strcmp(shown, "pass") != 0)
		return shown;
	if (!p || !trust_vouches(trust, host) ||
	    progress_decode(host->progress.data, host->progress.len, p, NULL) < 0 ||
	    memcmp(p->trust, trust->digest, sizeof(p->trust)) != 0)
		return "stale";
	return shown;
}

json_t *result_host_json(const struct host *host, const struct trust *trust, int64_t now,
			 enum result_detail detail)
{
	const char *shown = shown_by(host, trust, now);
	char why[VERDICT_TEXT_MAX] = "";
	json_t *json = json_object();
	int rc = json ? 0 : -1;

	reasons_first(&host->reasons, why);
	rc |= set_hex(json, "host", host->id);
	rc |= set_text(json, "name", host->name);
	rc |= set_text(json, "state", shown);
	rc |= set_text(json, "reason", *why ? why : plain_why(host, shown));
	rc |= json_object_set_new(json, "ek_certified", json_boolean(host->certified));
	rc |= set_number(json, "since", (uint64_t)host->since);
	rc |= set_number(json, "last_round", (uint64_t)host->last_round);
	if (detail == RESULT_FULL) {
		rc |= set_number(json, "next_due",
				 host->last_round ? (uint64_t)host->last_round + trust->set.interval
						  : 0);
		rc |= json_object_set_new(json, "reasons", reasons_parse(&host->reasons));
		rc |= json_object_set_new(json, "warnings", warnings_json(host, trust));
		rc |= json_object_set_new(json, "approved_boots", boots_json(&host->boots));
		rc |= add_progress(json, host);
	}
	if (rc == 0)
		return json;
	json_decref(json);
	return NULL;
}

static const char *ear_status(const char *shown)
{
	if (strcmp(shown, "pass") == 0)
		return "affirming";
	return strcmp(shown, "fail") == 0 ? "contraindicated" : "none";
}

/* EAT_nonce is not there: nobody asked with one; iat and exp tell how fresh it is. */
static json_t *claims_json(const struct host *host, const struct trust *trust, int64_t now)
{
	const char *shown = shown_by(host, trust, now);
	const bool pass = strcmp(shown, "pass") == 0;
	const int64_t until = pass ? host->last_round + (int64_t)trust->set.stale_after
				   : now + (int64_t)trust->set.interval;
	AUTO_JSON details = result_host_json(host, trust, now, RESULT_FULL);
	const json_t *hex = json_object_get(details, "host");

	if (!details)
		return NULL;
	return json_pack("{s:s, s:I, s:I, s:I, s:O, s:{s:s, s:s}, s:{s:{s:s, s:s, s:O}}}",
			 "eat_profile", PROFILE, "iat", (json_int_t)now, "nbf",
			 (json_int_t)(now - STORE_CLOCK_SLACK), "exp", (json_int_t)until, "sub",
			 hex, "ear.verifier-id", "developer", "https://assay", "build",
			 "assay-verifier " ASSAY_VERSION, "submods", "host", "ear.status",
			 ear_status(shown), "ear.appraisal-policy-id", trust->set.name,
			 "assay.host", details);
}

int result_token(const struct result_signing *by, const struct host *host, int64_t now,
		 struct buf *out, struct err *err)
{
	AUTO_JSON claims = claims_json(host, by->trust, now);
	AUTO_STR text = claims ? json_dumps(claims, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (!text)
		return err_set(err, "result: out of memory, or the host's row is damaged");
	return jwt_sign(by->jwt, text, out, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of endpoints; docs/PROTOCOL.attest. */
#include "attest/verifier/route.h"

#include <string.h>

#include "attest/verifier/worker.h"
#include "base/hex.h"

#define SMALL 4096
#define ENROL_MAX (EVIDENCE_CERT_MAX + 4 * PUBLIC_MAX)

static const struct route routes[] = {
	{ "POST", "/v1/enrol", ENROL_MAX, false, route_enrol, false },
	{ "POST", "/v1/enrol/proof", SMALL, false, route_proof, false },
	{ "POST", "/v1/round", SMALL, false, route_begin, false },
	{ "POST", "/v1/evidence", EVIDENCE_MAX, false, route_evidence, true },
	{ "GET", "/v1/hosts/*/result", 0, false, route_result, false },
	{ "GET", "/v1/key", 0, false, route_key, false },
	{ "GET", "/v1/key/jwk", 0, false, route_jwk, false },
	{ "GET", "/metrics", 0, false, route_metrics, false },
	{ "GET", "/healthz", 0, false, route_health, false },
	{ "GET", "/v1/admin/hosts", 0, true, route_hosts, false },
	{ "POST", "/v1/admin/hosts", SMALL, true, route_allow, false },
	{ "GET", "/v1/admin/hosts/*", 0, true, route_host, false },
	{ "DELETE", "/v1/admin/hosts/*", 0, true, route_remove, false },
	{ "GET", "/v1/admin/hosts/*/history", 0, true, route_history, false },
	{ "POST", "/v1/admin/hosts/*/reset", SMALL, true, route_reset, false },
	{ "POST", "/v1/admin/hosts/*/approve-boot", SMALL, true, route_approve, false },
	{ "GET", "/v1/admin/boots", 0, true, route_boots, false },
	{ "POST", "/v1/admin/boots/*", SMALL, true, route_boot_add, false },
	{ "DELETE", "/v1/admin/boots/*", 0, true, route_boot_remove, false },
};

static bool take_object(const char *text, uint8_t ret_object[static EVIDENCE_HOST_SIZE])
{
	char hex[2 * EVIDENCE_HOST_SIZE + 1];

	if (strnlen(text, sizeof(hex) - 1) < sizeof(hex) - 1)
		return false;
	memcpy(hex, text, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return hex_parse(hex, ret_object, EVIDENCE_HOST_SIZE, NULL) == 0;
}

static bool matches(const char *pattern, const char *path,
		    uint8_t ret_object[static EVIDENCE_HOST_SIZE])
{
	const char *star = strchr(pattern, '*');
	const size_t before = star ? (size_t)(star - pattern) : 0;

	if (!star)
		return strcmp(pattern, path) == 0;
	return strncmp(pattern, path, before) == 0 && take_object(path + before, ret_object) &&
	       strcmp(star + 1, path + before + 2 * EVIDENCE_HOST_SIZE) == 0;
}

const struct route *route_find(const char *method, const char *path,
			       uint8_t ret_object[static EVIDENCE_HOST_SIZE],
			       enum http_status *ret_status)
{
	*ret_status = HTTP_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!matches(routes[i].path, path, ret_object))
			continue;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
		*ret_status = HTTP_METHOD;
	}
	return NULL;
}

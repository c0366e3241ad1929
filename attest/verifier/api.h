/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's side of the service's HTTPS. */
#ifndef ASSAY_ATTEST_VERIFIER_API_H
#define ASSAY_ATTEST_VERIFIER_API_H

#include <jansson.h>

#include "base/err.h"

#define API_REPLY_MAX (16U << 20) /* bytes of one answer */
#define API_PATH_MAX 256

/* Which service, and as whom; NULL: as the local service is configured. */
struct api_options {
	const char *config;
	const char *url;
	const char *token_file;
	const char *ca;
};

struct api;
MUST_USE int api_open(const struct api_options *options, struct api **ret_api, struct err *err);
void api_close(struct api *api);
void cleanup_api(struct api **api);

/*
 * method: "GET", "POST", "DELETE"; body NULL: none.  What the service refuses is an error with its
 * words, *ret_status its HTTP status (0: it did not answer).  *ret_json is the caller's.
 */
struct api_call {
	const char *method;
	const char *path;
	const char *body;
};
MUST_USE int api_run(struct api *api, const struct api_call *call, json_t **ret_json,
		     long *ret_status, struct err *err);

#endif

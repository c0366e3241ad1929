/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the service, by libcurl. */
#include "attest/verifier/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/verifier/keys.h"
#include "attest/verifier/settings.h"
#include "base/attr.h"

#define TIMEOUT_SECONDS 60L
#define URL_MAX (VSET_TEXT_MAX + API_PATH_MAX)

struct api {
	CURL *curl;
	struct curl_slist *headers;
	char url[VSET_TEXT_MAX];
	char ca[VSET_TEXT_MAX];
	struct buf reply;
};

void api_close(struct api *api)
{
	if (!api)
		return;
	for (struct curl_slist *h = api->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(api->headers);
	curl_easy_cleanup(api->curl);
	buf_done(&api->reply);
	free(api);
}

void cleanup_api(struct api **api)
{
	api_close(*api);
}

/* The local service: on the loopback where it listens on every address. */
static int local_url(const struct vset *set, char to[static VSET_TEXT_MAX], struct err *err)
{
	const bool any = strcmp(set->listen, "::") == 0 || strcmp(set->listen, "0.0.0.0") == 0;
	const bool six = strchr(set->listen, ':') != NULL;
	const int n = any ? snprintf(to, VSET_TEXT_MAX, "https://localhost:%lu", set->port)
			  : snprintf(to, VSET_TEXT_MAX, six ? "https://[%s]:%lu" : "https://%s:%lu",
				     set->listen, set->port);

	return n < VSET_TEXT_MAX ? 0 : err_set(err, "listen: '%s' is too long", set->listen);
}

static int set_text(char to[static VSET_TEXT_MAX], const char *text, struct err *err)
{
	if (!text || strlen(text) >= VSET_TEXT_MAX)
		return err_set(err, text ? "'%s' is too long" : "out of memory", text);
	strcpy(to, text);
	return 0;
}

static int set_token(struct api *api, const char *path, struct err *err)
{
	char token[KEYS_TOKEN_TEXT + 1];
	char header[KEYS_TOKEN_TEXT + 64];

	if (keys_read_admin(path, token, err) < 0)
		return -1;
	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
	api->headers = curl_slist_append(NULL, header);
	explicit_bzero(token, sizeof(token));
	explicit_bzero(header, sizeof(header));
	return api->headers ? 0 : err_set(err, "out of memory");
}

static int configure(struct api *api, const struct api_options *o, struct err *err)
{
	AUTO_MEM struct vset *set = calloc(1, sizeof(*set));
	AUTO_STR token = NULL;
	AUTO_STR cert = NULL;

	if (!set)
		return err_set(err, "out of memory");
	if (o->url && o->token_file && o->ca)
		vset_default(set);
	else if (vset_load(o->config, set, err) < 0)
		return -1;
	token = vset_path(set, KEYS_ADMIN);
	cert = *set->tls_certificate ? strdup(set->tls_certificate) : vset_path(set, KEYS_TLS_CERT);
	if (o->url ? set_text(api->url, o->url, err) : local_url(set, api->url, err))
		return -1;
	if (set_text(api->ca, o->ca ? o->ca : cert, err) < 0)
		return -1;
	if (strncmp(api->url, "https://", 8) != 0)
		return err_set(err, "'%s' is not https://", api->url);
	if (!token)
		return err_set(err, "out of memory");
	if (!o->token_file && access(token, F_OK) < 0 && errno == ENOENT)
		return err_set(err,
			       "%s: not there: the service's first start makes it "
			       "(systemctl start assay-verifier); elsewhere give --token-file",
			       token);
	return set_token(api, o->token_file ? o->token_file : token, err);
}

static size_t take_reply(char *data, size_t size, size_t n, void *ctx)
{
	return buf_put(ctx, data, size * n, NULL) == 0 ? size * n : 0;
}

int api_open(const struct api_options *options, struct api **ret_api, struct err *err)
{
	CLEANUP(cleanup_api) struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return err_set(err, "out of memory");
	api->reply = (struct buf)BUF_INIT(API_REPLY_MAX);
	if (configure(api, options, err) < 0)
		return -1;
	api->curl = curl_easy_init();
	if (!api->curl)
		return err_set(err, "out of memory");
	(void)curl_easy_setopt(api->curl, CURLOPT_CAINFO, api->ca);
	(void)curl_easy_setopt(api->curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(api->curl, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(api->curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	(void)curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, api->headers);
	(void)curl_easy_setopt(api->curl, CURLOPT_WRITEFUNCTION, take_reply);
	(void)curl_easy_setopt(api->curl, CURLOPT_WRITEDATA, &api->reply);
	*ret_api = take_ptr(&api);
	return 0;
}

static CURLcode set_method(struct api *api, const struct api_call *call)
{
	if (strcmp(call->method, "POST") == 0)
		return curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS,
					call->body ? call->body : "");
	(void)curl_easy_setopt(api->curl, CURLOPT_HTTPGET, 1L);
	return curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST,
				strcmp(call->method, "GET") == 0 ? NULL : call->method);
}

static int perform(struct api *api, const struct api_call *call, long *ret_status, struct err *err)
{
	char url[URL_MAX];
	CURLcode rc;

	if (snprintf(url, sizeof(url), "%s%s", api->url, call->path) >= (int)sizeof(url))
		return err_set(err, "%s: the URL is too long", api->url);
	buf_reset(&api->reply);
	(void)curl_easy_setopt(api->curl, CURLOPT_URL, url);
	(void)set_method(api, call);
	rc = curl_easy_perform(api->curl);
	(void)curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, NULL);
	if (rc != CURLE_OK)
		return err_set(err, "%s: %s", api->url, curl_easy_strerror(rc));
	(void)curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, ret_status);
	return 0;
}

int api_run(struct api *api, const struct api_call *call, json_t **ret_json, long *ret_status,
	    struct err *err)
{
	*ret_status = 0;
	if (perform(api, call, ret_status, err) < 0)
		return -1;
	if (*ret_status < 200 || *ret_status >= 300)
		return err_set(err, "%.*s", (int)strcspn(buf_text(&api->reply), "\n"),
			       buf_text(&api->reply));
	*ret_json = json_loadb(buf_text(&api->reply), api->reply.len, 0, NULL);
	return *ret_json ? 0 : err_set(err, "%s: the answer is no JSON", api->url);
}

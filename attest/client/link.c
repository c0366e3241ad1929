/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTPS by libcurl. */
#include "attest/client/link.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define HTTP_OK 200
#define WORDS_MAX 400 /* bytes of a refusal that are shown */

struct link {
	CURL *curl;
	struct curl_slist *headers;
	struct buf ca;
	char verifier[CONF_URL_MAX];
	char ca_path[CONF_FILE_MAX];
	char why[CURL_ERROR_SIZE];
	struct buf *answer;
	bool too_long;
	bool connected;
};

/* As CURLOPT_WRITEFUNCTION wants it: fewer bytes than it was given end the transfer. */
static size_t take_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct link *link = ctx;

	if (buf_put(link->answer, data, size * n, NULL) == 0)
		return size * n;
	link->too_long = true;
	return 0;
}

static int set_safety(struct link *link)
{
	struct curl_blob ca = { link->ca.data, link->ca.len, CURL_BLOB_NOCOPY };
	CURL *c = link->curl;

	/* Debian's libcurl is built with a directory of CAs, which counts beside those given. */
	return curl_easy_setopt(c, CURLOPT_CAPATH, NULL) ||
			       curl_easy_setopt(c, CURLOPT_CAINFO, NULL) ||
			       curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca) ||
			       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) ||
			       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) ||
			       curl_easy_setopt(c, CURLOPT_SSLVERSION,
						(long)CURL_SSLVERSION_TLSv1_2) ||
			       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") ||
			       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) ||
			       curl_easy_setopt(c, CURLOPT_PROXY, "") ||
			       curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED)
		       ? -1
		       : 0;
}

static int set_limits(struct link *link)
{
	CURL *c = link->curl;

	return curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
			       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
						(long)LINK_CONNECT_SECONDS) ||
			       curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)LINK_SECONDS) ||
			       curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT,
						(long)LINK_SLOW_BYTES) ||
			       curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
						(long)LINK_SLOW_SECONDS) ||
			       curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
						(long)CURL_HTTP_VERSION_1_1) ||
			       curl_easy_setopt(c, CURLOPT_USERAGENT,
						"assay-attest/" ASSAY_VERSION) ||
			       curl_easy_setopt(c, CURLOPT_HTTPHEADER, link->headers) ||
			       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, link->why) ||
			       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer) ||
			       curl_easy_setopt(c, CURLOPT_WRITEDATA, link)
		       ? -1
		       : 0;
}

static int set_headers(struct link *link)
{
	/* Without "Expect:" curl would wait for the server's word before a large body. */
	static const char *const lines[] = { "Content-Type: application/cbor",
					     "Accept: application/cbor", "Expect:" };

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct curl_slist *more = curl_slist_append(link->headers, lines[i]);

		if (!more)
			return -1;
		link->headers = more;
	}
	return 0;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	curl_easy_cleanup(link->curl);
	curl_slist_free_all(link->headers);
	buf_done(&link->ca);
	free(link);
}

const struct buf *link_ca(const struct link *link)
{
	return &link->ca;
}

static void cleanup_link(struct link **link)
{
	link_free(*link);
}

int link_new(const struct conf *conf, struct link **ret_link, struct err *err)
{
	CLEANUP(cleanup_link) struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return err_set(err, "out of memory");
	link->ca.max = CONF_CA_MAX;
	if (io_read_file(conf->ca, &link->ca, err) < 0)
		return err_prepend(err, "CA");
	if (!strstr(buf_text(&link->ca), "-----BEGIN CERTIFICATE-----"))
		return err_set(err, "CA: %s: holds no certificate (PEM)", conf->ca);
	memcpy(link->verifier, conf->verifier, sizeof(link->verifier));
	memcpy(link->ca_path, conf->ca, sizeof(link->ca_path));
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(err, "libcurl can't be used");
	link->curl = curl_easy_init();
	if (!link->curl || set_headers(link) < 0 || set_safety(link) < 0 || set_limits(link) < 0)
		return err_set(err, "libcurl can't be used as it must be");
	*ret_link = take_ptr(&link);
	return 0;
}

/* Why no answer came. */
static int fail_transfer(const struct link *link, CURLcode code, struct err *err)
{
	const char *why = link->why[0] ? link->why : curl_easy_strerror(code);

	if (link->too_long)
		return err_set(err, "its answer has more than %d bytes", LINK_ANSWER_MAX);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		return err_set(err,
			       "%s; its certificate must be for this name "
			       "(assay-verifier.conf: tls-names), and of a CA in %s",
			       why, link->ca_path);
	return err_set(err, "%s", why);
}

static int fail_status(const struct link *link, long status, struct err *err)
{
	const char *words = buf_text(link->answer);

	if (status >= 300 && status < 400)
		return err_set(err,
			       "it sends this host elsewhere (HTTP %ld), which is not "
			       "followed: give its own URL",
			       status);
	return err_set(err, "refused (HTTP %ld)%s%.*s", status, *words ? ": " : "",
		       (int)strnlen(words, WORDS_MAX) - (strlen(words) < WORDS_MAX && *words &&
							 words[strlen(words) - 1] == '\n'),
		       words);
}

static int perform(struct link *link, struct err *err)
{
	CURLcode code;
	long status = 0;
	long made = 0;

	link->why[0] = '\0';
	link->too_long = false;
	code = curl_easy_perform(link->curl);
	if (curl_easy_getinfo(link->curl, CURLINFO_NUM_CONNECTS, &made) || made > 0)
		link->connected = true;
	if (code != CURLE_OK)
		return fail_transfer(link, code, err);
	if (curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &status) || status != HTTP_OK)
		return fail_status(link, status, err);
	return 0;
}

bool link_connected(struct link *link)
{
	const bool connected = link->connected;

	link->connected = false;
	return connected;
}

int link_post(struct link *link, const char *path, const struct buf *body, struct buf *answer,
	      struct err *err)
{
	AUTO_BUF url = BUF_INIT(CONF_URL_MAX + 64);
	int rc;

	if (buf_putf(&url, err, "%s%s", link->verifier, path) < 0)
		return -1;
	buf_reset(answer);
	link->answer = answer;
	if (curl_easy_setopt(link->curl, CURLOPT_URL, buf_text(&url)) ||
	    curl_easy_setopt(link->curl, CURLOPT_POST, 1L) ||
	    curl_easy_setopt(link->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) ||
	    curl_easy_setopt(link->curl, CURLOPT_POSTFIELDS, buf_text(body)))
		return err_set(err, "libcurl can't be used as it must be");
	rc = perform(link, err);
	link->answer = NULL;
	return rc < 0 ? err_prepend(err, "verifier: %s", buf_text(&url)) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What enrolment leaves: whom this host reports to, and as what; assay-attest(8), FILES. */
#ifndef ASSAY_ATTEST_CLIENT_CONF_H
#define ASSAY_ATTEST_CLIENT_CONF_H

#include <stdint.h>

#include "attest/evidence.h"
#include "base/buf.h"
#include "base/err.h"

#define CONF_PATH "/etc/assay/attest.conf"
#define CONF_CA_NAME "attest-ca.pem" /* beside it: the CA, as it was at enrolment */
#define CONF_MAX 16384		     /* bytes */
#define CONF_URL_MAX 512	     /* bytes, NUL included */
#define CONF_FILE_MAX 1024	     /* bytes of a path, NUL included */
#define CONF_CA_MAX 1048576	     /* bytes of the CA's file */

struct conf {
	char verifier[CONF_URL_MAX]; /* https://HOST[:PORT], no '/' at the end */
	char ca[CONF_FILE_MAX];	     /* PEM: the CAs that may have signed its certificate */
	uint8_t host[EVIDENCE_HOST_SIZE];
};

/* A URL as an operator gives it; fails on what is no https, or has a user, query or fragment. */
MUST_USE int conf_set_verifier(struct conf *conf, const char *url, struct err *err);

/* Fails on what conf_save would not have written; one that is not there says how to enrol. */
MUST_USE int conf_load(const char *path, struct conf *ret_conf, struct err *err);

/* Writes the CA beside the configuration, then the configuration; conf->ca becomes the copy's path.
 */
MUST_USE int conf_save(const char *path, struct conf *conf, const struct buf *ca, struct err *err);

#endif

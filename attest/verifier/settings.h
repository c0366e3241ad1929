/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's configuration; assay-verifier.conf(5). */
#ifndef ASSAY_ATTEST_VERIFIER_SETTINGS_H
#define ASSAY_ATTEST_VERIFIER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "attest/appraise.h"
#include "base/err.h"

#define VSET_PATH "/etc/assay/assay-verifier.conf"
#define VSET_TEXT_MAX 1024 /* bytes of one value, NUL included */
#define VSET_LEVEL_MAX 32  /* bytes of a level's name, NUL included */

struct vset_levels {
	char name[APPRAISE_LEVEL_MAX][VSET_LEVEL_MAX];
	size_t n; /* 0: any */
};

/* Numbers are within the bounds that settings.c names; times are seconds. */
struct vset {
	/* [service] */
	char listen[VSET_TEXT_MAX]; /* an address, IPv4 or IPv6 */
	unsigned long port;
	char tls_certificate[VSET_TEXT_MAX]; /* PEM; "": one of its own in the directory */
	char tls_key[VSET_TEXT_MAX];
	char tls_names[VSET_TEXT_MAX]; /* of one of its own, blanks between */
	char directory[VSET_TEXT_MAX]; /* its keys, token and store */
	char store[VSET_TEXT_MAX];     /* path, or postgresql://...; "": in the directory */
	char name[VSET_TEXT_MAX];      /* who it is, in results */
	/* [trust] */
	char trust[VSET_TEXT_MAX];  /* directory of certificates, a folder for each level */
	char denied[VSET_TEXT_MAX]; /* file of digests; "": "denied" in the directory */
	struct vset_levels levels;
	unsigned long min_epoch;
	bool secure_boot;
	enum appraise_boot boot;
	/* [enrolment] */
	char ek_cas[VSET_TEXT_MAX];
	bool ek_admin; /* a host without EK certificate, by an administrator's word */
	/* [rounds] */
	unsigned long interval;
	unsigned long stale_after;
	unsigned long answer_within; /* from the nonce to the evidence */
	/* [events] */
	char webhook[VSET_TEXT_MAX]; /* "": none */
	char webhook_ca[VSET_TEXT_MAX];
	/* [limits] */
	unsigned long connections;
	unsigned long per_address;
	unsigned long workers; /* 0: one for each processor */
	unsigned long memory;  /* MiB of request bodies at a time */
	unsigned long request_seconds;
};

void vset_default(struct vset *ret);

/* Over the defaults; NULL: VSET_PATH, which need not be there. */
MUST_USE int vset_load(const char *path, struct vset *ret, struct err *err);

/* The path of a file in the service's directory.  NULL without memory. */
char *vset_path(const struct vset *set, const char *name);

bool vset_is_postgres(const struct vset *set);

/* 1 to VSET_LEVEL_MAX - 1 of a-z, 0-9 and '-'. */
MUST_USE int vset_check_level(const char *name, struct err *err);

#endif

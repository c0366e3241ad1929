/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packages are taken, and which signatures their files get. */
#ifndef ASSAY_RPM_PLUGIN_JUDGE_H
#define ASSAY_RPM_PLUGIN_JUDGE_H

#include <stdbool.h>

#include <rpm/header.h>
#include <rpm/rpmkeyring.h>

#include "pkg/table.h"
#include "trust/signing.h"
#include "trust/trust.h"

/* By what they are judged. */
struct judge {
	const struct trust *trust;
	const struct signing *signing;
	rpmKeyring keyring; /* rpm's, of the running system */
};

struct judged {
	char *name;
	struct digest id;    /* header_digest: nothing else says which package it is */
	struct table *table; /* NULL: it is not taken, and its files are left alone */
	bool signs;	     /* its header is verified, so that the host's key may sign */
	const struct cert
		*by;  /* with !signs: whose file signatures are taken; NULL: no file has one */
	size_t files; /* that may get signatures */
};

/* *ret is for judged_done in any case; without a table ret_why says why.  Fails for want of memory.
 */
MUST_USE int judge_header(const struct judge *judge, Header h, struct judged *ret,
			  struct err *ret_why, struct err *err);
void judged_done(struct judged *judged);

#endif

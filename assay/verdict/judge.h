/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files the kernel would deny: judged by lib/sig's engine, kept with package and reason. */
#ifndef ASSAY_VERDICT_JUDGE_H
#define ASSAY_VERDICT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "assay/host/host.h"
#include "assay/host/mounts.h"
#include "assay/essential/paths.h"
#include "base/err.h"
#include "proto/config.h"
#include "sig/engine.h"

struct denial {
	char *path;	       /* below the host's root */
	char *text;	       /* why */
	char *package;	       /* NULL: none owns it */
	const char *essential; /* what it is needed for; NULL: neither booting nor login */
	bool unsigned_yet;     /* signing it is all that is missing */
	bool untrusted;	       /* signed, by a key that is not trusted; unsigned_yet too */
	bool owner;	       /* its owner is in the way: signature profile */
	bool failed;	       /* could not be judged */
	enum sig_kind kind;
};

struct judgement {
	struct denial *denial;
	size_t n;
	size_t cap;
	size_t valid; /* files that would be let through */
};

/* What is judged, and by what. */
struct judge {
	const struct host *host;
	const struct config *config;
	enum settings_profile profile; /* auto: per file system */
	bool progress;
};

/* Every file that the kernel would appraise, on all file systems that keep attributes. */
MUST_USE int judge_trees(const struct judge *judge, const struct mounts *mounts,
			 struct judgement *ret_judgement, struct err *err);

/* Of these paths those that the kernel would appraise; marks denials as essential. */
MUST_USE int judge_paths(const struct judge *judge, const struct paths *paths,
			 struct judgement *ret_judgement, struct err *err);

/* Names owners and marks what is essential (may be NULL), sorts by package and path. */
MUST_USE int judgement_settle(const struct host *host, const struct paths *essential,
			      struct judgement *judgement, struct err *err);
void judgement_done(struct judgement *judgement);

#endif

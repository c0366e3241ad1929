/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One transaction of rpm's, from the judgement of its packages to the last look at their files. */
#ifndef ASSAY_RPM_PLUGIN_SESSION_H
#define ASSAY_RPM_PLUGIN_SESSION_H

#include <rpm/rpmte.h>
#include <rpm/rpmts.h>

#include "pkg/held.h"
#include "rpm-plugin/judge.h"

#define SESSION_HELD_OPEN 64 /* of the files that are looked at again; the others by handles */

struct session {
	bool idle; /* nothing is judged or labelled */
	bool refuses;
	struct trust *trust;
	struct signing signing;
	rpmKeyring keyring;
	int fds; /* the directory of this process's descriptors: within another root there is none
		  */
	struct attacher attacher; /* its table is the current package's */
	struct judged *judged;
	size_t n;
	const struct judged *current; /* NULL: none, or it is not taken */
	struct held_set labelled;     /* with EVM: what scripts may yet change */
	size_t labelled_before;	      /* the current package */
	bool told_of_file_system;
};

#define SESSION_INIT \
	{ \
		.idle = true, .fds = -1 \
	}

/*
 * Judges every package that is to be installed, before anything is unpacked, and notes in the log
 * which are taken; outside of the root.  Fails where rpm must not go on; err says why, or is empty
 * where each package was told of.
 */
MUST_USE int session_begin(struct session *session, rpmts ts, struct err *err);

/* The package is about to be installed; fails on one that was not judged. */
MUST_USE int session_enter(struct session *session, rpmte te, struct err *err);

/* A script has run: what was labelled is signed again where it changed; all: of every package. */
void session_look_again(struct session *session, bool all);
void session_leave(struct session *session);

void session_done(struct session *session);

#endif

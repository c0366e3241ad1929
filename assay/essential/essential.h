/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files without which the machine would not boot, or its operator not log in. */
#ifndef ASSAY_ESSENTIAL_ESSENTIAL_H
#define ASSAY_ESSENTIAL_ESSENTIAL_H

#include "assay/host/host.h"
#include "assay/essential/paths.h"
#include "base/err.h"
#include "proto/settings.h"

/*
 * Fills the set with real paths (below the host's root): init, systemd with its generators, helpers
 * and the commands of all units, udev's helpers and what its rules run, the modules that are
 * loaded (as every installed kernel has them) with their firmware, what brings up the network,
 * login and its shells, PAM and NSS modules, sshd and the commands of its configuration, sudo, dpkg
 * and apt, what is in essential packages, what Assay itself needs to be disabled again; and of each
 * of them interpreter and libraries.
 */
MUST_USE int essential_collect(const struct host *host, const struct settings *settings,
			       struct paths *set, struct err *err);

/* Parts of essential_collect, each adding to the set. */
MUST_USE int essential_add(const struct host *host, const char *path, const char *why,
			   struct paths *set, struct err *err);
MUST_USE int essential_add_command(const struct host *host, const char *word, const char *why,
				   struct paths *set, struct err *err);
MUST_USE int essential_add_words(const struct host *host, char *command, const char *why,
				 struct paths *set, struct err *err); /* splits command in place */
MUST_USE int essential_units(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_udev(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_shells(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_login(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_network(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_packages(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_modules(const struct host *host, struct paths *set, struct err *err);
MUST_USE int essential_close(const struct host *host, struct paths *set, struct err *err);

/* Calls fn for each path below the root that matches one of the patterns, without the root. */
typedef int (*essential_glob_fn)(const struct host *host, const char *path, void *ctx,
				 struct err *err);
MUST_USE int essential_glob(const struct host *host, const char *pattern, essential_glob_fn fn,
			    void *ctx, struct err *err);

/* Calls fn for each line of a small configuration file, without the blanks before it. */
typedef int (*essential_line_fn)(const struct host *host, char *line, void *ctx, struct err *err);
MUST_USE int essential_lines(const struct host *host, const char *path, essential_line_fn fn,
			     void *ctx, struct err *err);

#endif

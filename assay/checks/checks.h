/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks behind `assay check` and `assay enable`: each adds what it found to a report. */
#ifndef ASSAY_CHECKS_CHECKS_H
#define ASSAY_CHECKS_CHECKS_H

#include "assay/host/host.h"
#include "assay/host/mounts.h"
#include "assay/checks/report.h"
#include "assay/host/state.h"
#include "crypto/cert.h"

/* What the checks look at; all owned by the caller. */
struct checks {
	const struct host *host;
	const struct config *config;
	const struct facts *facts;
	const struct mounts *mounts;
	enum settings_profile profile; /* decided: never PROFILE_AUTO */
	bool no_initramfs;	       /* somebody else makes it, later */
	bool log_only; /* the next boot denies nothing, so that less stands in its way */
	struct report *report;
};

/* The profile of the root file system: what is configured, auto by its verity feature. */
enum settings_profile checks_profile(const struct host *host, const struct config *config);

/* Has the file system of the directory the verity feature? */
bool checks_has_verity(const struct host *host, const char *dir);

void checks_kernel(const struct checks *c);  /* all installed kernels' configurations */
void checks_machine(const struct checks *c); /* TPM, Secure Boot, what the next boot starts with */
void checks_cmdline(const struct checks *c); /* part of it: kernel parameters */
void checks_lsm(const struct checks *c);     /* part of it: security modules that are wanted */
void checks_storage(const struct checks *c); /* root file system, mounts */
void checks_root_entries(const struct checks *c); /* what the initramfs takes from the root */
void checks_init(const struct checks *c);	  /* what the boot executes in the end */
void checks_keys(const struct checks *c);	  /* signing key, certificates */
bool checks_keys_known(const struct checks *c);	  /* or are certificates there, but unreadable? */
void checks_boot(const struct checks *c);	  /* initramfs tool and hook */
void checks_packages(const struct checks *c);	  /* dpkg's database, upgrades that nobody signs */
void checks_modules(const struct checks *c);	  /* modules loaded without a signature */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the boot bundle, and putting it in the place of the old one. */
#ifndef ASSAY_NEXT_BOOT_BUNDLE_H
#define ASSAY_NEXT_BOOT_BUNDLE_H

#include <jansson.h>

#include "assay/checks/checks.h"
#include "base/err.h"
#include "crypto/key.h"
#include "ima/policy_gen.h"

#define BUNDLE_NEW_DIR BUNDLE_HOST_DIR ".new"
#define BUNDLE_OLD_DIR BUNDLE_HOST_DIR ".old"

/* Puts the bundle into every initramfs. */
#define UPDATE_INITRAMFS "/usr/sbin/update-initramfs"
#define UPDATE_LOG "/var/lib/assay/update-initramfs.log" /* what it, and its hooks, said */
#define UPDATE_LOG_MAX (4U << 20)			 /* bytes */

/* What a bundle is made of. */
struct bundle_plan {
	const struct host *host;
	const struct config *config;
	const struct mounts *mounts;
	const struct key *key;	 /* signs the record */
	const struct cert *cert; /* of that key */
	enum settings_mode mode; /* MODE_LOG or MODE_ENFORCE */
	enum settings_profile profile;
	uint32_t epoch;
};

/* Makes the whole bundle in BUNDLE_NEW_DIR, synced to the disk. */
MUST_USE int bundle_make(const struct bundle_plan *plan, struct err *err);

/* Certificates and policy, the parts of it: each fills its share of the record. */
MUST_USE int bundle_add_certs(const struct bundle_plan *plan, struct record *record,
			      struct err *err);
MUST_USE int bundle_add_policy(const struct bundle_plan *plan, struct record *record,
			       struct err *err);

/*
 * What the policy is made by: mode, profile, the oldest installed kernel, and the file systems that
 * differ.  key and cert of the plan are not looked at.  The UUIDs are those of plan->mounts.
 */
MUST_USE int bundle_policy_plan(const struct bundle_plan *plan, struct policy_plan *ret_policy,
				struct err *err);

/*
 * One change of what the next boot does: the new bundle (or none) in its place, the mode in
 * assay.conf, and all initramfs made anew, which is checked by the images.  When any step fails
 * everything is as it was before, the initramfs too.  A power cut leaves each initramfs old or new,
 * and each boots; the same change applied again carries it through, from wherever it was cut off.
 */
struct change {
	const struct host *host;
	enum settings_mode before; /* what is configured now */
	enum settings_mode mode;   /* what shall be */
	bool initramfs;		   /* run update-initramfs */
	bool config_damaged;	   /* assay.conf is not understood: edited as far as it can be */
};
MUST_USE int change_apply(const struct change *change, struct err *err);

#endif

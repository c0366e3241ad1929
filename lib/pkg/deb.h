/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian packages, deb(5): what is in them, unpacked by libarchive, file by file. */
#ifndef ASSAY_PKG_DEB_H
#define ASSAY_PKG_DEB_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

#define DEB_MEMBERS_MAX 16		     /* members of the archive */
#define DEB_NAME_MAX 17			     /* bytes of a member's name, NUL included */
#define DEB_FIELD_MAX 256		     /* bytes of a field that is read, NUL included */
#define DEB_CONTROL_MAX (1U << 20)	     /* bytes of the control file */
#define DEB_ENTRIES_MAX 4000000		     /* files, directories and links of one package */
#define DEB_CONTENT_MAX (UINT64_C(1) << 38)  /* bytes of all its files, unpacked */
#define DEB_SCRIPTS_MAX (UINT64_C(64) << 20) /* bytes of those of control.tar */

/* What Assay puts behind the other members: docs/PROTOCOL.package. */
#define DEB_SIGNATURES "_assay"
#define DEB_SIGNATURES_MAX (64U << 20) /* bytes of it */

struct deb_member {
	char name[DEB_NAME_MAX];
	uint64_t size;
	struct digest digest; /* SHA-256 */
};

/* What a package says of itself, and what it is made of. */
struct deb {
	char package[DEB_FIELD_MAX];
	char version[DEB_FIELD_MAX];
	char architecture[DEB_FIELD_MAX];
	struct deb_member member[DEB_MEMBERS_MAX]; /* in their order, without the signatures */
	size_t n_members;
	struct buf signatures; /* the text of DEB_SIGNATURES; empty: there is none */
	uint64_t end;	       /* bytes before it: the package as it was without */
	struct digest digest;  /* SHA-256 of the whole file, of the very bytes that were read */
};

enum deb_part {
	DEB_SCRIPT, /* of control.tar: maintainer scripts, and what else dpkg keeps for itself */
	DEB_FILE,   /* of data.tar */
};

#define DEB_PARTS 2

/* One regular file; hard links to it are not told of. */
struct deb_entry {
	enum deb_part part;
	const char *path; /* from the root; a script's is its name: "/postinst" */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permission bits, 07777 at most */
	int fd;	     /* its content: a file without a name, which the next entry overwrites */
};

/* Called for each in the package's order; a failure ends the reading. */
typedef int (*deb_entry_fn)(void *ctx, const struct deb_entry *entry, struct err *err);

/*
 * Reads the whole package; without fn data.tar is hashed and not unpacked.  *ret_deb is for
 * deb_done in any case.  Fails on what dpkg-deb would not take, on members or files twice where
 * there can be one, and on compressions that libarchive would start another program for.  Memory
 * does not grow with the package; large files lie in $TMPDIR or /var/tmp meanwhile.
 */
MUST_USE int deb_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err);
void deb_done(struct deb *deb);

/*
 * The package at path, open as fd and read into deb, with these signatures in place of those that
 * it has, is put at target; its owner and mode stay.  Nothing is left where it fails.
 */
MUST_USE int deb_put_signatures(int fd, const struct deb *deb, const struct buf *signatures,
				const char *target, struct err *err);

#endif

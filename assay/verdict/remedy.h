/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mends a denial: the same words wherever one is told of. */
#ifndef ASSAY_VERDICT_REMEDY_H
#define ASSAY_VERDICT_REMEDY_H

#include <stddef.h>

#define REMEDY_MAX 2048 /* bytes; longer ones are cut */

#define REMEDY_OWNER "owned by user " /* how a cause begins that says so */

#define REMEDY_FOREIGN "nothing runs on " /* likewise, of file systems that are refused as such */

/* How the running system signs what no package brought; the file follows. */
#define REMEDY_ADMIT "assay admit --reason TEXT"

/* Of a file that another than users 0 to 2 owns, in the signature profile: they may write it again,
 * and may have it open for that now, so that neither a signature nor chown is enough. */
#define REMEDY_OWNER_TEXT \
	"its owner may rewrite it, which no signature there survives: look at it, have root own " \
	"a " \
	"copy ('install -o root -g root') where only root writes, and sign that; or use the " \
	"verity " \
	"profile, which lets files of any owner run"

/* The denied file. */
struct remedy_of {
	const char *name;    /* its path, as the kernel or the operator gave it */
	const char *root;    /* of the host that it is on, as in struct host */
	const char *package; /* NULL: none owns it */
	const char *cause;   /* the kernel's word, or what lib/sig's engine says */
};

/*
 * "" when nothing is known that mends it.  Signing anew is never proposed where something was
 * changed after the file was signed: it would bless what an attacker did.  Holds the name as it is:
 * print it by cmd_print_name or out_name.
 */
void remedy_text(const struct remedy_of *of, char *ret_text, size_t max);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mends a denial: the same words wherever one is told of. */
#ifndef ASSAY_VERDICT_REMEDY_H
#define ASSAY_VERDICT_REMEDY_H

#include <stddef.h>

#define REMEDY_MAX 2048 /* bytes; longer ones are cut */

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

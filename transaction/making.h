/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far dpkg is with a file. */
#ifndef ASSAY_TRANSACTION_MAKING_H
#define ASSAY_TRANSACTION_MAKING_H

/*
 * Has dpkg yet to open the file for its fsync?  It does that for what it unpacks, under its name
 * for the time being, and for control files, in a directory of their own.
 */
enum making { MAKING_DONE, MAKING_UNPACKED, MAKING_CONTROL };
enum making making_of(int fd);

#endif

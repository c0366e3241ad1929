/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up privileges before anything of the network is read. */
#ifndef ASSAY_ATTEST_CLIENT_DROP_H
#define ASSAY_ATTEST_CLIENT_DROP_H

#include "base/err.h"

/*
 * Root becomes nobody; all capabilities go, for good; the process writes to no file system and
 * executes nothing any more (Landlock, where the kernel has it).  What is open stays open.
 */
MUST_USE int drop_privileges(struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose programs run by v2 signatures, where the policy says so by owner. */
#ifndef ASSAY_IMA_OWNER_H
#define ASSAY_IMA_OWNER_H

/*
 * The first user ID that is not: packages' files belong to root (0), daemon (1) or bin (2), and
 * what others can create must be an fs-verity file (policy_gen.c says why).
 */
#define OWNER_V2_LIMIT 3

#define OWNER_TEXT_(n) #n
#define OWNER_TEXT(n) OWNER_TEXT_(n)
#define OWNER_V2_LIMIT_TEXT OWNER_TEXT(OWNER_V2_LIMIT)

#endif

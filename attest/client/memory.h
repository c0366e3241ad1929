/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving back memory that only starting and handshakes take. */
#ifndef ASSAY_ATTEST_CLIENT_MEMORY_H
#define ASSAY_ATTEST_CLIENT_MEMORY_H

/*
 * Most pages of the libraries' code and constants are looked at once, to link and to start them, or
 * in a handshake.  Forgets the process's view of all of them, and the allocator's free pages: what
 * a round needs is mapped again from the page cache when it is needed (madvise(2), MADV_DONTNEED).
 * Changes nothing that can be told from the outside but the resident size.
 */
void memory_give_back(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prctl(2)'s words for memory that was written to and is to be executed:
 * include/uapi/linux/prctl.h, Linux 6.3; Debian 12's headers are older. */
#ifndef ASSAY_BASE_MDWE_H
#define ASSAY_BASE_MDWE_H

#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1UL
#define PR_GET_MDWE 66
#endif

#endif

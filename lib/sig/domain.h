/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What signatures of files must not be made over: texts that the same key signs as something else.
 */
#ifndef ASSAY_SIG_DOMAIN_H
#define ASSAY_SIG_DOMAIN_H

/* The first line of an enforcement record (docs/PROTOCOL.record, section 3), without its LF. */
#define DOMAIN_RECORD_LINE "assay-record 1"

#endif

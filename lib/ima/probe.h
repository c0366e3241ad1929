/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unsigned file by which a boot proves that its policy took. */
#ifndef ASSAY_IMA_PROBE_H
#define ASSAY_IMA_PROBE_H

/*
 * assay-boot has the kernel refuse it; in the signature profile the kernel measures it first.  It
 * is no program, so that where nothing denies it the kernel answers ENOEXEC: fs/exec.c looks for
 * the format after security_bprm_check.
 */
#define IMA_PROBE_TEXT "assay: an unsigned file that must not run\n"
#define IMA_PROBE_LEN (sizeof(IMA_PROBE_TEXT) - 1)

#endif

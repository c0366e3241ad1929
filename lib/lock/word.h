/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-unlock leaves in /run for assay-boot and for the running system. */
#ifndef ASSAY_LOCK_WORD_H
#define ASSAY_LOCK_WORD_H

/*
 * Lines: "opened seal", "opened recovery" or "opened nothing" (each volume that hangs on it may be
 * missing, and is), then "why TEXT" where it was not the TPM, and "volume
 * UUID NAME" for each that was opened.  For status to show; it proves nothing.
 */
#define LOCK_WORD_PATH "/run/assay/lock"

/* A file for each credential, its key, by the credential's name: assay-boot wipes and removes them
 * before it enters the root file system.  /run is memory, and no swap is on yet. */
#define LOCK_KEYS_DIR "/run/assay/lock-keys"

#endif

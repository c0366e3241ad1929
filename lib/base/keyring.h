/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's keyrings that IMA and EVM look their keys up in: the only room with keyutils. */
#ifndef ASSAY_BASE_KEYRING_H
#define ASSAY_BASE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KEYRING_NAME_MAX 32

/* A keyring as keyctl(2) tells of it. */
struct keyring_state {
	bool present;
	bool restricted;   /* adding a key is refused */
	bool kernel_owned; /* .ima, .evm */
	size_t keys;
	uint32_t permissions;
	int32_t serial;
};

/* Finds .NAME (kernel-owned), else makes _NAME in root's user keyring; name is "ima" or "evm". */
MUST_USE int keyring_prepare(const char *name, int32_t *ret_serial, struct err *err);

/* Adds a DER certificate as an asymmetric key. */
MUST_USE int keyring_add_cert(int32_t serial, const void *der, size_t len, struct err *err);

/* Restricts links, then drops write, setattr and link permissions: nobody can change it again this
 * boot. */
MUST_USE int keyring_lock(int32_t serial, struct err *err);

/*
 * Takes it out of root's user keyring once the kernel holds it (after the first appraisal): then
 * nobody possesses it, and not even invalidating it is left.  A kernel-owned one stays as it is.
 */
MUST_USE int keyring_detach(int32_t serial, struct err *err);

/* What root has now, other users' keyrings of that name apart; absent is no error. */
MUST_USE int keyring_inspect(const char *name, struct keyring_state *ret_state, struct err *err);

#endif

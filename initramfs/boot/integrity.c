/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyrings and EVM. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/keyring.h"
#include "initramfs/boot/parts.h"

/* Documentation/ABI/testing/evm: bit 1 x509 keys, bit 2 metadata writes, bit 31 no more changes. */
#define EVM_X509 0x2U
#define EVM_METADATA_WRITES 0x4U
#define EVM_COMPLETE 0x80000000U

static int fill_one(struct boot *boot, const char *name, int32_t *ret_serial, struct err *err)
{
	struct keyring_state state;
	int32_t serial;

	if (keyring_prepare(name, &serial, err) < 0)
		return -1;
	for (size_t i = 0; i < boot->certs.n; i++) {
		const uint8_t *der;
		size_t len;

		cert_der(boot->certs.cert[i], &der, &len);
		if (keyring_add_cert(serial, der, len, err) < 0)
			return err_prepend(err, "%s: %s", name, boot->record.certs[i].name);
	}
	if (keyring_lock(serial, err) < 0 || keyring_inspect(name, &state, err) < 0)
		return -1;
	if (!state.restricted || state.serial != serial || state.keys < boot->certs.n)
		return err_set(err, "%s: keyring %d does not hold the keys, locked", name, serial);
	report_line(boot, "keyring %s%s serial %08x keys %zu", state.kernel_owned ? "." : "_", name,
		    (unsigned int)serial, state.keys);
	*ret_serial = serial;
	return 0;
}

int keyrings_fill(struct boot *boot, struct err *err)
{
	if (fill_one(boot, "ima", &boot->keyring_ima, err) < 0)
		return -1;
	return fill_one(boot, "evm", &boot->keyring_evm, err);
}

/*
 * Only once init was appraised: until then the kernel has to find them.  Where EVM is off it never
 * looked for its own, and the last link to it is ours.
 */
int keyrings_detach(struct boot *boot, struct err *err)
{
	if (boot->record.settings.mode != MODE_ENFORCE)
		return 0;
	if (keyring_detach(boot->keyring_ima, err) < 0)
		return -1;
	return boot->record.settings.evm == EVM_OFF ? 0 : keyring_detach(boot->keyring_evm, err);
}

/*
 * Off means off for the whole boot: left open, EVM could be started later by root, with a key of
 * root's own, and to IMA an EVM portable signature over a hash is as good as an IMA signature
 * (xattr_verify() in ima_appraise.c, INTEGRITY_PASS_IMMUTABLE).
 */
static unsigned int evm_value(enum settings_evm evm)
{
	switch (evm) {
	case EVM_OFF:
		return EVM_COMPLETE;
	case EVM_PORTABLE:
		return EVM_COMPLETE | EVM_X509 | EVM_METADATA_WRITES;
	case EVM_IMMUTABLE:
		return EVM_COMPLETE | EVM_X509;
	}
	return EVM_COMPLETE;
}

/* The complete bit is not shown (evm_read_key), but a second write is refused by it. */
static int evm_check(const struct boot *boot, unsigned int value, const char *text, struct err *err)
{
	char now[32];

	if (env_read(boot->dirs.security, "evm", now, sizeof(now), err) < 0)
		return -1;
	if (strtoul(now, NULL, 0) != (value & ~EVM_COMPLETE))
		return err_set(err, "the kernel says %s after 0x%x was set", now, value);
	errno = 0;
	if (env_write(boot->dirs.security, "evm", text, NULL) == 0 || errno != EPERM)
		return err_set(err, "EVM can still be changed after 0x%x was set", value);
	return 0;
}

int evm_start(struct boot *boot, struct err *err)
{
	enum settings_evm evm = boot->record.settings.evm;
	unsigned int value = evm_value(evm);
	char text[32];

	report_line(boot, "evm %s", settings_evm_name(evm));
	if (boot->record.settings.mode != MODE_ENFORCE)
		return 0;
	if (evm == EVM_OFF && faccessat(boot->dirs.security, "evm", F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	(void)snprintf(text, sizeof(text), "0x%x", value);
	if (env_write(boot->dirs.security, "evm", text, err) < 0)
		return -1;
	return evm_check(boot, value, text, err);
}

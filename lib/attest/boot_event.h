/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event of the boot log, read: what was hashed, and what is only said of it. */
#ifndef ASSAY_ATTEST_BOOT_EVENT_H
#define ASSAY_ATTEST_BOOT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/boot_log.h"
#include "base/err.h"

/* TCG PC Client Platform Firmware Profile 1.06, 10.4.1. */
#define BOOT_EV_NO_ACTION 0x00000003U
#define BOOT_EV_SEPARATOR 0x00000004U
#define BOOT_EV_EVENT_TAG 0x00000006U
#define BOOT_EV_IPL 0x0000000dU
#define BOOT_EV_APPLICATION 0x80000003U /* EV_EFI_BOOT_SERVICES_APPLICATION */

#define BOOT_GUID_SIZE 16

/* The proven ones follow from the digest and the data; the others are what the data says, and
 * anybody who writes the log can make it say so. */
enum boot_kind {
	BOOT_KIND_SEPARATOR,	/* proven: four zero bytes */
	BOOT_KIND_VARIABLE,	/* proven: a UEFI_VARIABLE_DATA, whole */
	BOOT_KIND_VALUE,	/* proven: the value of a UEFI_VARIABLE_DATA, not its name */
	BOOT_KIND_STRING,	/* proven: PCR 8, a string of GRUB's, without the prefix */
	BOOT_KIND_SECTION,	/* proven: PCR 11, a section's name */
	BOOT_KIND_OPTIONS,	/* proven: PCR 12, UTF-16 with its NUL */
	BOOT_KIND_DATA,		/* proven: the data, whatever it means */
	BOOT_KIND_IMAGE,	/* said: an image was loaded; the digest is its own */
	BOOT_KIND_TAG_OPTIONS,	/* said: PCR 9, the kernel's load options */
	BOOT_KIND_TAG_INITRD,	/* said: PCR 9, the initrd */
	BOOT_KIND_FILE,		/* said: PCR 9, a file that GRUB read */
	BOOT_KIND_SECTION_DATA, /* said: PCR 11, a section's content */
	BOOT_KIND_OPAQUE
};

/* UEFI_VARIABLE_DATA, 10.2.6; leads into the event. */
struct boot_variable {
	const uint8_t *guid;
	const uint8_t *name; /* UTF-16LE, no NUL */
	size_t name_len;     /* bytes */
	const uint8_t *value;
	size_t value_len;
};

struct boot_reading {
	enum boot_kind kind;
	const uint8_t
		*text; /* STRING: without its prefix; SECTION...: UTF-16; IMAGE: device path */
	size_t len;    /* bytes, without a NUL */
	struct boot_variable var; /* VARIABLE, VALUE */
};

/*
 * Tells by digest and data; the type is not asked, but for the kinds that are said.  Sources: GRUB
 * 2.06 commands/tpm.c; Linux 6.1 and 6.12 drivers/firmware/efi/libstub/efi-stub-helper.c
 * (efi_measure_tagged_event); systemd 252 src/boot/efi/stub.c and measure.c.
 */
MUST_USE int boot_event_read(const struct boot_event *event, struct boot_reading *ret_reading,
			     struct err *err);

bool boot_kind_proven(enum boot_kind kind);

/* Fails unless the bytes are exactly one UEFI_VARIABLE_DATA. */
bool boot_variable_read(const uint8_t *data, size_t len, struct boot_variable *ret_var);

/* Of the variable of this name (ASCII): EFI_GLOBAL_VARIABLE, EFI_IMAGE_SECURITY_DATABASE. */
bool boot_variable_is_global(const struct boot_variable *var, const char *name);
bool boot_variable_is_database(const struct boot_variable *var, const char *name);

/* What follows the path in an EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): the load options; len 0: none. */
void boot_load_option_data(const uint8_t *value, size_t len, const uint8_t **ret_data,
			   size_t *ret_len);

/* Is it the digest of these bytes? */
MUST_USE int boot_digest_is(const struct digest *digest, const void *data, size_t len,
			    bool *ret_same, struct err *err);

#endif

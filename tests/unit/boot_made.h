/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot logs for tests: real ones, and those that are made event by event. */
#ifndef ASSAY_TESTS_UNIT_BOOT_MADE_H
#define ASSAY_TESTS_UNIT_BOOT_MADE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/boot_event.h"
#include "attest/boot_log.h"
#include "base/buf.h"
#include "crypto/hash.h"

/* The bytes of a file of the tree, whose path begins where make runs. */
#define REAL_FILE(name, path) \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" path "\"\n" #name "_end:\n.byte 0\n" \
		".previous\n"); \
	extern const uint8_t name[] __asm__(#name); \
	extern const uint8_t name##_end[] __asm__(#name "_end")
#define REAL_LEN(name) ((size_t)(name##_end - name))

#define MADE_GLOBAL "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define MADE_DATABASE "\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f"
#define MADE_DRIVER_CONFIG 0x80000001U
#define MADE_ACTION 0x80000007U
#define MADE_TAG_INITRD 0x8f3b22ecU
#define MADE_TAG_OPTIONS 0x8f3b22edU

/* The making can only fail for want of memory: it then ends the test. */
static void must(int rc)
{
	if (rc < 0)
		abort();
}

static inline void made_le(struct buf *out, uint64_t v, size_t len)
{
	for (; len > 0; len--, v >>= 8)
		must(buf_put_u8(out, (uint8_t)v, NULL));
}

/* The Spec ID event, with SHA-1 and SHA-256. */
static inline void made_begin(struct buf *log)
{
	made_le(log, 0, 4);
	made_le(log, BOOT_EV_NO_ACTION, 4);
	for (int i = 0; i < 20; i++)
		made_le(log, 0, 1);
	made_le(log, 37, 4);
	must(buf_put(log, "Spec ID Event03", 16, NULL));
	made_le(log, 0, 4);
	made_le(log, 0x02000200, 4);
	made_le(log, 2, 4);
	made_le(log, 0x00140004, 4);
	made_le(log, 0x0020000b, 4);
	made_le(log, 0, 1);
}

struct made {
	uint32_t pcr, type;
	const void *hashed;
	size_t hashed_len;
	const void *data;
	size_t len;
};

static inline void made_event(struct buf *log, const struct made *m)
{
	struct digest d;

	made_le(log, m->pcr, 4);
	made_le(log, m->type, 4);
	made_le(log, 2, 4);
	made_le(log, 4, 2);
	must(hash_bytes(HASH_SHA1, m->hashed, m->hashed_len, &d, NULL));
	must(buf_put(log, d.data, d.len, NULL));
	made_le(log, 0xb, 2);
	must(hash_bytes(HASH_SHA256, m->hashed, m->hashed_len, &d, NULL));
	must(buf_put(log, d.data, d.len, NULL));
	made_le(log, m->len, 4);
	must(buf_put(log, m->data, m->len, NULL));
}

/* Whose data is what was hashed. */
static inline void made_data(struct buf *log, uint32_t pcr, uint32_t type, const void *data,
			     size_t len)
{
	made_event(log, &(struct made){ pcr, type, data, len, data, len });
}

static inline void made_separator(struct buf *log, uint32_t pcr)
{
	made_data(log, pcr, BOOT_EV_SEPARATOR, "\0\0\0\0", 4);
}

static inline void made_utf16(struct buf *out, const char *text)
{
	for (; *text; text++)
		made_le(out, (uint8_t)*text, 2);
}

static inline void made_variable(struct buf *log, uint32_t pcr, const char *guid_name,
				 const void *value, size_t len)
{
	AUTO_BUF data = BUF_INIT(65536);

	must(buf_put(&data, guid_name, BOOT_GUID_SIZE, NULL));
	made_le(&data, strlen(guid_name + BOOT_GUID_SIZE), 8);
	made_le(&data, len, 8);
	made_utf16(&data, guid_name + BOOT_GUID_SIZE);
	must(buf_put(&data, value, len, NULL));
	made_data(log, pcr, MADE_DRIVER_CONFIG, data.data, data.len);
}

static inline void made_secure_boot(struct buf *log, const char *value)
{
	made_variable(log, 7, MADE_GLOBAL "SecureBoot", value, 1);
}

/* A string of GRUB's, said with a prefix. */
static inline void made_grub(struct buf *log, const char *prefix, const char *text)
{
	AUTO_BUF data = BUF_INIT(65536);

	must(buf_putf(&data, NULL, "%s%s", prefix, text));
	made_event(log,
		   &(struct made){ 8, BOOT_EV_IPL, text, strlen(text), data.data, data.len + 1 });
}

static inline void made_tag(struct buf *log, uint32_t id, const void *hashed, size_t len)
{
	AUTO_BUF data = BUF_INIT(256);

	made_le(&data, id, 4);
	made_le(&data, 2, 4);
	must(buf_put(&data, "x", 2, NULL));
	made_event(log, &(struct made){ 9, BOOT_EV_EVENT_TAG, hashed, len, data.data, data.len });
}

/* What the EFI stub measures of its load options. */
static inline void made_options(struct buf *log, const char *cmdline)
{
	AUTO_BUF utf16 = BUF_INIT(65536);

	made_utf16(&utf16, cmdline);
	made_le(&utf16, 0, 2);
	made_tag(log, MADE_TAG_OPTIONS, utf16.data, utf16.len);
}

/* What systemd-boot and systemd-stub measure of it. */
static inline void made_line(struct buf *log, const char *cmdline)
{
	AUTO_BUF utf16 = BUF_INIT(65536);

	made_utf16(&utf16, cmdline);
	made_le(&utf16, 0, 2);
	made_data(log, 12, BOOT_EV_IPL, utf16.data, utf16.len);
}

static inline void made_section(struct buf *log, const char *name, const char *content)
{
	AUTO_BUF utf16 = BUF_INIT(256);

	made_utf16(&utf16, name);
	made_le(&utf16, 0, 2);
	made_event(log, &(struct made){ 11, BOOT_EV_IPL, name, strlen(name) + 1, utf16.data,
					utf16.len });
	made_event(log, &(struct made){ 11, BOOT_EV_IPL, content, strlen(content), utf16.data,
					utf16.len });
}

#endif
